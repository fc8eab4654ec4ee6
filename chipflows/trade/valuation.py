"""CIF against FOB: what imports cost over exports for the same goods, with bounds and sources."""

from __future__ import annotations

from dataclasses import dataclass

from chipflows import tables
from chipflows.errors import InputError

__all__ = ["FREIGHT_FREE", "Ratio", "house_ratio"]

FREIGHT_FREE = ("FOB", "FAS", "customs")  # valued without international freight and insurance


@dataclass(frozen=True)
class Ratio:
    """A CIF value over the FOB value of the same goods: central value, lower and upper bound, sources."""

    middle: float
    low: float
    high: float
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a ratio below one or out of its bounds."""
        if not 1 <= self.low <= self.middle <= self.high:
            raise InputError(
                f"CIF/FOB ratio {self.middle:g} with bounds {self.low:g} to {self.high:g}: it must be at "
                "least 1 and lie within its bounds. Freight and insurance cost something, never less than "
                "nothing."
            )

    def to_fob(self, cif_usd: float) -> tuple[float, float, float]:
        """Return the FOB value of *cif_usd*: lower, central, upper (USD)."""
        return cif_usd / self.high, cif_usd / self.middle, cif_usd / self.low


def house_ratio() -> Ratio:
    """Return the ratio used where none is given: table cif_fob_ratios, row house.

    Method: the IMF divides imports by 1.06 to estimate a partner's exports; the bounds run from no freight to
    the cap of a published reconciliation. They are bounds for all goods, not a 90% interval for chips.
    """
    table = tables.table("cif_fob_ratios")
    row = table[table["ratio_id"] == "house"].to_dict("records")[0]
    return Ratio(row["ratio"], row["low"], row["high"], tuple(row["source_ids"].split(";")))
