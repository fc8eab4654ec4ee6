"""Every entry of docs/troubleshooting.md is something that the code really says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = re.findall(
    r"^### `(.*)`$", (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8"), re.MULTILINE
)
TOOLS = ROOT / "tools"
SOURCES = [*(ROOT / "chipflows").rglob("*.py"), *TOOLS.glob("*.py"), *TOOLS.glob("*.sh")]
# Literals that stand side by side are one text, and what an f-string fills in is held open.
JOINED = re.compile(r'"\s*\n\s*f?"')
TEXTS = [JOINED.sub("", path.read_text(encoding="utf-8")) for path in SOURCES]


def as_pattern(entry: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in entry.split("…")]
    return re.compile(r".*?".join(parts))


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_is_a_message_of_the_code(entry: str) -> None:
    pattern = as_pattern(entry)
    assert sum(map(str.isalpha, entry)) >= 10, "too little to be told from another"
    assert any(pattern.search(text) for text in TEXTS), f"nothing says {entry!r}"


def test_there_are_entries_and_each_has_advice() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    assert len(ENTRIES) == len(set(ENTRIES)) > 20
    for part in text.split("\n### ")[1:]:
        assert len(part.split("\n", 1)[1].strip()) > 20, part
