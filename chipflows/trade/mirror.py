"""Mirror gaps: what one country says it sold another beside what the other says it bought, both raw."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chipflows.trade.valuation import FREIGHT_FREE, Ratio, house_ratio

__all__ = ["mirror_gaps"]

_PAIR = ["exporter", "importer", "hs", "period"]
_EXPORTS = {"reporter": "exporter", "partner": "importer", "value_usd": "export_usd",
            "valuation": "export_valuation", "source": "export_source"}  # fmt: skip
_IMPORTS = {"reporter": "importer", "partner": "exporter", "value_usd": "import_usd",
            "valuation": "import_valuation", "source": "import_source"}  # fmt: skip


def mirror_gaps(frame: pd.DataFrame, ratio: Ratio | None = None) -> pd.DataFrame:
    """Return one row per exporter, importer, code and period, with both sides' figures as reported.

    frame: a bilateral table, all codes of one length. Columns: exporter, importer, hs, period, export_usd,
    export_valuation, export_source, import_usd, import_valuation, import_source, status (both, exporter only,
    importer only), gap_usd (imports less exports, as reported), log_ratio (ln imports/exports, as reported),
    log_gap with log_gap_low and log_gap_high (log_ratio less the freight in a CIF import, by *ratio*; just
    log_ratio where the import is valued without freight), within_freight (whether freight alone can
    explain the gap: zero lies between the bounds; unknown where a side is missing).

    Method: ln(M_cif/X_fob) by product and corridor, after Bhagwati (1964) and Berger and Nitsch (2008).
    Nothing is reconciled: weighting the two sides towards each other would smooth away the gap looked for.
    A gap is no evidence of diversion by itself: exports book the destination known at the time, imports the
    origin, and two customs offices can put one chip under two codes.
    """
    freight = ratio or house_ratio()
    sold = frame[frame["flow"] == "export"].rename(columns=_EXPORTS)[[*_PAIR, *_own(_EXPORTS)]]
    bought = frame[frame["flow"] == "import"].rename(columns=_IMPORTS)[[*_PAIR, *_own(_IMPORTS)]]
    gaps = sold.merge(bought, on=_PAIR, how="outer", indicator="status").sort_values(_PAIR)
    names = {"both": "both", "left_only": "exporter only", "right_only": "importer only"}
    gaps["status"] = gaps["status"].astype(str).map(names)
    gaps["gap_usd"] = gaps["import_usd"] - gaps["export_usd"]
    positive = (gaps["export_usd"] > 0) & (gaps["import_usd"] > 0)
    quotient = gaps["import_usd"].where(positive) / gaps["export_usd"].where(positive)
    gaps["log_ratio"] = np.log(quotient.astype(float))
    carries = ~gaps["import_valuation"].isin(FREIGHT_FREE)
    for name, cost in (
        ("log_gap", freight.middle),
        ("log_gap_low", freight.high),
        ("log_gap_high", freight.low),
    ):
        gaps[name] = gaps["log_ratio"] - np.log(cost) * carries
    inside = (gaps["log_gap_low"] <= 0) & (gaps["log_gap_high"] >= 0)
    gaps["within_freight"] = inside.astype("boolean").mask(gaps["log_gap"].isna())
    return gaps.reset_index(drop=True)


def _own(names: dict[str, str]) -> list[str]:
    """Return the columns that belong to one side."""
    return [name for name in names.values() if name not in _PAIR]
