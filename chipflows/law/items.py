"""A chip's legal figures: total processing performance (TPP) and performance density.

TPP is the largest dense throughput times the bit length of its inputs, and performance density is TPP over
the area of the logic dies on non-planar nodes (3A090, technical notes). Neither is ever rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from chipflows import tables
from chipflows.errors import InputError, first_rows

__all__ = [
    "DENSE",
    "check_figures",
    "numbers",
    "performance_density",
    "refuse_sparse",
    "total_processing_performance",
]

DENSE = ("fp16_bf16_tflops_dense", "fp8_tflops_dense", "fp4_tflops_dense", "int8_tops_dense")
_TOLERANCE = 0.01
_LONGEST = 40  # characters of a number
_SPELT_OUT = {"nan", "inf", "-inf", "+inf", "infinity", "-infinity", "na", "n/a", "null", "none"}


def refuse_sparse(frame: pd.DataFrame) -> None:
    """Raise InputError when a column holds sparse throughput: the law counts dense figures only."""
    sparse = [str(name) for name in frame.columns if "sparse" in str(name).lower()]
    if sparse:
        raise InputError(
            f"column {sparse[0]} holds sparse figures. TPP counts dense throughput only (3A090, note): "
            f"give {', '.join(DENSE)}; where the maker prints sparse, dense is half."
        )


def numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return column *name* as floats, blank = missing; absent = all missing.

    Raises InputError with the rows when a cell is not a number, spells out a missing one (nan, inf) or is
    negative.
    """
    if name not in frame:
        return pd.Series(np.nan, index=frame.index)
    raw = frame[name]
    if pd.api.types.is_numeric_dtype(raw):
        values = raw.astype(float)
        _refuse(frame, name, np.isinf(values), "is infinite")
    else:
        text = raw.where(raw.notna(), "").astype(str).str.strip()
        _refuse(frame, name, text.str.lower().isin(_SPELT_OUT), "spells out a missing number; leave it blank")
        _refuse(frame, name, text.str.len() > _LONGEST, "is too long for a number")  # pandas trips over such
        values = pd.to_numeric(text.mask(text == ""), errors="coerce").astype(float)
        _refuse(frame, name, (text != "") & values.isna(), "is not a number")
    _refuse(frame, name, values < 0, "is negative")
    return values


def _refuse(frame: pd.DataFrame, name: str, bad: Any, problem: str) -> None:
    if bad.any():
        shown = [column for column in ("chip", "name", name) if column in frame]
        rows = first_rows(frame.loc[bad.to_numpy(dtype=bool), shown])
        raise InputError(f"{name} {problem} in {int(bad.sum())} row(s):\n{rows}")


def total_processing_performance(frame: pd.DataFrame) -> pd.Series:
    """Return TPP per row: as stated, else computed from dense throughput; missing where neither is given.

    An H20 with 148 TFLOPS at 16 bits and 296 TOPS at 8 has max(148 x 16, 296 x 8) = 2,368. Raises InputError
    when a stated TPP is more than 1% off the computed one and data/corrections does not name it.
    """
    stated = numbers(frame, "tpp")
    dense = pd.DataFrame({name: numbers(frame, name) for name in DENSE})
    computed = tables.tpp_from_dense(dense)
    check_figures(frame, stated, computed, _corrected)
    return stated.fillna(computed)


def check_figures(
    frame: pd.DataFrame, stated: pd.Series, computed: pd.Series, is_corrected: Callable[[str], bool]
) -> None:
    """Raise InputError for rows whose stated TPP is more than 1% off the computed one, corrections apart."""
    off = (stated - computed).abs() > _TOLERANCE * computed
    for label in frame.index[off.to_numpy(dtype=bool)]:
        name = str(
            frame["chip"][label] if "chip" in frame else frame.get("name", pd.Series(dtype=str)).get(label)
        )
        if not is_corrected(name):
            raise InputError(
                f"{name}: the stated TPP {stated[label]:,.10g} is over 1% off the {computed[label]:,.10g} "
                "that its dense throughput gives. Correct one of them, leave tpp blank, or record it in "
                "data/corrections."
            )


def _corrected(chip: str) -> bool:
    return any(
        change.field == "tpp" and chip in change.row.values()
        for correction in tables.corrections().values()
        for change in correction.changes
    )


def performance_density(
    tpp: pd.Series, die_area_mm2: pd.Series, is_nonplanar: pd.Series
) -> tuple[pd.Series, pd.Series]:
    """Return performance density for people, and for tests.

    For people it is blank on a planar node, where the law counts no die area. For tests it is 0 there, so
    that no density threshold is met, and missing (unknown) where the die area or the kind of node is. An H20
    has 2,368 / 814 = 2.91. *is_nonplanar* holds true, false or missing.
    """
    density = tpp / die_area_mm2.where(die_area_mm2 > 0)
    planar = (is_nonplanar == False).fillna(False).to_numpy(dtype=bool)  # noqa: E712 - three-valued
    unsure = is_nonplanar.isna().to_numpy(dtype=bool)
    return density.mask(planar | unsure), density.mask(unsure).mask(planar, 0.0)
