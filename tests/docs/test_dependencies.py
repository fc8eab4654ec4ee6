"""docs/dependencies.md lists what is pinned, and nothing that does not fit our licence."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")


def test_every_pin_is_listed_with_its_version() -> None:
    pins = re.findall(
        r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    listed = set(re.findall(r"^\| ([a-z0-9._-]+) \| (\d[^ |]*) \|", PAGE, re.MULTILINE))
    missing = {name for name, _ in pins} - {name for name, _ in listed}
    assert not missing, f"{sorted(missing)}: run .venv/bin/python tools/dependencies.py"
    assert listed <= set(pins), f"{sorted(listed - set(pins))}: run .venv/bin/python tools/dependencies.py"


def test_no_licence_is_unknown() -> None:
    assert "| unknown |" not in PAGE
