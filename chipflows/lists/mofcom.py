"""An export of the PRC Commerce Ministry's lists of foreign firms, in Chinese or Japanese and English."""

from __future__ import annotations

from typing import Any

from chipflows.errors import SourceError
from chipflows.lists.citations import read_date
from chipflows.lists.countries import country_code
from chipflows.lists.frame import Entry

__all__ = ["read_mofcom"]


def read_mofcom(rows: list[Any], where: str) -> list[Entry]:
    """Return the entries of [{entity_name, aliases, date_added, ...}]; listed by the PRC, not of it."""
    entries = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or not isinstance(row.get("entity_name"), str):
            raise SourceError(f"{where}: entry {number} has no entity_name. The file is damaged.")
        entries.append(
            Entry(
                name=row["entity_name"].strip(),
                aliases=tuple(str(alias).strip() for alias in row.get("aliases") or ()),
                country="" if row.get("country") == "cn" else country_code(str(row.get("country") or "")),
                addresses=tuple(str(place) for place in row.get("addresses") or ()),
                listed_on=read_date(str(row.get("date_added") or "")),
                list="MOFCOM",
                kind="Individual" if row.get("entity_type") == "person" else "",
            )
        )
    return entries
