"""The know-your-customer ask with what checks stop given draw by draw: measured elsewhere, or looked for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from chipflows.errors import InputError
from chipflows.flows.diverted import PATHWAYS
from chipflows.flows.engine import Engine, Metric
from chipflows.flows.sampling import Array, Draws, Sampler

__all__ = ["ASSUMED", "change_by_checks", "with_checks"]

ASSUMED = "as the model assumes of all checks"


def with_checks(drawn: Draws, share: Array) -> Draws:
    """Return *drawn* with the *share* of attempts, (draws,), that checks stop on every pathway alike."""
    forced = {f"kyc_{name}": share for name in PATHWAYS}
    return Draws({**drawn.values, **forced}, drawn.size)  # noqa: PD011 - a dict, not a frame's values


def change_by_checks(
    shares: Mapping[str, Array],
    instrument: str = "letter-kyc",
    against: str = "actual",
    metric: Metric | None = None,
    draws: int = 4096,
    seed: int = 1,
) -> pd.DataFrame:
    """Return what *instrument* changes when checks stop the given shares, and when they stop those assumed.

    *shares*: by label, the share of attempts stopped in each draw, arrays of shape (draws,) from 0 to 1.
    Columns: label, stopped (the median share; blank for the assumed, which differ by pathway), p05, p50 and
    p95 of the change, in the metric's unit (default: the PRC's stock in 2028Q4, H100e). The levers
    ``kyc_coverage`` and ``kyc_strength`` multiply as always. Raises InputError for another shape or range.
    """
    for label, share in shares.items():
        if share.shape != (draws,):
            raise InputError(f"{label}: give {draws} shares, one a draw; their shape is {share.shape}.")
        if not ((share >= 0) & (share <= 1)).all():
            raise InputError(
                f"{label}: give shares from 0 to 1; they go from {share.min():g} to {share.max():g}."
            )
    item = metric or Metric()
    engine = Engine.of([instrument, against], last=item.quarter)
    labels = [*shares, ASSUMED]
    found: dict[str, list[Array]] = {label: [] for label in labels}
    sampler = Sampler(engine.inputs.assumptions, draws, seed)
    for start, drawn in zip(sampler.starts(), sampler.blocks(), strict=True):
        fixed = engine.baseline(drawn)
        base = item.read(engine.outcome(engine.runs[1], drawn, fixed), engine.inputs.grid)
        for label in labels:
            given = drawn
            if label in shares:
                given = with_checks(drawn, shares[label][start : start + drawn.size])
            outcome = engine.outcome(engine.runs[0], given, fixed)
            found[label].append(item.read(outcome, engine.inputs.grid) - base)
    rows = []
    for label in labels:
        low, middle, high = np.quantile(np.concatenate(found[label]), (0.05, 0.5, 0.95))
        stopped = float(np.median(shares[label])) if label in shares else np.nan
        rows.append({"label": label, "stopped": stopped, "p05": low, "p50": middle, "p95": high})
    return pd.DataFrame(rows)
