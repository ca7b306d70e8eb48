"""A simulated X-NUCLEO-LPM01A at the far end of a pseudo-terminal: answers commands, and sends what the test lets happen."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Callable

KNOWN = ("htc", "hrc", "pwr on nostatus", "pwr off", "acqtime inf", "trigdelay 0", "trigsrc sw", "eventsrc d7 fal", "output energy")
KNOWN += ("format ascii_dec", "freq 1k", "start", "stop")


def encoded(joules: float) -> str:
    """As the monitor writes an energy: four digits and a power of ten."""
    mantissa, exponent = f"{joules:.3e}".split("e")
    return f"{round(float(mantissa) * 1000):04d}{int(exponent) - 3:+03d}"


class Simulated(threading.Thread):
    """energy: joules of a millisecond, by its number. port: what the program under test opens."""

    def __init__(self, energy: Callable[[int], float]) -> None:
        super().__init__(daemon=True)
        self.energy = energy
        self.near, self.far = os.openpty()
        tty.setraw(self.far)
        self.port = os.ttyname(self.far)
        self.sent: list[str] = []  # commands that came
        self.refuse = ""
        self.events = self.samples = 0
        self.running = False
        self.start()

    def run(self) -> None:
        buffer = b""
        while True:
            try:
                buffer += os.read(self.near, 100)
            except OSError:
                return
            *lines, buffer = buffer.split(b"\r\n")
            for line in lines:
                self.answer(line.decode())

    def answer(self, line: str) -> None:
        self.sent.append(line)
        self.running |= line == "start"  # before the answer: then the test goes on, and edges count
        if line.startswith(("lcd ", "volt ")) or line in KNOWN:
            good = line != self.refuse
            self.write(f"PowerShield > {'ack' if good else 'error'} {line}\r\n" + ("" if good else "Error detail: not now\r\n"))
        else:
            self.write(f"PowerShield > error {line}\r\nError detail: unknown command\r\n")
        if line == "stop":
            self.write("end\r\n\r\nPowerShield > Acquisition completed\r\n")

    def write(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self.near, data) :]

    def until(self, milliseconds: int) -> None:
        """Samples up to this moment, and the monitor's own stamp every second."""
        lines = []
        while self.running and self.samples < milliseconds:
            if self.samples % 1000 == 0:
                lines.append(f"TimeStamp: {self.samples // 1000:03d}s 000ms, buff 00%")
            lines.append(encoded(self.energy(self.samples)))
            self.samples += 1
        self.write("".join(f"{line}\r\n" for line in lines))

    def edge(self, milliseconds: int) -> None:
        """The device's pin falls."""
        self.until(milliseconds)
        if self.running:
            self.write(f"event {self.events:02d} ris\r\n")
            self.events += 1

    def close(self) -> None:
        os.close(self.near)
        os.close(self.far)
