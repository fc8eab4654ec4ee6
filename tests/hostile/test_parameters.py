"""Parameters, grids, names and links that someone made to harm: refused before anything runs."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from attempts import judged, small_process
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chipflows.errors import ChipflowsError, InputError, NotebookError, printable
from chipflows.explore.state import decode
from chipflows.runs.matrix import Run, read_grid
from chipflows.runs.parameters import Parameter, assign, inspect

TYPES = (
    "int", "float", "bool", "str", "date", "list[int]", "list[str]", "list[date]", "int | None",
    'Literal["a", "b"]', "Optional[float]", "tuple[float, float]",
)  # fmt: skip
KNOWN = {"nb": {kind: Parameter(kind, None, kind) for kind in TYPES}}
DEEP = "[" * 50_000
VALUES = (
    DEEP, DEEP + "]" * 50_000, "[" + "-" * 200_000 + "1]", "[" + "(" * 200_000, "9" * 6_000, "1e309", "nan",
    "-inf", "9999-99-99", "2025-02-30", "[__import__('os').system('touch owned')]", "[open('/etc/passwd')]",
    "['a' * 10**9]", "[9**9**9]", "x" * 100_000, "\x00", "\u202e", "{[]: 1}", "[{}]", "[[1]]", "[1e309]",
    "[nan]",
)  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
def test_a_value_made_to_harm_is_read_as_its_type_or_refused(kind: str) -> None:
    for value in VALUES:
        found: list[object] = []
        judged(lambda v=value, f=found: f.append(assign({kind: v}, KNOWN)), NotebookError)  # type: ignore[misc]
        if found and kind not in ("str", "list[str]"):
            text = json.dumps(found)
            assert "Infinity" not in text and "NaN" not in text, (kind, value[:40])
    assert not Path("owned").exists()


@settings(max_examples=200, deadline=None)
@given(kind=st.sampled_from(TYPES), value=st.text(max_size=40))
def test_any_text_is_read_as_its_type_or_refused(kind: str, value: str) -> None:
    judged(lambda: assign({kind: value}, KNOWN), NotebookError)


CELLS = (
    "x = " + "[" * 5_000, "x = " + "-" * 100_000 + "1", "x = {[]: 1}", "x = 9**9**9", "x = __import__('os')",
    "x = (",
    "x: Literal[open('/')] = 1", "x = 'a' * 10**10", "\x00", "x = " + "1 + " * 20_000 + "1",
)  # fmt: skip


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: ascii(cell)[:20])
def test_a_parameters_cell_made_to_harm_is_refused(tmp_path: Path, cell: str) -> None:
    notebook = {
        "cells": [{"cell_type": "code", "source": cell, "metadata": {"tags": ["parameters"]}, "outputs": [],
                   "execution_count": None, "id": "a"}],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
    }  # fmt: skip
    path = tmp_path / "evil.ipynb"
    path.write_text(json.dumps(notebook))
    found: list[dict[str, Parameter]] = []
    judged(lambda: found.append(inspect(path)), NotebookError, "evil")
    for parameter in found[0].values() if found else ():
        judged(lambda p=parameter: assign({p.name: "1"}, {"evil": {p.name: p}}), NotebookError)  # type: ignore[misc]


GRIDS = {
    "rows without end.yaml": "\n".join(f"p{n}: [{', '.join(map(str, range(99)))}]" for n in range(40)),
    "cells beyond the header.csv": "draws\n64,=1+1\n",
    "an unclosed quote.csv": 'draws\n"64\n',
    "zero bytes.csv": "draws\n6\x004\n",
    "bytes.csv": "\udcff\udcfe",
    "deep.yaml": "draws: " + "[" * 100_000,
    "deep.json": '{"draws": ' + "[" * 100_000,
    "nothing.yaml": "",
    "text.yaml": "draws",
}  # fmt: skip


@pytest.mark.parametrize("name", GRIDS)
def test_a_grid_made_to_harm_is_refused_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(GRIDS[name].encode("utf-8", "surrogateescape"))
    assert judged(lambda: read_grid(path), InputError, name)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)),
    kind=st.sampled_from(("csv", "yaml")),
)
def test_any_bytes_are_a_grid_or_refused(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, kind: str
) -> None:
    path = tmp_path_factory.mktemp("grid") / f"grid.{kind}"
    path.write_bytes(body)
    judged(lambda: read_grid(path), InputError)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(("../../etc/passwd", "..", ".", "/etc", "a/../..", "\x00", "con", "C:\\x")),
    )
)
def test_a_run_never_lands_outside_its_notebooks_folder(name: str) -> None:
    place = Run("nb", Path("nb.ipynb"), name, {"scenario": name}, {}).place
    folder, _, run = place.partition("/")
    assert folder == "nb" and run and "/" not in run and "\\" not in run and not run.startswith(".")
    assert run.isascii() and run.isprintable() and len(run) < 120


@pytest.mark.parametrize(
    "words",
    [
        ("batch", "--scenarios", "../../etc/passwd", "--notebooks", "80-replay"),
        ("batch", "--notebooks", "../../../etc/passwd"),
        ("report", "--notebook", "../80-replay"),
        ("figures", "../../../etc", "--notebook", "80-replay", "--draws", "1e309"),
        ("simulate", "../x"),
        ("screen", "/dev/null"),
        ("lists", "parse", "/dev/null"),
        ("classify", "/dev/null", "--to", "CN", "--on", "9999-99-99"),
        ("decide", "h20", "--to", "CN", "--on", "9999-12-31", "--end-user", "\u202e<script>\x1b[2J"),
        ("refresh", "../../etc"),
        ("lists", "status", "\x1b]0;owned\x07<script>"),
    ],
    ids=lambda words: " ".join(words[:3])[:40].encode("ascii", "replace").decode(),
)
def test_a_command_given_a_hostile_name_says_so_and_writes_nothing(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    done = small_process("-m", "chipflows", *words, cwd=tmp_path)
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stderr
    said = (done.stdout + done.stderr).replace("\r", "\n")
    assert printable(said) == said, ascii(said)
    assert list(tmp_path.iterdir()) == []


LINKS = (
    {"base": "../../etc"}, {"levers": {"kyc_coverage": 1e308}}, {"levers": {"kyc_coverage": "9" * 900}},
    {"on": "9999-99-99"}, {"chip": "<script>alert(1)</script>"}, {"to": "\u202e"}, {"quarter": "2028Q4\x00"},
    {"asks": ["h20"] * 500}, {"__class__": "x"}, {"levers": {"__import__": 1}}, [1], "x",
    {"on": ["2025-01-01"]},
)  # fmt: skip


@pytest.mark.parametrize("content", LINKS, ids=lambda content: ascii(content)[:30])
def test_a_link_made_to_harm_is_refused(content: object) -> None:
    text = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    assert judged(lambda: decode(text), ChipflowsError, "This link cannot be read")
