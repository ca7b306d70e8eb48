"""A board on the desk, for tests: an emulated image in a process of its own, its console a pseudo-terminal behind a link.

The link stands for /dev/ttyACM0.

    python -m tests.targets.board_process BOARD ELF LINK

Words on standard input: reset, unplug, plug, die (reset after every command from now on), garbage (as at another baud rate).
"""

from __future__ import annotations

import os
import select
import sys
import tty
from pathlib import Path

from tinylm.boards import board
from tinylm.targets.emulator import EmulatorStream, Machine


class Desk:
    """The board, its cable and the hand that pulls it."""

    def __init__(self, name: str, elf: Path, link: Path) -> None:
        self.name, self.elf, self.link = name, elf, link
        self.near = self.far = -1
        self.dying = self.garbage = False
        self.power()
        self.plug()

    def power(self) -> None:
        self.stream = EmulatorStream(Machine(board(self.name), self.elf), timeout=0.02)

    def plug(self) -> None:
        self.near, self.far = os.openpty()
        tty.setraw(self.far)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self.far))

    def unplug(self) -> None:
        self.link.unlink(missing_ok=True)
        os.close(self.near)
        os.close(self.far)
        self.near = self.far = -1

    def obey(self, word: str) -> None:
        if word == "unplug":
            self.unplug()
        elif word == "plug":
            self.power()
            self.plug()
        elif word == "reset":
            self.power()
        elif word == "die":
            self.dying = True
        elif word == "garbage":
            self.garbage = True
        print(word, flush=True)

    def turn(self) -> None:
        """Let time pass: bytes in, bytes out."""
        if self.near < 0:
            return
        ready, _, _ = select.select([self.near], [], [], 0.002)
        if ready:
            data = os.read(self.near, 4096)
            self.stream.write(data)
            if self.dying and b"%" in data:
                self.power()
        out = self.stream.read(max(self.stream.in_waiting, 64))
        if self.garbage:
            out = bytes(byte ^ 0xA8 for byte in out)
        while out:
            out = out[os.write(self.near, out) :]


def main() -> None:
    desk = Desk(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    print("ready", flush=True)
    while True:
        if select.select([sys.stdin], [], [], 0)[0]:
            word = sys.stdin.readline().strip()
            if not word:
                return
            desk.obey(word)
        desk.turn()


if __name__ == "__main__":
    main()
