"""QEMU as a target: the unmodified image of every board that has a machine there, and everything that a QEMU can do wrong."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.firmware import standin
from tinylm.bench.make import open_device
from tinylm.boards import board
from tinylm.bundle import load_bundle
from tinylm.errors import MissingError, TargetError
from tinylm.firmware.build import build
from tinylm.targets.qemu import QemuStream
from tinylm.targets.session import Session


def need_qemu(name: str) -> None:
    program = f"qemu-system-{board(name).file.qemu.system}"
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")


def image(name: str, folder: Path) -> Path:
    return build(standin.language_bundle(folder / "b"), standin.language(), board(name), folder / "out").elf


def test_qemu_ends_with_its_session(tmp_path: Path):
    need_qemu("mps2-an386")
    with QemuStream(board("mps2-an386"), image("mps2-an386", tmp_path)) as stream:
        session = Session(stream)
        session.boot()
        first, second = session.timestamp(), session.timestamp()
        assert first < second < 60_000_000
        process = stream._process
    assert process.poll() is not None


def test_runs_are_repeatable_and_count_as_the_embedded_emulator_does(tmp_path: Path):
    pytest.importorskip("unicorn")
    need_qemu("mps2-an386")
    bundle = load_bundle("commands")
    counts, tick = [], 100  # a nanosecond an instruction, ten inferences to the microsecond: each is good to 100 instructions
    for target in ("qemu", "qemu", "emulator"):
        with open_device("mps2-an386", bundle, target, output=tmp_path / "out") as device:
            device.session.boot()
            session, before = device.session, device.profile()
            elapsed = session.infer(10, 1).elapsed_us
            after = device.profile()
            counts.append(tick * elapsed if not after else (after.instructions - before.instructions) / (after.calls - before.calls))
    assert abs(counts[0] - counts[1]) <= tick and counts[0] == pytest.approx(counts[2], rel=0.005)


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a qemu-system-arm of our own first on PATH."""
    program = folder / "bin" / "qemu-system-arm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


GOOD = 'case "$1" in --version) echo "QEMU emulator version 7.2.0";; -machine) [ "$2" = help ] && echo "mps2-an386  x" && exit; %s;; esac'


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 0", "does not answer like QEMU.* Install it"),
        ("echo QEMU emulator version 4.1.0", r"QEMU 4\.1 is too old, 6\.0 or newer is needed"),
        ('[ "$1" = --version ] && echo QEMU emulator version 8.0.2 || echo "virt  a machine"', "has no machine 'mps2-an386'"),
        (GOOD % "echo no such option >&2; exit 7", r"QEMU ended while starting \(exit code 7\): no such option"),
    ],
)
def test_an_unusable_qemu_is_one_sentence(tmp_path: Path, monkeypatch, script: str, words: str):
    stand_in(tmp_path, monkeypatch, script)
    with pytest.raises(MissingError, match=words) as error:
        QemuStream(board("mps2-an386"), tmp_path / "no.elf")
    assert error.value.exit_code == 3 and "\n" not in str(error.value)


def test_a_missing_qemu_says_where_to_get_it(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match=r"qemu-system-arm is not on PATH.*Debian and Ubuntu: qemu-system-arm") as error:
        QemuStream(board("mps2-an386"), tmp_path / "no.elf")
    assert error.value.exit_code == 3


def test_a_qemu_that_dies_in_the_middle_is_noticed_at_once(tmp_path: Path):
    need_qemu("mps2-an386")
    with QemuStream(board("mps2-an386"), image("mps2-an386", tmp_path)) as stream:
        session = Session(stream)
        session.boot()
        stream._process.kill()
        with pytest.raises(TargetError, match=r"QEMU ended in the middle \(exit code -9\)"):
            session.name()


def test_silence_is_silence_not_the_end(tmp_path: Path):
    need_qemu("mps2-an386")
    with QemuStream(board("mps2-an386"), image("mps2-an386", tmp_path)) as stream:
        Session(stream).boot()
        stream.timeout = 0.05
        assert stream.read(1) == b"" and stream.in_waiting == 0
