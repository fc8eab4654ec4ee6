"""What a know-your-customer rule that screens names would catch, from measured shares, under stated mixes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows import tables
from chipflows.errors import InputError, did_you_mean
from chipflows.tables.assumptions import load_assumptions

__all__ = ["EVASIONS", "MIXES", "assumed_ranges", "catch_rates", "consistency", "mix_draws", "mix_rates"]

# Kind of evasion: the tests of screening_accuracy that measure it. A shell is caught by chance alone.
EVASIONS: dict[str, tuple[str, ...]] = {
    "fresh shell, nothing shared": ("unlisted customers with a hit",),
    "sister firm, not itself listed": ("relative of a listed firm by name",),
    "new name at a listed address": ("address of another listed firm",),
    "Chinese name of a listed firm": (
        "Chinese name of a listed company",
        "Chinese name of a listed institute",
    ),
    "alias that the list lacks": ("held-out PRC alias, other aliases kept",),
}
# What share of evaders takes which way: ours, to show how far the answer hangs on it; nobody has counted.
MIXES: dict[str, dict[str, float]] = {
    "careful: nine in ten are fresh shells": {
        "fresh shell, nothing shared": 0.9, "sister firm, not itself listed": 0.05,
        "new name at a listed address": 0.05,
    },
    "even: each way alike": dict.fromkeys(EVASIONS, 0.2),
    "careless: aliases and translations": {
        "alias that the list lacks": 0.6, "Chinese name of a listed firm": 0.2,
        "new name at a listed address": 0.2,
    },
}  # fmt: skip
_DRAWS = 8192


def catch_rates() -> pd.DataFrame:
    """Return for each kind of evasion the share that a search of the lists catches.

    Columns: label, hits, tried, p05, p50, p95, source_ids. Measured on the test half at the shipped
    threshold; the interval is that of the share, with nothing known before.
    """
    measured = tables.table("screening_accuracy")
    ours = measured[measured["engine"] == "chipflows"].set_index("test")
    rows = []
    for label, tests in EVASIONS.items():
        hits, tried = (int(ours.loc[list(tests), name].sum()) for name in ("hits", "tried"))
        sources = ours.loc[tests[0], "source_ids"]
        rows.append({"label": label, "hits": hits, "tried": tried, "source_ids": sources})
    frame = pd.DataFrame(rows)
    return pd.concat([frame, _quantiles(_draws(frame))], axis=1)


def mix_rates(mixes: Mapping[str, Mapping[str, float]] = MIXES) -> pd.DataFrame:
    """Return the share of evaders caught under each mix: label, p05, p50, p95; raises as `mix_draws`."""
    caught = mix_draws(_DRAWS, mixes)
    return pd.concat([pd.DataFrame({"label": list(caught)}), _quantiles(list(caught.values()))], axis=1)


def mix_draws(draws: int, mixes: Mapping[str, Mapping[str, float]] = MIXES) -> dict[str, NDArray[np.float64]]:
    """Return draws of the share of evaders caught under each mix, arrays of shape (draws,).

    A mix gives the share of evaders by kind. Raises InputError for a kind not measured or shares not adding
    up to 1.
    """
    rates = catch_rates()
    drawn = dict(zip(rates["label"], _draws(rates, draws), strict=True))
    for name, mix in mixes.items():
        for kind in mix:
            if kind not in drawn:
                raise InputError(did_you_mean(kind, list(drawn), "kind of evasion"))
        if abs(sum(mix.values()) - 1) > 1e-9:
            raise InputError(f"the shares of the mix {name!r} add up to {sum(mix.values()):g}, not 1.")
    return {
        name: np.sum([share * drawn[kind] for kind, share in mix.items()], axis=0)
        for name, mix in mixes.items()
    }


def assumed_ranges() -> pd.DataFrame:
    """Return what the model assumes that checks stop of each kind of attempt: label, p05, p50, p95.

    The assumption is the extra share of attempts stopped by all checks, not by lists alone.
    """
    held = load_assumptions().uncertain
    rows = []
    for name in ("kyc_resellers", "kyc_cloud_fronts", "kyc_small_orders", "kyc_resale"):
        low, high = held[name].range()
        middle = _share_of((_odds(low) + _odds(high)) / 2)
        label = f"assumed: {name.removeprefix('kyc_').replace('_', ' ')}"
        rows.append({"label": label, "p05": low, "p50": middle, "p95": high})
    return pd.DataFrame(rows)


def consistency() -> pd.DataFrame:
    """Return for each assumed range whether it overlaps what the mixes span: label, p05, p95, overlaps.

    ``attrs`` has least and most, the medians of the mixes that catch least and most.
    """
    mixes, assumed = mix_rates(), assumed_ranges()
    overlaps = (assumed["p05"] <= mixes["p95"].max()) & (assumed["p95"] >= mixes["p05"].min())
    found = assumed[["label", "p05", "p95"]].assign(overlaps=overlaps)
    found.attrs = {"least": float(mixes["p50"].min()), "most": float(mixes["p50"].max())}
    return found


def _odds(share: float) -> float:
    """Return the log odds of a share: the scale on which the ranges are normal."""
    return float(np.log(share / (1 - share)))


def _share_of(odds: float) -> float:
    """Return the share of log odds."""
    return float(1 / (1 + np.exp(-odds)))


def _draws(rates: pd.DataFrame, draws: int = _DRAWS) -> list[NDArray[np.float64]]:
    """Return draws of each share, given the hits and the tries."""
    random = np.random.default_rng(1)
    return [
        random.beta(hits + 0.5, tried - hits + 0.5, draws)
        for hits, tried in zip(rates["hits"], rates["tried"], strict=True)
    ]


def _quantiles(draws: list[NDArray[np.float64]]) -> pd.DataFrame:
    """Return p05, p50 and p95 of each."""
    found = [np.quantile(each, (0.05, 0.5, 0.95)) for each in draws]
    return pd.DataFrame(found, columns=["p05", "p50", "p95"])
