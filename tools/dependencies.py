"""docs/dependencies.md from what is locked and installed: every package, its version, its licence.

.venv/bin/python tools/dependencies.py
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "dependencies.md"
MARKS = re.compile(r"(<!-- packages -->\n).*?(<!-- end -->)", re.DOTALL)
# By the first of these words found in what a package says of its licence.
COMPATIBLE = (
    "MIT", "BSD", "Apache", "ISC", "PSF", "Python Software Foundation", "MPL", "Mozilla", "HPND", "Unlicense",
    "Zlib", "CC0", "0BSD", "LGPL",
)  # fmt: skip
NOT_COMPATIBLE = re.compile(r"\b(AGPL|GPL)(?!.*exception)|Affero|(?<!Lesser )General Public", re.IGNORECASE)


def main() -> int:
    """Write the table; return 1 when a licence is unknown or not compatible with ours (MIT)."""
    rows = [_row(name, version, note) for name, version, note in _locked()]
    lines = ["| package | version | licence | |", "|---|---|---|---|"]
    lines += [f"| {name} | {version} | {licence} | {note} |" for name, version, licence, note in rows]
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(
        MARKS.sub(lambda mark: mark[1] + "\n".join(lines) + "\n" + mark[2], text), encoding="utf-8"
    )
    wrong = [row for row in rows if not _is_compatible(row[2])]
    for name, version, licence, _ in wrong:
        print(f"{name} {version}: licence {licence!r} is unknown or not compatible with MIT", file=sys.stderr)
    print(f"{len(rows)} packages, {len(wrong)} to look at")
    return 1 if wrong else 0


def _locked() -> list[tuple[str, str, str]]:
    """Return (name, version, note) of each pin of requirements.txt, first one when it is pinned by Python."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    found: dict[str, tuple[str, str, str]] = {}
    for name, version, marker in re.findall(
        r"^([a-z0-9._-]+)==([^ ;\\]+)(?: ; ([^\\\n]+))?", text, re.MULTILINE
    ):
        found.setdefault(name, (name, version, marker.strip()))
    return list(found.values())


def _row(name: str, version: str, marker: str) -> tuple[str, str, str, str]:
    """Return a package's row; what is not installed here (another system's) says so."""
    try:
        return name, version, _licence(distribution(name)), ""
    except PackageNotFoundError:
        return name, version, "not installed here", f"only where {marker}" if marker else ""


def _licence(package: Distribution) -> str:
    """Return what a package says of its licence: the SPDX expression, the classifier, or the first line."""
    said = package.metadata
    if expression := said.get("License-Expression"):
        return expression
    classifiers = [item.split(" :: ")[-1] for item in said.get_all("Classifier", []) if "License ::" in item]
    named = [item for item in classifiers if item != "OSI Approved"]
    if named:
        return ", ".join(named)
    return (said.get("License") or "unknown").strip().splitlines()[0][:60]


def _is_compatible(licence: str) -> bool:
    """Return whether code under *licence* may be used from code under MIT."""
    if licence == "not installed here":
        return True
    is_known = any(word.lower() in licence.lower() for word in COMPATIBLE)
    return is_known and not (
        NOT_COMPATIBLE.search(licence) and "LGPL" not in licence and " OR " not in licence
    )


if __name__ == "__main__":
    sys.exit(main())
