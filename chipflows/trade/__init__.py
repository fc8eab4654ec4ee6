"""Trade between countries: one bilateral table, mirror gaps, unit values, routes through hubs, scores.

Frames in, frames out. The only files read are extracts that a user names (Parquet through DuckDB, Comtrade
answers that the user pulled); the shipped facts come through `chipflows.tables`.
"""

from __future__ import annotations

from chipflows.trade.anomaly import Standing, rises, scores, standing
from chipflows.trade.bilateral import COLUMNS, aggregate, bilateral, quarters, years
from chipflows.trade.census import from_census
from chipflows.trade.comtrade import comtrade_to_parquet, from_comtrade, read_comtrade
from chipflows.trade.embedded import held
from chipflows.trade.extracts import totals, write_extract
from chipflows.trade.mirror import mirror_gaps
from chipflows.trade.places import place_name, places
from chipflows.trade.pulled import PULL, pulled
from chipflows.trade.routes import ENDS, HUBS, ORIGINS, PLACEBOS, lagged, legs
from chipflows.trade.taiwan import from_taiwan
from chipflows.trade.unit_values import unit_values, weighed_share
from chipflows.trade.valuation import Ratio, house_ratio

__all__ = [
    "COLUMNS",
    "ENDS",
    "HUBS",
    "ORIGINS",
    "PLACEBOS",
    "PULL",
    "Ratio",
    "Standing",
    "aggregate",
    "bilateral",
    "comtrade_to_parquet",
    "from_census",
    "from_comtrade",
    "from_taiwan",
    "held",
    "house_ratio",
    "lagged",
    "legs",
    "mirror_gaps",
    "place_name",
    "places",
    "pulled",
    "quarters",
    "read_comtrade",
    "rises",
    "scores",
    "standing",
    "totals",
    "unit_values",
    "weighed_share",
    "write_extract",
    "years",
]
