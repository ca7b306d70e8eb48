"""nRF52 NVMC: always ready; the instruction cache's switch is remembered. Flash cannot be written here (READY only).

Product Specification v1.7, 4.3.
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.base import Peripheral

_READY, _READYNEXT, _CONFIG, _ICACHECNF = 0x400, 0x408, 0x504, 0x540


class NrfNvmc(Peripheral):
    # ICACHECNF, IHIT, IMISS
    plain: ClassVar[dict[int, int]] = {_READY: 1, _READYNEXT: 1, _CONFIG: 0, _ICACHECNF: 0, 0x548: 0, 0x54C: 0}

    def write(self, offset: int, value: int) -> None:
        if offset == _CONFIG and value:
            raise Unmodelled("does not model writing and erasing flash")
        super().write(offset, value)
