"""Renode as a target: how it is started, spoken to, judged and ended, shown by a program that plays it; the real one where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.firmware import standin
from tinylm.boards import board
from tinylm.errors import InputError, MissingError, TargetError
from tinylm.firmware.build import build, build_host
from tinylm.firmware.toolchain import Zig
from tinylm.targets.open import check_target, open_renode
from tinylm.targets.renode import RenodeStream, find_renode

# Plays Renode: answers --version, opens the port that the monitor's commands name, and is the host library behind it.
PLAYER = """#!{python}
import os, re, select, socket, sys, time
sys.path.insert(0, {root!r})
if "--version" in sys.argv:
    print("Renode v{version} (fake)")
    sys.exit()
from tinylm.targets.host import HostStream
commands = sys.argv[sys.argv.index("-e") + 1]
open({record!r}, "w").write(chr(10).join([" ".join(sys.argv[1:]), os.environ["TMPDIR"], os.getcwd(), str(os.getpid())]))
print("12:00:00.0 [WARNING] sysbus: a word that is no fault", flush=True)
{before}
server = socket.create_server(("127.0.0.1", int(re.search(r"CreateServerSocketTerminal (\\d+)", commands)[1])))
line, _ = server.accept()
device = None
while True:
    for ready in select.select([line, sys.stdin], [], [], 0.01)[0]:
        if ready is line:
            data = line.recv(1000)
            if not data:
                line.close()
                time.sleep({linger})
                sys.exit(0)
            {during}
            device.write(data)
        elif "start" in (said := sys.stdin.readline()):
            device = HostStream({library!r})
        elif "ElapsedVirtualTime" in said:
            print(f"Elapsed Virtual Time: 00:00:{{time.monotonic() % 60:09.6f}}", flush=True)
    if device and device.in_waiting:
        line.sendall(device.read(10000))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("renode")
    return build_host(standin.add_one_bundle(folder / "b"), standin.add_one(), folder / "out", toolchain=Zig())


@pytest.fixture
def play(tmp_path: Path, library: Path):
    def make(version: str = "1.15.1", before: str = "", during: str = "", linger: float = 0) -> Path:
        program = tmp_path / "renode"
        root = str(Path(__file__).resolve().parents[2])
        values = {"python": sys.executable, "root": root, "record": str(tmp_path / "record"), "library": str(library)}
        program.write_text(PLAYER.format(version=version, before=before, during=during, linger=linger, **values))
        program.chmod(0o755)
        return program

    return make


def test_a_session_with_the_board_in_renode(play, tmp_path: Path) -> None:
    script = tmp_path / "nrf52840.resc"
    with open_renode(board("nrf52840"), script, "", None, 1.0, play()) as device:
        session = device.session
        assert session.boot()[0] == "m-timestamp-mode-performance"  # started only when we listened
        session.load(bytes(range(8)))
        session.infer(1, 0)
        assert session.output(0) == bytes(range(1, 9)) and device.target == "renode"
    arguments, folder, here, process = (tmp_path / "record").read_text().split("\n")
    assert "--disable-xwt --console --plain" in arguments and f"include @{script}" in arguments
    assert "connector Connect sysbus.uart0 line" in arguments
    assert folder == here and not Path(folder).exists(), "a temporary folder of its own, removed afterwards"
    with pytest.raises(ProcessLookupError):
        os.kill(int(process), 0)


def test_it_is_ended_even_if_it_does_not_want_to(play, tmp_path: Path) -> None:
    started = time.monotonic()
    with open_renode(board("nrf52840"), tmp_path / "x.resc", "", None, 1.0, play(linger=1000)) as device:
        device.session.boot()
    assert time.monotonic() - started < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "record").read_text().split("\n")[3]), 0)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("print('There was an error executing command', flush=True); time.sleep(60)", "could not start the board: There was"),
        ("print('out of memory'); sys.exit(1)", r"Renode ended while starting: .*out of memory"),
    ],
)
def test_a_renode_that_does_not_start_is_one_sentence(play, tmp_path: Path, before: str, words: str) -> None:
    with pytest.raises(MissingError, match=words):
        RenodeStream(board("nrf52840"), tmp_path / "x.resc", play(before=before))


@pytest.mark.parametrize(
    ("during", "words"),
    [
        ("print('[ERROR] cpu: CPU abort [PC=0x0]: code outside RAM', flush=True); continue", "Renode reports: .*CPU abort"),
        ("sys.exit(0)", "Renode ended in the middle"),
    ],
)
def test_the_log_is_believed(play, tmp_path: Path, during: str, words: str) -> None:
    opened = open_renode(board("nrf52840"), tmp_path / "x.resc", "", None, 0.3, play(during=during))
    with opened as device, pytest.raises(TargetError, match=words):
        device.session.boot()


def test_renode_is_looked_for_by_option_variable_and_path(play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = play()
    monkeypatch.delenv("RENODE", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingError, match=r"renode is not on PATH\. Get it from renode\.io"):
        find_renode()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_renode() == program
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("RENODE", str(program))
    assert find_renode() == program
    with pytest.raises(MissingError, match=r"/no/renode: there is no such program"):
        find_renode(Path("/no/renode"))


def test_a_renode_that_is_too_old_or_none_at_all(play) -> None:
    with pytest.raises(MissingError, match=r"Renode 1\.14\.0 is too old, 1\.15 or newer is needed"):
        find_renode(play("1.14.0"))
    with pytest.raises(MissingError, match="does not answer '--version' like Renode"):
        find_renode(Path(shutil.which("true") or "/bin/true"))


def test_a_chip_that_renode_does_not_know() -> None:
    with pytest.raises(InputError, match=r"stock Renode has no .*RP2040.*The Raspberry Pi Pico runs in: emulator, serial"):
        check_target(board("pico"), "renode")


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("renode") or os.environ.get("RENODE")), reason="no Renode")
@pytest.mark.parametrize("name", ["nrf52840", "stm32f4-discovery"])
def test_the_real_renode(name: str, tmp_path: Path) -> None:
    made = build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board(name), tmp_path / "out", toolchain=Zig())
    script = made.elf.parent / "renode" / f"{name}.resc"
    with open_renode(board(name), script, made.build_id, None) as device:
        session = device.session
        session.boot()
        session.load(bytes(range(8)))
        session.infer(1, 0)
        assert session.output(0) == bytes(range(1, 9)) and session.build_id() == made.build_id


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("renode-test"), reason="no renode-test")
@pytest.mark.parametrize("name", ["nrf52840", "stm32f4-discovery"])
def test_the_robot_test_by_renodes_own_runner(name: str, tmp_path: Path) -> None:
    """Passes for the image beside it, fails for another build: its file names the build it belongs to."""
    made = build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board(name), tmp_path / "out", toolchain=Zig())
    robot = made.elf.parent / "renode" / f"{name}.robot"
    for expected, text in (True, robot.read_text()), (False, robot.read_text().replace(made.build_id, "00000000")):
        robot.write_text(text.replace("timeout=30", "timeout=3"))
        done = subprocess.run(["renode-test", "-r", str(tmp_path / "results"), str(robot)], capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == expected, done.stdout
