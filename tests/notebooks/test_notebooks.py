"""Every notebook runs to its last cell; what it says and draws is whole, and is what is published.

One run serves both: on the draws of its own parameters cell it costs hardly more than on few, for drawing
takes most of the time.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml

from chipflows.reports.claims import claim_drift, claims_frame
from chipflows.reports.drift import drift

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
DRAWN = sorted({path.parts[-3] for path in (ROOT / "figures").glob("*/*/figure.yaml")})
NOT_WORDS = re.compile(r"\b(?:nan|inf|None|NaT)\b|\{[a-z_]+(?::[a-z_]+)?\}")


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_runs_and_what_it_says_and_draws_is_whole(name: str, tmp_path: Path) -> None:
    out = tmp_path / "report"
    _run("report", "--notebook", name, "--out", str(out), within=tmp_path)

    made = json.loads((out / "report.json").read_text(encoding="utf-8"))["notebooks"][0]
    for figure in made["figures"]:
        folder = out / name / "figures" / figure
        card = yaml.safe_load((folder / "figure.yaml").read_text(encoding="utf-8"))
        assert card["alt"] and card["source"].startswith("Source") and card["sources"]
        assert len(pd.read_csv(folder / "data.csv")) > 0
        assert not NOT_WORDS.search(" ".join([card["title"], card["subtitle"], card["note"], card["alt"]]))
    claims = out / name / "claims.csv"
    if claims.exists():
        told = pd.read_csv(claims)
        assert not told["sentence"].str.contains(NOT_WORDS, regex=True).any()
        assert told["value"].notna().all()
        assert told["source_ids"].notna().all() and told["cell"].notna().all()
    _assert_published(name, claims, {figure: out / name / "figures" / figure for figure in made["figures"]})


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWN)
def test_its_figures_fit_a_column_and_a_square_too(name: str, tmp_path: Path) -> None:
    # A figure whose words are cut or overlap is refused; the slide is tried above.
    sizes = ("--size", "square", "--size", "column")
    _run("figures", "--notebook", name, *sizes, "--out", str(tmp_path / "out"), within=tmp_path)
    held = len(list((ROOT / "figures" / name).glob("*/figure.yaml")))
    assert len(list((tmp_path / "out").glob("*/*/figure-column.png"))) == held


def _run(*arguments: str, within: Path) -> None:
    """Run chipflows on the shipped data from another folder, and fail with what it said where it does."""
    done = subprocess.run(
        [sys.executable, "-m", "chipflows", *arguments],
        cwd=within,
        env={**os.environ, "CHIPFLOWS_HOME": str(ROOT), "CHIPFLOWS_LIVE": str(within / "live")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _claims_that_changed(name: str, claims: Path) -> list[str]:
    """Return what the notebook says in numbers other than what was published with the figures."""
    published = ROOT / "figures" / "claims.csv"
    if not published.exists():
        return []
    said = pd.read_csv(published)
    made = pd.read_csv(claims) if claims.exists() else claims_frame([])
    return claim_drift(said[said["notebook"] == name].reset_index(drop=True), made)


def _assert_published(name: str, claims: Path, drawn: dict[str, Path]) -> None:
    """Fail for a committed figure that is not what its notebook draws, that is missing or left over."""
    held = {path.parent.name for path in (ROOT / "figures" / name).glob("*/figure.yaml")}
    changed = {figure: drift(ROOT / "figures" / name / figure, drawn[figure]) for figure in held & set(drawn)}
    problems = [f"{figure}: {text}" for figure, texts in sorted(changed.items()) for text in texts]
    problems += _claims_that_changed(name, claims)
    problems += [f"{figure}: no longer drawn" for figure in sorted(held - set(drawn))]
    if (ROOT / "figures" / "index.html").exists():
        problems += [f"{figure}: not published" for figure in sorted(set(drawn) - held)]
    assert not problems, f"figures/{name} has drifted; `make figures` draws it anew:\n" + "\n".join(problems)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_is_thin_and_takes_its_draws_seed_and_snapshot_as_parameters(name: str) -> None:
    book = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    parameters = next(cell for cell in code if "parameters" in cell.metadata.get("tags", []))

    assert "snapshot: str" in parameters.source
    assert not any(cell.get("outputs") for cell in code)
    for cell in code:
        assert len(cell.source.splitlines()) <= 12, cell.source
        assert not re.search(r"^(def|class|for|while|if) ", cell.source, re.MULTILINE), cell.source
