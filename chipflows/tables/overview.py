"""What we hold: every source with its age and its uses, and one hash over all data."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import lru_cache

import pandas as pd

from chipflows import paths
from chipflows.tables.cards import cards
from chipflows.tables.codebook import codebook
from chipflows.tables.load import table

__all__ = ["data_hash", "sources_overview"]


def sources_overview(on: date | None = None) -> pd.DataFrame:
    """Return one row per source card: id, producer, title, as_of, age_days, stale, licence, kind and its use.

    *rows* and *tables* say where its figures stand, *url* where to read it. Age is in days to *on*, by
    default the newest date among the cards (never the clock).
    """
    known = cards()
    reference = on or max(item.as_of for item in known.values())
    uses = _uses(str(paths.home()))
    rows = []
    for item in known.values():
        age = (reference - item.as_of).days
        used = uses.get(item.id, {})
        rows.append(
            {
                "id": item.id,
                "producer": item.producer,
                "title": item.title,
                "as_of": item.as_of.isoformat(),
                "age_days": age,
                "stale": item.stale_after_days is not None and age > item.stale_after_days,
                "licence": item.licence,
                "kind": item.kind,
                "rows": sum(used.values()),
                "tables": ", ".join(sorted(used)),
                "url": item.url or "",
            }
        )
    return pd.DataFrame(rows)


@lru_cache(maxsize=1)
def _uses(_home: str) -> dict[str, dict[str, int]]:
    """Return rows per table by source id. Cached per home."""
    uses: dict[str, dict[str, int]] = {}
    for name, spec in codebook().items():
        frame = table(name)
        for column, meaning in spec.columns.items():
            if meaning.type == "ids":
                counts = frame[column].dropna().str.split(";").explode().value_counts()
                for source, count in counts.items():
                    into = uses.setdefault(str(source), {})
                    into[name] = into.get(name, 0) + int(count)
    return uses


def data_hash() -> str:
    """Return a SHA-256 over every file under data/ and scenarios/, by path below the home and content.

    Scenarios' expected numbers are results, not data, and are left out.
    """
    digest = hashlib.sha256()
    for root in (paths.home() / "data", paths.scenarios()):
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.name.startswith(".") and not path.name.endswith(".expected.csv"):
                content = path.read_bytes()
                place = f"{root.name}/{path.relative_to(root).as_posix()}"
                digest.update(f"{place}\0{len(content)}\0".encode())  # so that no two trees read alike
                digest.update(content)
    return digest.hexdigest()
