import itertools
from pathlib import Path

import pytest

from tests.firmware import standin
from tinylm.firmware.build import build_host
from tinylm.firmware.toolchain import Zig
from tinylm.targets.host import HostStream


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both stand-in models as host libraries that stop at undefined behaviour."""
    folder = tmp_path_factory.mktemp("host")
    compiler = Zig(strict=True, sanitize=True)
    return {
        "add-one": build_host(standin.add_one_bundle(folder / "a"), standin.add_one(), folder / "add-one", toolchain=compiler),
        "talk": build_host(standin.language_bundle(folder / "t"), standin.language(), folder / "talk", toolchain=compiler),
    }


class Console:
    """Sends commands, returns the lines of the answer without the final m-ready."""

    def __init__(self, library: Path) -> None:
        self.stream = HostStream(library)
        self.greeting = self.lines()

    def lines(self) -> list[str]:
        text = self.stream.read(self.stream.in_waiting).decode("latin-1")
        assert text == "" or text.endswith("\r\n")
        return text.split("\r\n")[:-1]

    def __call__(self, command: str | bytes) -> list[str]:
        data = command if isinstance(command, bytes) else command.encode("latin-1")
        self.stream.write(data + b"%")
        *lines, ready = self.lines()
        assert ready == "m-ready"
        return lines


@pytest.fixture
def add_one(libraries: dict[str, Path]):
    console = Console(libraries["add-one"])
    yield console
    console.stream.close()


@pytest.fixture
def talk(libraries: dict[str, Path]):
    console = Console(libraries["talk"])
    yield console
    console.stream.close()


def laps(lines: list[str]) -> list[int]:
    return [int(line.removeprefix("m-lap-us-")) for line in lines if line.startswith("m-lap-us-")]


def pairwise_ordered(numbers: list[int]) -> bool:
    return all(low <= high for low, high in itertools.pairwise(numbers))
