"""STM32 TIM2 and TIM5 as 32-bit up-counters with their update interrupt. RM0090 18.4 and its like. No channels."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.clock import Event
from tinylm.targets.emulator.peripherals.stm32 import Stm32Peripheral

_CR1, _DIER, _SR, _EGR, _CNT, _PSC, _ARR = 0x00, 0x0C, 0x10, 0x14, 0x24, 0x28, 0x2C


class Stm32Tim(Stm32Peripheral):
    timed = True
    # CR1, CR2, SMCR, DIER, PSC, ARR
    plain: ClassVar[dict[int, int]] = {_CR1: 0, 0x04: 0, 0x08: 0, _DIER: 0, _PSC: 0, _ARR: 0xFFFF_FFFF}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._updated = False
        self._held = self._prescaler = 0  # the count while it stands; PSC as it was taken over
        self._since = 0  # the moment when the count was 0, in cycles
        self._event: Event | None = None

    @property
    def _tick_hz(self) -> int:
        return self.hz // (self._prescaler + 1)

    @property
    def _running(self) -> bool:
        return bool(self.values[_CR1] & 1)

    def _count(self) -> int:
        if not self._running:
            return self._held
        return (self.clock.now - self._since) * self._tick_hz // self.clock.hz % (self.values[_ARR] + 1)

    def _start_at(self, count: int) -> None:
        self._held = count
        self._since = self.clock.now - self.clock.cycles(count, self._tick_hz)
        if self._event:
            self._event.cancel()
        left = self.values[_ARR] + 1 - count
        self._event = self.clock.after(self.clock.cycles(left, self._tick_hz), self._wrap) if self._running else None

    def _wrap(self) -> None:
        self._set_updated(True)
        self._start_at(0)

    def _set_updated(self, on: bool) -> None:
        self._updated = on
        self.interrupt(self._updated and bool(self.values[_DIER] & 1))

    def read(self, offset: int) -> int:
        if offset == _CNT:
            return self._count()
        return int(self._updated) if offset == _SR else super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == _SR:
            self._set_updated(self._updated and bool(value & 1))
            return
        if offset == _CR1 and value & ~1:
            raise Unmodelled("models plain counting up only (CR1)")
        count = self._count()
        if offset == _EGR:
            self._prescaler, count = self.values[_PSC], 0
            self._set_updated(True)
        elif offset == _CNT:
            count = value
        else:
            super().write(offset, value)
        if offset == _DIER:
            self._set_updated(self._updated)
        if offset in (_CR1, _EGR, _CNT, _ARR):
            self._start_at(count)
