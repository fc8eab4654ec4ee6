"""YAML of every kind we read, when it is made to harm: refused by name, in little time and memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from attempts import judged, places, planted, small_process
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chipflows import paths
from chipflows.errors import (
    AssumptionError,
    ChipflowsError,
    FigureError,
    InputError,
    RuleError,
    ScenarioError,
    TableError,
)
from chipflows.reports import gallery
from chipflows.runs.matrix import read_grid
from chipflows.tables.assumptions import _load as load_assumptions
from chipflows.tables.cards import _read_all as load_cards
from chipflows.tables.codebook import _read_all as load_codebook
from chipflows.tables.corrections import _read as load_correction
from chipflows.tables.rules import _read as load_rule
from chipflows.tables.scenarios import Reform, Scenario
from chipflows.tables.scenarios import _read as load_scenario

LETTERS = "abcdefghijkl"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in pairwise(LETTERS)
)
# What is wrong in any YAML file, whatever it is about.
BOMBS = {
    "billion laughs": LAUGHS,
    "an alias to itself": "a: &a\n  b: *a\n",
    "deep lists": "a: " + "[" * 200_000,
    "deep mappings": "{a: " * 100_000,
    "deep blocks": "- " * 100_000,
    "deep indents": "\n".join(" " * depth + "a:" for depth in range(2_000)),
    "a line of 5 MB": "a: " + "x" * 5_000_000,
    "a tag that runs code": "a: !!python/object/apply:os.system [touch owned]",
    "a tag that imports": "a: !!python/name:os.system",
    "a tag of our own": "a: !include /etc/passwd",
    "a tag the value denies": "a: !!int x",
    "a date that is none": "a: 9999-99-99",
    "a time that is none": "a: 2025-01-01T99:00:00Z",
    "a number without end": "a: " + "9" * 6_000,
    "infinity": "a: .inf",
    "a number too large": "a: 1.0e+309",
    "not a number": "a: .nan",
    "a key twice": "a: 1\na: 2",
    "a key twice within": "a: {b: 1, b: 2}",
    "zero bytes": "a: x\x00y",
    "a bell and an escape": "a: x\x1b]0;owned\x07y",
    "text turned right to left": "a: safe \u202egnp.exe",
    "text turned by an isolate": "a: \u2066x\u2069",
    "an unclosed quote": 'a: "x',
    "a tab": "a:\n\tb: 1",
    "nothing": "",
    "a list": "- 1\n- 2",
    "text": "just words",
    "two documents": "a: 1\n---\na: 2",
}
BYTES = {
    "invalid UTF-8": b"a: \xff\xfe\xfa",
    "half a letter": "a: 芯".encode()[:-1],
    "UTF-16": "a: 1".encode("utf-16"),
}


def copied(folder: Path, body: bytes, name: str = "x.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(body)
    return path


def read_card(folder: Path, body: bytes) -> object:
    copied(folder, body)
    return load_cards.__wrapped__(folder)


def read_assumptions(folder: Path, body: bytes) -> object:
    copied(folder, body)
    return load_assumptions.__wrapped__(folder)


def read_codebook(folder: Path, body: bytes) -> object:
    copied(folder, body, "tables.yaml")
    return load_codebook.__wrapped__(folder)


def read_figure(folder: Path, body: bytes) -> object:
    return gallery._words(copied(folder, body))


READERS: dict[str, tuple[Callable[[Path, bytes], object], type[ChipflowsError]]] = {
    "a source card": (read_card, TableError),
    "a rule": (lambda folder, body: load_rule(copied(folder, body)), RuleError),
    "a scenario": (lambda folder, body: load_scenario(copied(folder, body), Scenario), ScenarioError),
    "a reform": (lambda folder, body: load_scenario(copied(folder, body), Reform), ScenarioError),
    "assumptions": (read_assumptions, AssumptionError),
    "a correction": (lambda folder, body: load_correction(copied(folder, body)), TableError),
    "the codebook": (read_codebook, TableError),
    "a figure's words": (read_figure, FigureError),
    "a grid": (lambda folder, body: read_grid(copied(folder, body)), InputError),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_file_made_to_harm_is_refused_by_name(reader: str, tmp_path: Path) -> None:
    read, kind = READERS[reader]
    for number, (attack, text) in enumerate(BOMBS.items()):
        folder = tmp_path / str(number)
        said = judged(lambda f=folder, t=text: read(f, t.encode()), kind, "yaml")
        assert said, f"{reader} took {attack}"
    for number, (attack, body) in enumerate(BYTES.items()):
        folder = tmp_path / f"b{number}"
        assert judged(lambda f=folder, b=body: read(f, b), kind, "yaml"), f"{reader} took {attack}"
    assert not Path("owned").exists()


def test_a_file_as_large_as_the_disk_or_endless_is_refused_in_little_memory(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(2**30)
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.yaml")
    program = (
        "import sys; from pathlib import Path\n"
        "from chipflows.errors import RuleError\n"
        "from chipflows.tables.rules import _read\n"
        "for name in sys.argv[1:]:\n"
        "    try: _read(Path(name))\n"
        "    except RuleError as problem: print(problem)\n"
    )
    names = [tmp_path / f"{name}.yaml" for name in ("huge", "zero", "pipe")]
    done = small_process("-c", program, *names, megabytes=400, seconds=30)
    said = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert [("huge.yaml" in said[0]), ("zero.yaml" in said[1]), ("pipe.yaml" in said[2])] == [True] * 3
    assert "bytes" in said[0] and "not a plain file" in said[1] and "not a plain file" in said[2]


SHIPPED = [
    *((path, "a rule") for path in sorted(paths.rules().glob("*.yaml"))[::9]),
    *((path, "a scenario") for path in sorted(paths.scenarios().glob("*.yaml"))[::4]),
    *((path, "a reform") for path in sorted(paths.scenarios().glob("reforms/*.yaml"))[::4]),
    *((path, "assumptions") for path in sorted(paths.assumptions().glob("*.yaml"))[::4]),
    *((path, "a source card") for path in sorted(paths.sources().glob("*.yaml"))[::60]),
    *((path, "a correction") for path in sorted(paths.corrections().glob("*.yaml"))[::3]),
]
FIXED = (
    [], {}, [[]], {"a": []}, {1: 2}, "../../etc", "<script>", "x" * 3_000, [{"in": ["CN"]}],
    date(9999, 12, 31),
)  # fmt: skip
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from(FIXED).map(deepcopy),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_shipped_file_with_any_value_in_any_place_is_taken_or_refused_in_words(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path, reader = data.draw(st.sampled_from(SHIPPED))
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    planted(content, data.draw(st.sampled_from(places(content))), data.draw(ODD))
    body = yaml.safe_dump(content, allow_unicode=True).encode("utf-8", "replace")
    read, kind = READERS[reader]
    wanted = (kind, TableError) if kind is RuleError else (kind, RuleError)
    judged(lambda: read(tmp_path_factory.mktemp("card"), body), wanted)  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=80))
def test_any_bytes_are_taken_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, body: bytes
) -> None:
    for read, kind in READERS.values():
        judged(lambda r=read: r(tmp_path_factory.mktemp("any"), body), kind)  # type: ignore[misc]
