"""What a one-page fact sheet says beside the model: who disagrees, and what would narrow the answer."""

from __future__ import annotations

import pandas as pd

from chipflows import tables
from chipflows.errors import InputError, did_you_mean
from chipflows.reports import holdings

__all__ = ["ASKS", "disputes", "positions", "spoken", "used"]

ASKS = ("diffusion", "h20", "kyc", "cxmt")
_NAMES = {
    "diffusion": "enforcing the AI Diffusion Rule as published",
    "h20": "restricting the H20 and equivalent chips (wide reading)",
    "kyc": "know-your-customer rules against diversion",
    "cxmt": "putting CXMT on the Entity List",
}
_DISPUTES = {
    "diffusion": ("Diffusion rule status",),
    "h20": (
        "H20 delivered in fiscal 2026 Q1",
        "H20 sold to the PRC in 2025",
        "PRC 2026 compute from legal H200",
    ),
    "kyc": ("CNAS vs Epoch, diverted chips 2024", "BIS base budget"),
    "cxmt": ("CXMT capacity 2025-26", "Huawei units 2026"),
}
_POSITIONS = {
    "diffusion": ("brookings",),
    "h20": ("ifp_hopper", "ifp_b30a"),
    "kyc": ("cnas_full", "heritage"),
    "cxmt": ("cfr_huawei",),
}


def _known(ask: str) -> str:
    """Return *ask*; raises InputError with the nearest for one that is not an ask."""
    if ask not in ASKS:
        raise InputError(did_you_mean(ask, ASKS, "ask"))
    return ask


def spoken(ask: str) -> str:
    """Return an ask in words: "h20" -> "restricting the H20 and equivalent chips"."""
    return _NAMES[_known(ask)]


def disputes(ask: str) -> pd.DataFrame:
    """Return where two sources differ on what bears on *ask*: on, one says, another says."""
    rows = holdings.disagreements().set_index("on").loc[list(_DISPUTES[_known(ask)])]
    return rows[["one says", "another says"]].reset_index()


def positions(ask: str) -> str:
    """Return who among our sources argues for or against what bears on *ask*, as their cards say it."""
    cards = tables.cards()
    said = (f"{cards[source].producer} {cards[source].stance}" for source in _POSITIONS[_known(ask)])
    return "; ".join(dict.fromkeys(said))


def used(ask: str) -> tuple[str, ...]:
    """Return the ids of the sources that `positions` and `disputes` name."""
    rows = tables.table("disagreements").set_index("topic").loc[list(_DISPUTES[_known(ask)])]
    named = [
        source for side in "ab" for cell in rows[f"source_ids_{side}"] for source in str(cell).split(";")
    ]
    return tuple(dict.fromkeys([*_POSITIONS[ask], *named]))
