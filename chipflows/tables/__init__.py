"""Facts as typed, checked frames: the only layer that reads files under ``data/`` and ``scenarios/``."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from functools import lru_cache

import pandas as pd

from chipflows import paths
from chipflows.errors import InputError, did_you_mean
from chipflows.tables.cards import Card, card, cards, require_cards
from chipflows.tables.codebook import TableSpec, codebook
from chipflows.tables.corrections import Correction, corrections
from chipflows.tables.load import read_table, table, table_names, tpp_from_dense

__all__ = [
    "Card",
    "Correction",
    "TableSpec",
    "card",
    "cards",
    "chip_flows_prc",
    "chip_id",
    "chips",
    "codebook",
    "corrections",
    "country_groups",
    "data_hash",
    "diffusion_tiers",
    "epoch_flows_prc",
    "history_checks",
    "nveu_caps",
    "read_table",
    "require_cards",
    "sources_overview",
    "table",
    "table_names",
    "tpp_from_dense",
]


def chips() -> pd.DataFrame:
    """Return accelerators and memory items: one row per chip, units in column names."""
    return table("chips")


def chip_flows_prc() -> pd.DataFrame:
    """Return chips sold to the PRC by chip and calendar quarter, our corrected history."""
    return table("chip_flows_prc")


def epoch_flows_prc() -> pd.DataFrame:
    """Return the same as Epoch AI prints it."""
    return table("epoch_flows_prc")


def country_groups() -> pd.DataFrame:
    """Return country groups of the EAR by date."""
    return table("country_groups")


def diffusion_tiers() -> pd.DataFrame:
    """Return the destinations the Diffusion Rule names, by tier."""
    return table("diffusion_tiers")


def nveu_caps() -> pd.DataFrame:
    """Return the stepped caps of national validated end users, TPP per company and country by quarter."""
    return table("nveu_caps")


def history_checks() -> pd.DataFrame:
    """Return what others observed, to hold the model's past against."""
    return table("history_checks")


def chip_id(name: str) -> str:
    """Return the chip id for what a person typed (h20, H20 96GB, rtx 5090d v2); raises InputError."""
    found = _chip_names().get(_bare(name))
    if found is None:
        known = [*table("chips")["chip_id"], *table("chip_aliases")["alias"]]
        raise InputError(did_you_mean(name, known, "chip"))
    return found


@lru_cache(maxsize=1)
def _chip_names() -> dict[str, str]:
    frame, aliases = table("chips"), table("chip_aliases")
    names = {_bare(alias): chip for alias, chip in zip(aliases["alias"], aliases["chip_id"], strict=True)}
    names.update({_bare(chip): chip for chip in frame["chip_id"]})
    for name, chip in zip(frame["name"], frame["chip_id"], strict=True):
        names.setdefault(_bare(name), chip)
    return names


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def sources_overview(on: date | None = None) -> pd.DataFrame:
    """Return one row per source card: id, producer, title, as_of, age_days, stale, licence, kind, rows, tables, url.

    Age is counted to *on*, by default the newest date among the cards (never the clock).
    """
    known = cards()
    reference = on or max(item.as_of for item in known.values())
    uses = _uses()
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
def _uses() -> dict[str, dict[str, int]]:
    """Return rows per table by source id."""
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
    """Return a SHA-256 over every file under data/ and scenarios/, in name order."""
    digest = hashlib.sha256()
    for root in (paths.home() / "data", paths.scenarios()):
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
