"""Total processing performance (TPP) of a chip, from its dense throughput."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from chipflows.errors import TableError, first_rows

__all__ = ["BITS", "TPP_TOLERANCE", "check_stated_tpp", "stated_tpp_off", "tpp_from_dense"]

BITS = {
    "fp16_bf16_tflops_dense": 16,
    "fp8_tflops_dense": 8,
    "int8_tops_dense": 8,
    "fp4_tflops_dense": 4,
}
"""Bit length that each dense throughput column counts with."""

TPP_TOLERANCE = 0.01
"""A stated TPP further than this share from the computed one is an error (data sheets round)."""


def tpp_from_dense(frame: pd.DataFrame) -> pd.Series:
    """Return TPP per row: the largest dense throughput (TOPS) x bit length, as ECCN 3A090's note defines it.

    An H20 with 148 TFLOPS at 16 bits and 296 at 8 has max(148 x 16, 296 x 8) = 2,368. Missing where no dense
    figure is given. Nothing is rounded: a threshold test needs the exact product.
    """
    products = {name: frame[name] * bits for name, bits in BITS.items() if name in frame}
    if not products:
        return pd.Series(float("nan"), index=frame.index, dtype=float)
    return pd.DataFrame(products).astype(float).max(axis=1)


def stated_tpp_off(frame: pd.DataFrame) -> pd.Series:
    """Return, per row, whether its stated `tpp` is more than 1% off the one its dense figures give."""
    if "tpp" not in frame:
        return pd.Series(False, index=frame.index)
    computed = tpp_from_dense(frame)
    off = (frame["tpp"].astype(float) - computed).abs() > TPP_TOLERANCE * computed
    return off & (computed > 0)


def check_stated_tpp(frame: pd.DataFrame, where: str, excused: Collection[str] = ()) -> None:
    """Raise TableError when a stated TPP is over 1% off the computed one, unless its chip is *excused*."""
    off = stated_tpp_off(frame)
    if "chip_id" in frame:
        off &= ~frame["chip_id"].isin(list(excused))
    if off.any():
        shown = frame.assign(tpp_from_dense=tpp_from_dense(frame))[off]
        names = [name for name in ("chip_id", "name") if name in frame]
        raise TableError(
            f"{where}: tpp is more than 1% off what the dense figures give:\n"
            f"{first_rows(shown[[*names, 'tpp', 'tpp_from_dense']])}\n"
            "Blank the tpp (it is then computed), mend the throughput, or name the chip in data/corrections/."
        )
