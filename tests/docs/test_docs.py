"""What README.md and docs/ show is what happens: commands run, outputs compared, links and names resolved.

`make docs` rewrites the outputs. In an expected output a line that is only … stands for any lines, and … in a
line for any text.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from chipflows import tables
from chipflows.cli.app import cli
from chipflows.reports.prose import uncited

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
UPDATE = os.environ.get("CHIPFLOWS_UPDATE_DOCS") == "1"
OTHER_PROGRAMS = {"git", "cd", "source", "papermill"}


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    return [body for kind, body in BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def shown_commands(block: str) -> list[tuple[str, str]]:
    """Return (command, expected output) pairs of a console block."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(part.split("\n", 1)[0], part.split("\n", 1)[1]) for part in parts]


def run(command: str, folder: Path) -> str:
    """Return what a chipflows command prints, on stdout and then on stderr."""
    words = shlex.split(command)
    assert words[0] == "chipflows", f"only chipflows is run from docs, not {words[0]!r}"
    done = subprocess.run(
        [sys.executable, "-m", "chipflows", *words[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def as_pattern(expected: str) -> re.Pattern[str]:
    lines = [
        ".*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) for line in expected.splitlines()
    ]
    return re.compile("\n".join(lines) + r"\n?\Z", re.DOTALL)


def with_wildcards(printed: str, expected: str) -> str:
    """Return *printed* with the lines that *expected* holds open (name  …) still open."""
    starts = [line.split("…")[0] for line in expected.splitlines() if line.endswith("…") and line != "…"]
    opened = [next((f"{s}…" for s in starts if line.startswith(s)), line) for line in printed.splitlines()]
    return "\n".join(opened) + "\n"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "console")], ids=page_id)
def test_every_output_shown_is_what_the_command_prints(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for block in blocks(page, "console"):
        fresh = ""
        for command, expected in shown_commands(block):
            printed = run(command, tmp_path)
            is_right = bool(expected) and as_pattern(expected).match(printed) is not None
            fresh += f"$ {command}\n{expected if is_right else with_wildcards(printed, expected)}"
            if not UPDATE:
                assert is_right, f"{command}\nprints\n{printed}\nnot\n{expected}"
        text = text.replace(block, fresh)
    if UPDATE:
        page.write_text(text, encoding="utf-8")


def listed_commands(page: Path) -> list[str]:
    """Return the commands of sh blocks, of indented blocks, and in `code`, without comments."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    prose = BLOCK.sub("", text)
    lines += [line.strip() for line in prose.splitlines() if line.startswith("    ")]
    lines += re.findall(r"`((?:make|chipflows|papermill) [^`]+)`", prose)
    return [line for line in lines if line.split(" ")[0] in {"make", "chipflows", *OTHER_PROGRAMS}]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_command_named_exists_with_its_options(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for line in listed_commands(page):
        words = shlex.split(line, comments=True)
        if words[0] == "make":
            assert words[1] in targets, line
        if words[0] == "chipflows" and re.fullmatch("[a-z][a-z-]*", words[1]):
            command = cli.get_command(None, words[1])
            assert command is not None, line
            command = getattr(command, "commands", {}).get(words[2], command) if len(words) > 2 else command
            known = {name for option in command.params for name in option.opts} | {"--help"}
            assert {word for word in words[2:] if word.startswith("-")} <= known, line


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(r'<img[^>]* src="([^"]+)"', text):
        if not target.startswith(("https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page_id(page)} links to {target}"


def test_the_readme_lists_every_notebook_with_the_question_it_answers() -> None:
    page = ROOT / "README.md"
    text = page.read_text(encoding="utf-8")
    rows = ""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        title = next(c.source for c in cells if c.cell_type == "markdown").splitlines()[0].lstrip("# ")
        rows += f"| [{path.stem}](notebooks/{path.name}) | {title} |\n"
    head = "| notebook | the question |\n|---|---|\n"
    table = re.compile(re.escape(head) + r"((?:\|.*\n)*)")
    if UPDATE:
        page.write_text(table.sub(lambda _: head + rows, text), encoding="utf-8")
    else:
        found = table.search(text)
        assert found is not None
        assert found.group(1) == rows


def test_the_first_screen_of_the_readme_holds_the_question_and_the_two_commands() -> None:
    first = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:24])

    assert "four things" in first
    assert "make report" in first
    assert "make test" in first


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=page_id)
def test_every_python_example_runs(page: Path) -> None:
    for block in blocks(page, "python"):
        exec(compile(block, page_id(page), "exec"), {})  # noqa: S102 - our own page


NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_number_is_typed_by_hand_into_a_notebooks_prose(path: Path) -> None:
    """A result comes from say() or record(), or cites its source; chipflows.reports.prose has the rule."""
    known = set(tables.cards())
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            typed = [(figure.text, words) for _, words, figure in uncited(cell.source, known.__contains__)]
            assert not typed, (
                f"{path.stem}, cell {cell.id}: {typed}. Say it from the result, or cite its source."
            )


@pytest.mark.parametrize(
    "page", [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "docs/methodology.md")], ids=page_id
)
def test_no_result_is_typed_by_hand_into_what_people_read_first(page: Path) -> None:
    """Results are shown as the output of a command, which is run; what is typed cites its source."""
    known = set(tables.cards())
    typed = list(uncited(page.read_text(encoding="utf-8"), known.__contains__))
    assert not typed, typed


def test_a_number_typed_by_hand_is_found() -> None:
    typed = list(uncited("The ask lowers the stock by about 340,000 chips.", lambda _: False))
    assert [figure.text for _, _, figure in typed] == ["340,000"]
