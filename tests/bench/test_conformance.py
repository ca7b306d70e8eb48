"""The protocol's table: the firmware passes it, and a device that errs in one row fails that row."""

from pathlib import Path

import pytest

from tests.firmware import standin
from tinylm.bench.check import Check, TestReport
from tinylm.bench.conformance import conformance
from tinylm.firmware.build import build_host
from tinylm.firmware.toolchain import Zig
from tinylm.report.junit import junit
from tinylm.targets.host import HostStream
from tinylm.targets.session import Session


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conformance")
    return build_host(standin.add_one_bundle(folder / "a"), standin.add_one(), folder / "out", toolchain=Zig(sanitize=True))


class Erring(HostStream):
    """A device that says one thing wrong."""

    def __init__(self, library: Path, right: bytes, wrong: bytes) -> None:
        super().__init__(library)
        self.right, self.wrong = right, wrong

    def read(self, size: int = 1) -> bytes:
        self._received = bytearray(bytes(self._received).replace(self.right, self.wrong))
        return super().read(size)


class Slow(HostStream):
    """A device that computes for 12 seconds before it says that it has warmed up."""

    def read(self, size: int = 1) -> bytes:
        said = self._received.find(b"m-warmup-done")
        waits = self.timeout is None or self.timeout >= 12
        return super().read(size if waits or said < 0 else min(size, said))


def booted(stream: HostStream) -> Session:
    session = Session(stream)
    session.boot()
    return session


def failures(stream: HostStream) -> list[str]:
    return [row.what for row in conformance(booted(stream), "kws01") if not row.passed]


def test_the_firmware_passes_every_row(library: Path) -> None:
    rows = conformance(booted(HostStream(library)), "kws01")
    assert len(rows) > 35 and [row for row in rows if not row.passed] == []


def test_a_slow_model_is_waited_for(library: Path) -> None:
    assert failures(Slow(library)) == []


@pytest.mark.parametrize(
    ("right", "wrong", "row"),
    [
        (b"m-load-done\r\n", b"", "db HEX, the last"),
        (b"must be >0 bytes", b"must be positive", "db load 0"),
        (b"Insufficent", b"Insufficient", "an odd digit"),  # spelled as the reference spells it
        (b"m-infer-done\r\n", b"", "infer N W"),
        (b"m-model-[kws01]", b"m-model-[ic01]", "profile"),
        (b"e-[Command longer than 80 characters]", b"e-[Unknown command: xxx]", "81 characters"),
        (b"e-[More bytes than expected]\r\n", b"", "a byte after the load"),
    ],
)
def test_a_wrong_reply_fails_its_row(library: Path, right: bytes, wrong: bytes, row: str) -> None:
    assert row in failures(Erring(library, right, wrong))


def test_the_report_as_junit(library: Path) -> None:
    from xml.etree import ElementTree

    report = TestReport("board", "host", "model", 0, checks=[Check("good", True, ""), Check("bad", False, "2 < 3 & \x01")])
    report.conformance = conformance(booted(HostStream(library)), "kws01")
    root = ElementTree.fromstring(junit(report, 1.5, ["> name", "< \x02"]))
    (suite,) = root
    assert suite.get("tests") == str(2 + len(report.conformance)) and suite.get("failures") == "1"
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "2 < 3 & ?"
    assert suite.findtext("system-out") == "> name\n< ?"
