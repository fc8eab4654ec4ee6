"""What a refresh pulled onto this machine, as bilateral rows; none of it is shipped."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from chipflows.trade.bilateral import COLUMNS, bilateral
from chipflows.trade.places import places
from chipflows.trade.taiwan import from_taiwan

__all__ = ["PULL", "pulled"]

PULL = "chipflows refresh comtrade"  # fills every corridor that is not shipped


def pulled(snapshot: str = "newest") -> pd.DataFrame:
    """Return the rows of the newest snapshots of UN Comtrade, US Census and Taiwan customs, or of those taken
    on or before the date *snapshot*; no rows where nothing was pulled.

    Where two producers report one key the first of the reporter's own statistics stays. Raises InputError
    for a snapshot that is none, SourceError for a damaged one.
    """
    from chipflows.sources import snapshots  # reaches for the network library, which few need

    frames = []
    for source in ("us_census", "taiwan_customs", "comtrade"):
        found = snapshots.find(source, snapshot)
        if found is not None:
            frames.append(_READ[source](snapshots.read(found)).assign(source=source))
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    whole = pd.concat(frames, ignore_index=True)
    return bilateral(whole.drop_duplicates(["reporter", "partner", "flow", "hs", "period"]))


def _from_census(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a Census snapshot as bilateral rows; countries without a row in trade_places are left out."""
    partner = rows["country_code"].map(places("us_census"))
    kept = rows.assign(reporter="US", partner=partner)[partner.fillna("").ne("")]
    return kept[kept["value_usd"].notna()].drop(columns=["country_code", "country"])


def _from_comtrade(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a Comtrade snapshot, which is in our columns already."""
    return rows


_READ: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "comtrade": _from_comtrade,
    "us_census": _from_census,
    "taiwan_customs": from_taiwan,
}
