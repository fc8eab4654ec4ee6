"""A batch as JUnit XML, which CI systems show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

__all__ = ["junit_xml"]

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(runs: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Return one test case per run, a failure in those that failed; *runs* are (place, record)."""
    failed = sum(record["status"] != "ok" for _, record in runs)
    total = sum(float(record.get("seconds") or 0) for _, record in runs)
    counts = {"name": "chipflows batch", "tests": str(len(runs)), "failures": str(failed), "errors": "0"}
    suite = ET.Element("testsuite", {**counts, "skipped": "0", "time": f"{total:.2f}"})
    for place, record in runs:
        notebook, _, name = place.partition("/")
        seconds = f"{float(record.get('seconds') or 0):.2f}"
        case = ET.SubElement(suite, "testcase", {"classname": notebook, "name": name, "time": seconds})
        if error := record.get("error"):
            message = _clean(f"{error['kind']}: {' '.join(error['lines'][-1:])}"[:200])
            failure = ET.SubElement(case, "failure", {"type": _clean(error["kind"]), "message": message})
            failure.text = _clean(error["screen"])
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    """Return text without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
