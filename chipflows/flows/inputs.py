"""What the flow model is given besides draws: chip specifications, observed shipments, profiles.

Everything here is observed or published; everything uncertain is drawn. Built once from ``tables`` and
passed to the formulas, which read no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows import tables
from chipflows.errors import InputError
from chipflows.flows.grid import Grid
from chipflows.tables.assumptions import Assumptions, load_assumptions

__all__ = ["LIST_PRICE_USD", "Inputs", "Segment", "Spec", "gather"]

H100_DENSE_8BIT_TOPS = 1979.0
H100_MEM_BW_GBPS = 3350.0
KNOWN_THROUGH_QUARTER = "2026Q3"
LIST_PRICE_USD = {"a100_sxm_80": 12247.0, "h100_sxm_80": 28500.0, "b200": 37200.0, "rubin": 55000.0}

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Spec:
    """One chip by each metric: H100-equivalents by throughput and by memory bandwidth, and memory (GB).

    Memory that no source states counts as nothing.
    """

    h100e: float
    h100e_bandwidth: float
    mem_gb: float


@dataclass(frozen=True)
class Segment:
    """Chips observed shipped between two dates (the end excluded) at an even daily rate."""

    chip_id: str
    quarter: str
    start: date
    end: date
    units: float
    price_usd: float


@dataclass(frozen=True)
class Inputs:
    """Specifications by chip, observed shipping segments, and the assumptions with their grid."""

    grid: Grid
    assumptions: Assumptions
    specs: Mapping[str, Spec]
    segments: tuple[Segment, ...]

    def path(self, profile: str) -> Array:
        """Return a profile on the grid, shape (quarters, 1), ready to scale draws."""
        return self.grid.path(self.assumptions.profiles[profile])[:, None]

    def spec(self, chip_id: str) -> Spec:
        """Return a chip's specification; raises InputError when the chips table lacks what it needs."""
        if chip_id not in self.specs:
            raise InputError(
                f"{chip_id} has no dense 8-bit throughput or memory bandwidth in chips.csv; not modelled"
            )
        return self.specs[chip_id]


def gather(grid: Grid | None = None, priors: Mapping[str, str] | None = None) -> Inputs:
    """Return the model's inputs from the shipped tables; *priors* picks named alternatives by assumption."""
    assumptions = load_assumptions()
    if priors:
        assumptions = assumptions.with_priors(dict(priors))
    specs, segments = _shipped()
    return Inputs(grid or Grid(), assumptions, specs, segments)


@lru_cache(maxsize=1)
def _shipped() -> tuple[Mapping[str, Spec], tuple[Segment, ...]]:
    return _specs(tables.chips()), _segments(tables.table("shipping_segments"))


def _specs(chips: pd.DataFrame) -> dict[str, Spec]:
    known = chips.dropna(subset=["dense_8bit_tops", "mem_bw_gbps"])
    return {
        str(row["chip_id"]): Spec(
            h100e=float(row["dense_8bit_tops"]) / H100_DENSE_8BIT_TOPS,
            h100e_bandwidth=float(row["mem_bw_gbps"]) / H100_MEM_BW_GBPS,
            mem_gb=0.0 if pd.isna(row["mem_gb"]) else float(row["mem_gb"]),
        )
        for row in known.to_dict("records")
    }


def _segments(frame: pd.DataFrame) -> tuple[Segment, ...]:
    return tuple(
        Segment(
            chip_id=str(row["chip_id"]),
            quarter=str(row["quarter"]),
            start=pd.Timestamp(row["ships_from"]).date(),
            end=pd.Timestamp(row["ships_until"]).date(),
            units=float(row["units_p50"]),
            price_usd=float(row["price_usd"]),
        )
        for row in frame.to_dict("records")
    )
