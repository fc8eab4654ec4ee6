"""docs/assumptions.md is what the data and the code say."""

import importlib.util
from pathlib import Path

from chipflows.flows.assumptions_page import page, readers
from chipflows.tables.assumptions import load_assumptions

ROOT = Path(__file__).resolve().parents[2]


def test_a_read_is_found_by_function_and_by_pattern():
    found = readers({"m": 'def f(draws):\n    return draws["a"] + draws[f"kyc_{name}"]\n'})
    assert found["a"] == ["m.f"]
    assert found["kyc_*"] == ["m.f"]


def test_the_page_is_up_to_date():
    spec = importlib.util.spec_from_file_location("assumptions_page", ROOT / "tools" / "assumptions_page.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    stands = (ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8")
    assert stands == tool.made(), "run python tools/assumptions_page.py"


def test_every_assumption_is_read_by_a_function():
    text = (ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8")
    assert "Read by no function" not in text


def test_named_priors_are_shown():
    assert "bis_200k" in page(load_assumptions(), {})
