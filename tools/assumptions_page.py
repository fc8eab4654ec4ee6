"""Rewrite docs/assumptions.md from data/assumptions and the code that reads them."""

from __future__ import annotations

from pathlib import Path

from chipflows.flows.assumptions_page import page, readers
from chipflows.tables.assumptions import load_assumptions

ROOT = Path(__file__).resolve().parent.parent


def made() -> str:
    """Return the page as it should stand."""
    folder = ROOT / "chipflows" / "flows"
    skip = {"assumptions_page"}
    sources = {
        p.stem: p.read_text(encoding="utf-8") for p in sorted(folder.glob("*.py")) if p.stem not in skip
    }
    return page(load_assumptions(), readers(sources))


if __name__ == "__main__":
    (ROOT / "docs" / "assumptions.md").write_text(made(), encoding="utf-8")
    print("Wrote docs/assumptions.md.")
