"""A test's report as JUnit XML, which every CI service shows: one case a check, one a row of the protocol's table."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from tinylm.bench.check import TestReport


def junit(report: TestReport, seconds: float, transcript: Sequence[str] = ()) -> str:
    """The XML. seconds: how long it took; transcript: kept where something failed."""
    name = f"{report.model} on {report.board} ({report.target})"
    cases = [(f"{name}.checks", check.name, check.passed, check.detail) for check in report.checks]
    cases += [(f"{name}.protocol", row.what, row.passed, f"'{row.sent}' was answered: {row.answer}") for row in report.conformance]
    failed = sum(not passed for _, _, passed, _ in cases)
    counts = {"tests": str(len(cases)), "failures": str(failed), "errors": "0", "time": f"{seconds:.3f}"}
    root = ElementTree.Element("testsuites", {"name": "tinylm", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **counts})
    for group, case, passed, detail in cases:
        element = ElementTree.SubElement(suite, "testcase", {"classname": group, "name": case})
        if not passed:
            ElementTree.SubElement(element, "failure", {"message": _clean(detail)})
    if failed and transcript:
        ElementTree.SubElement(suite, "system-out").text = _clean("\n".join(transcript))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    """Without the control characters that XML forbids."""
    return "".join(c if c >= " " or c == "\n" else "?" for c in text)
