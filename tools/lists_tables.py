"""Write the tables of listed firms anew from the official texts, or say whether they are what these give.

    .venv/bin/python tools/lists_tables.py [--check] CARD=FILE [CARD=FILE ...]

CARD is the id of the source card that describes FILE; the file's SHA-256 must be the card's checksum, and the
card's as_of is the day the text shows. Needed are the cards of ROLES and those of OTHERS that are wanted.
Writes data/tables/ listed_firms, list_texts, entity_list_additions and citation_pages.
"""

from __future__ import annotations

import hashlib
import re
import sys
from datetime import date
from pathlib import Path

from chipflows import paths, tables
from chipflows.csvtext import csv_text, write_csv
from chipflows.lists.build import Text, build
from chipflows.lists.reading import parse
from chipflows.tables.rules import rules

ROLES = {"regulations": "el_2026_07", "screening": "csl_2026_07", "earlier": "csl_2022_05"}
OTHERS = ("meu_2026_07", "list_1260h_2026_06", "ns_cmic_2026_07")


def main(arguments: list[str]) -> int:
    """Build, then write or compare; returns 1 when a table on disk differs."""
    files = dict(item.split("=", 1) for item in arguments if item != "--check")
    texts = {card: _read(card, Path(file)) for card, file in files.items()}
    built = build(
        **{role: texts[card] for role, card in ROLES.items()},
        others=[texts[card] for card in OTHERS if card in texts],
        dates=tables.table("listing_dates"),
        effective=_effective(),
    )
    differ = 0
    for name, frame in built.items():
        target = paths.tables() / f"{name}.csv"
        if "--check" not in arguments:
            write_csv(frame, target)
            print(f"{target.name}: {len(frame):,} rows")
        elif target.read_text(encoding="utf-8") != csv_text(frame):
            print(f"{target.name} is not what these texts give. Run this without --check.")
            differ = 1
    return differ


def _read(card: str, file: Path) -> Text:
    """Return a text whose checksum is its card's; stops when it is not."""
    body = file.read_bytes()
    known = tables.card(card)
    found = f"sha256:{hashlib.sha256(body).hexdigest()}"
    if known.checksum != found:
        sys.exit(
            f"{file} is {found}, but card {card} says {known.checksum}. A newer text needs its own card."
        )
    return Text(parse(body, file.name), known.as_of, card)


def _effective() -> dict[str, date]:
    """Return the day a rule bound by its first page, from the listings in data/rules."""
    found: dict[str, date] = {}
    for rule in rules().values():
        entry = rule.timeline[0]
        page = re.match(r"\d+ FR \d+", entry.citation.ref)
        if rule.is_listing and page and not re.search("footnote|modified", entry.citation.ref):
            found[page[0]] = entry.from_
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
