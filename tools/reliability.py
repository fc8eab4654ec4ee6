"""The long run of hostile input and faults: benchmarks/reliability.csv, and docs/reliability.md made from it.

.venv/bin/python tools/reliability.py                 everything: about an hour on two cores
.venv/bin/python tools/reliability.py --only page     the page again from the numbers held
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "reliability.csv"
FOUND = ROOT / "benchmarks" / "reliability_found.csv"
PAGE = ROOT / "docs" / "reliability.md"
COLUMNS = ("kind", "what", "cases", "faults", "failures", "lost", "silently_wrong", "seconds")
FOLDERS = {
    "hostile": "hostile input",
    "faults": "faults",
    "portability": "portability",
    "live": "live answers",
}
Row = dict[str, object]


def main() -> int:
    """Run what was asked for, write the numbers and the page; return 1 when anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--only", choices=("kills", "cases", "page"), help="one part; the others' numbers stay"
    )
    parser.add_argument("--kills", type=int, default=44, help="kills of each of the five commands")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rows = _held()
    if given.only in (None, "kills"):
        rows = [row for row in rows if row["kind"] != "kill -9"] + _kills(given.kills, given.seed)
    if given.only in (None, "cases"):
        rows = [row for row in rows if row["kind"] == "kill -9"] + _cases()
    _write(rows)
    _write_page(rows)
    failed = sum(int(str(row["failures"])) for row in rows)
    print(f"{RESULTS.relative_to(ROOT)}: {len(rows)} rows, {failed} failures")
    return 1 if failed else 0


def _kills(kills: int, seed: int) -> list[Row]:
    """Return a row for each command that was killed *kills* times."""
    sys.path.insert(0, str(ROOT / "tests" / "faults"))
    import jobs
    from kills import campaign
    from server import served

    rows: list[Row] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chipflows-")))
        home, scratch = jobs.tiny_home(folder / "home"), folder / "scratch"
        scratch.mkdir()
        network = stack.enter_context(served(folder))
        for job in (
            jobs.screen(folder),
            jobs.refresh(folder, network),
            jobs.report(folder, home),
            jobs.figures(folder, home),
            jobs.batch(folder, home),
        ):
            began = time.monotonic()
            tally = campaign(job, kills, scratch, seed, lambda text: print(text, flush=True))
            for problem in tally.failures:
                print(f"FAILED  {problem}", flush=True)
            rows.append(
                {
                    "kind": "kill -9",
                    "what": f"chipflows {job.name}: {tally.kills['time']} kills spread over the run, "
                    f"{tally.kills['before']} before and {tally.kills['after']} after a rename",
                    "cases": tally.finished,
                    "faults": sum(tally.kills.values()),
                    "failures": len(tally.failures),
                    "lost": len(tally.lost),
                    "silently_wrong": len(tally.wrong) + len(tally.half),
                    "seconds": round(time.monotonic() - began),
                }
            )
    return rows


def _cases() -> list[Row]:
    """Return a row for each module of the tests of hostile input, faults and portability."""
    with tempfile.TemporaryDirectory(prefix="chipflows-") as work:
        report = Path(work) / "junit.xml"
        places = [f"tests/{name}" for name in FOLDERS if (ROOT / "tests" / name).is_dir()]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        everything = {**os.environ, "CHIPFLOWS_LONG": "1"}
        subprocess.run(
            [*command, "-o", "junit_family=xunit1", *places], cwd=ROOT, check=False, env=everything
        )
        tests = list(ElementTree.parse(report).getroot().iter("testcase"))  # noqa: S314 - we wrote it
    modules: dict[tuple[str, str], list[ElementTree.Element]] = {}
    for test in tests:
        file = Path(test.get("file", ""))
        modules.setdefault((file.parent.name, file.stem), []).append(test)
    return [_module_row(folder, stem, held) for (folder, stem), held in sorted(modules.items())]


def _module_row(folder: str, stem: str, tests: list[ElementTree.Element]) -> Row:
    """Return a module's row: its first sentence, how many tests and how many inputs or faults they tried."""
    text = (ROOT / "tests" / folder / f"{stem}.py").read_text(encoding="utf-8")
    sentence = text.removeprefix('"""').split('"""')[0].split("\n\n")[0].replace("\n", " ").strip()
    tried = Counter[str]()
    for test in tests:
        for item in test.iter("property"):
            tried[item.get("name", "")] += int(item.get("value", "0"))
    failed = sum(test.find("failure") is not None or test.find("error") is not None for test in tests)
    skipped = sum(test.find("skipped") is not None for test in tests)
    cases = len(tests) - skipped
    return {
        "kind": FOLDERS[folder],
        "what": sentence.rstrip("."),
        "cases": cases,
        "faults": tried["tried"] or cases,
        "failures": failed,
        "lost": 0,
        "silently_wrong": 0,
        "seconds": round(sum(float(test.get("time", "0")) for test in tests)),
    }


def _held() -> list[Row]:
    """Return the rows held."""
    if not RESULTS.is_file():
        return []
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def _write(rows: Iterable[Row]) -> None:
    """Write the rows, kinds together."""
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: str(row["kind"])))


def _write_page(rows: list[Row]) -> None:
    """Put the tables into the page, between its marks."""
    text = PAGE.read_text(encoding="utf-8")
    with FOUND.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    for name, table in (
        ("totals", _totals(rows, found)),
        ("rows", _table(rows, COLUMNS[:-1])),
        ("found", _table(found, ("kind", "what_failed", "mended_by"))),
    ):
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = marks.sub(lambda mark, table=table: f"{mark[1]}{table}\n{mark[2]}", text)
    PAGE.write_text(text, encoding="utf-8")


def _totals(rows: list[Row], found: list[dict[str, str]]) -> str:
    """Return the table by kind, with what was found and mended over time."""
    count: Callable[[str, str], int] = lambda kind, name: sum(  # noqa: E731 - one line, used once a cell
        int(str(row[name])) for row in rows if row["kind"] == kind
    )
    kinds = list(dict.fromkeys(str(row["kind"]) for row in rows))
    lines = [
        {
            "kind": kind,
            "cases": f"{count(kind, 'cases'):,}",
            "inputs_or_faults": f"{count(kind, 'faults'):,}",
            "found_and_mended": sum(item["kind"] == kind for item in found),
            "failures_now": count(kind, "failures"),
            "lost": count(kind, "lost"),
            "silently_wrong": count(kind, "silently_wrong"),
        }
        for kind in kinds
    ]
    return _table(lines, tuple(lines[0])) if lines else ""


def _table(rows: Iterable[dict[str, object] | dict[str, str]], columns: tuple[str, ...]) -> str:
    """Return rows as Markdown."""
    head = "| " + " | ".join(name.replace("_", " ") for name in columns) + " |"
    lines = ["| " + " | ".join(str(row[name]) for name in columns) + " |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(columns), *lines])


if __name__ == "__main__":
    sys.exit(main())
