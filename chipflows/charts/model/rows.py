"""The rows the model figures are drawn from: runs of the flow model joined to tables and titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows import tables
from chipflows.charts.numbers import about, compact, percent
from chipflows.flows import Simulation, confidence, difference, window_sum
from chipflows.flows.asks import effect_by_regime
from chipflows.flows.engine import Metric
from chipflows.flows.factorial import Asks, attribution
from chipflows.flows.prim import Box
from chipflows.flows.sensitivity import break_even
from chipflows.law.reach import CXMT_FACTS, CXMT_ITEMS, CXMT_RULES, reach_matrix
from chipflows.tables.assumptions import load_assumptions

__all__ = [
    "COST_NOTE",
    "MODEL_SOURCES",
    "box_rows",
    "break_even_rows",
    "certainty",
    "check_labels",
    "costs",
    "cxmt_matrix",
    "diverted_peers",
    "effect_rows",
    "hbm_bottleneck",
    "joined",
    "outcomes",
    "regime_rows",
    "shapley_rows",
    "tier2_caps",
]

Array = NDArray[np.float64]
MODEL_SOURCES = ("epoch_repo_apr", "epoch_smug", "semianalysis_hbm", "judgement")
CAP_H100E = 790e6 / 15_832  # the Diffusion Rule's allocation of 790 million TPP, in H100s
COST_NOTE = "Vendor revenue: legal, diverted and offshore chips at list price."
_LEVELS = [0.05, 0.25, 0.50, 0.75, 0.95]
_ENDS = [0.05, 0.50, 0.95]
_NAMES = ["p05", "p25", "p50", "p75", "p95"]
_PEERS = {
    "cnas_total": "CNAS 2025",
    "epoch_cum_2024Q4": "Epoch AI 2026",
}


def shapley_rows(values: Mapping[Metric, Mapping[Asks, Array]], metric: Metric, label: str) -> pd.DataFrame:
    """Return Shapley values of the four asks for one metric, with a column naming it."""
    return attribution(values[metric]).assign(metric=label)


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return frames one under the other."""
    return pd.concat(list(parts), ignore_index=True)


def box_rows(found: Box) -> pd.DataFrame:
    """Return a PRIM box as rows.

    Columns: assumption, title, unit, low, high, range_low, range_high, coverage, density, limits_words,
    range_words. Named regimes are one wide each, regime 0 from -0.5 to 0.5, and have their names in words.
    """
    known = load_assumptions().uncertain
    table = found.table()
    items = [known[name] for name in table["assumption"]]
    half = [0.5 if item.regimes else 0.0 for item in items]
    ranges = [(-0.5, len(item.regimes) - 0.5) if item.regimes else item.range() for item in items]
    names = [list(item.regimes or {}) for item in items]
    spans = zip(names, table["low"], table["high"], strict=True)
    kept = [[name for i, name in enumerate(each) if low <= i <= high] for each, low, high in spans]
    return table.assign(
        title=[item.title for item in items],
        unit=[item.unit for item in items],
        low=table["low"] - half,
        high=table["high"] + half,
        range_low=[low for low, _ in ranges],
        range_high=[high for _, high in ranges],
        coverage=found.coverage,
        density=found.density,
        limits_words=[", ".join(each) for each in kept],
        range_words=[", ".join(each) for each in names],
    )


def check_labels(checks: pd.DataFrame) -> pd.DataFrame:
    """Return history checks with the table's short label for each row of a figure; the title where blank."""
    return checks.assign(label=checks["label"].fillna(checks["title"]))


def break_even_rows(targets: Sequence[str], instrument: str, metric: Metric, draws: int) -> pd.DataFrame:
    """Return the share of attempts checks would have to stop to match each target.

    Columns: target, level, share, cannot.
    """
    parts = [
        break_even(target, instrument, metric=metric, draws=draws).assign(target=target) for target in targets
    ]
    return pd.concat(parts, ignore_index=True)


def hbm_bottleneck(run: Simulation, scenarios: Sequence[str], first: int, last: int) -> pd.DataFrame:
    """Return packages that dies and stacks would each allow, and packages built, by year.

    Columns: year, scenario, series, p05, p50, p95.
    """
    rows = []
    names = {"packages_by_dies": "dies_packages", "packages_by_stacks": "stack_packages", "acquired": "built"}
    for scenario in scenarios:
        for year in range(first, last + 1):
            for variable, series in names.items():
                total = window_sum(run, scenario, variable, f"{year}Q1", f"{year}Q4", "domestic", "chips")
                rows.append((year, scenario, series, *np.quantile(total, [0.05, 0.5, 0.95])))
    return pd.DataFrame(rows, columns=["year", "scenario", "series", "p05", "p50", "p95"])


def cxmt_matrix(on: date) -> pd.DataFrame:
    """Return which controls reach CXMT on *on*, item by rule, with and without a listing."""
    found = reach_matrix(CXMT_ITEMS, CXMT_RULES, CXMT_FACTS, on, [("actual", False), ("letter-cxmt", True)])
    return found.assign(source_ids="fr_2024_28270;senators_letter_2025_02_03")


def tier2_caps() -> pd.DataFrame:
    """Return Tier-2 compute by country against the Diffusion cap.

    Columns: country, running, planned, authorised, older, cap, unit. Running and planned are what owners not
    headquartered in the US brought on line from 2025 on, or plan; authorised is what US-headquartered owners
    have or plan, under UVEU or NVEU; older predates 2025.
    """
    rows = tables.table("tier2_clusters")
    ours = rows["owner_class"] == "us_headquartered"
    parts = {
        "running": rows[~ours & (rows["window"] == "from_2025")],
        "planned": rows[~ours & (rows["window"] == "planned")],
        "authorised": rows[ours],
        "older": rows[~ours & rows["window"].isin(["before_2025", "undated"])],
    }
    frame = pd.DataFrame({name: part.groupby("country")["h100e"].sum() for name, part in parts.items()})
    frame = frame.fillna(0.0)
    shown = frame[frame["running"] + frame["planned"] + frame["authorised"] >= 1000].reset_index()
    return shown.assign(cap=CAP_H100E, unit="h100e", source_ids="epoch_clusters;fr_2025_00636")


def diverted_peers(year: str) -> pd.DataFrame:
    """Return published estimates of chips diverted in a year: label, low, mid, high, stance, source_ids."""
    facts = tables.table("diversion_estimates").set_index("fact_id")
    cards = tables.cards()
    rows = []
    for name, label in _PEERS.items():
        fact = facts.loc[name]
        if str(fact["period"])[:4] == year:
            source = str(fact["source_ids"]).split(";")[0]
            stance = cards[source].stance or ""
            rows.append((label, fact["low"], fact["mid"], fact["high"], stance, fact["source_ids"]))
    return pd.DataFrame(rows, columns=["label", "low", "mid", "high", "stance", "source_ids"])


def costs(run: Simulation, asks: Mapping[str, str], last: str) -> pd.DataFrame:
    """Return costs per ask: ask, cost, p05, p50, p95, unit, source_ids, modelled.

    *asks* gives each ask's scenario. Vendor revenue is the model's difference per draw, from 2025Q1 to
    *last*. The checking load sets one year's enforcement spend against the attempts stopped in a year. What
    tool makers sell to the PRC is what is at stake, not a loss. The rest is named and left blank.
    """
    rows = [_vendor_revenue(run, ask, scenario, last) for ask, scenario in asks.items()]
    rows += [*_checking_load(run, asks["kyc"], last), _tool_sales()]
    blank = (
        ("diffusion", "Sales above country caps"),
        ("cxmt", "US buyers' wait and prices"),
        ("h20", "US buyers' wait and prices"),
    )
    rows += [(ask, cost, np.nan, np.nan, np.nan, "usd", "judgement", False) for ask, cost in blank]
    return pd.DataFrame(rows, columns=["ask", "cost", "p05", "p50", "p95", "unit", "source_ids", "modelled"])


def _checking_load(run: Simulation, scenario: str, last: str) -> list[tuple[object, ...]]:
    """Return enforcement spend per chip stopped, and chips stopped per enforcement employee, a year each."""
    known = tables.table("enforcement_capacity").set_index("fact_id")["mid"].astype(float)
    span = (scenario, "blocked", "2026Q1", last, "diverted", "chips")
    years = (run.grid.index[last] - run.grid.index["2026Q1"] + 1) / 4
    stopped = (window_sum(run, *span) - window_sum(run, "actual", *span[1:])) / years
    dollars = np.quantile(known["cnas_ee_budget"] * 1e6 / np.maximum(stopped, 1.0), _ENDS)
    each = np.quantile(stopped / known["bis_ee"], _ENDS)
    return [
        (
            "kyc",
            "BIS enforcement spend",
            *dollars,
            "usd a chip",
            "cnas_full",
            True,
        ),
        ("kyc", "BIS staff, chips stopped each", *each, "a year", "heritage", True),
    ]


def _tool_sales() -> tuple[object, ...]:
    """Return what three US tool makers sold to all PRC buyers in a year; CXMT's part is not published."""
    known = tables.table("company_costs").set_index("fact_id")
    facts = known.loc[["amat_cn_fy2025", "lrcx_cn_fy2024", "kla_cn_fy2025"]]
    total = float(facts["mid"].sum()) * 1e9
    sources = ";".join(dict.fromkeys(";".join(facts["source_ids"]).split(";")))
    name = "PRC tool sales at stake"
    return "cxmt", name, np.nan, total, np.nan, "usd a year", sources, True


def _vendor_revenue(run: Simulation, ask: str, scenario: str, last: str) -> tuple[object, ...]:
    lost = window_sum(run, "actual", "revenue_usd", "2025Q1", last, "total", "usd") - window_sum(
        run, scenario, "revenue_usd", "2025Q1", last, "total", "usd"
    )
    ends = np.quantile(lost, _ENDS)
    return ask, "Vendor revenue forgone", *ends, "usd", ";".join(MODEL_SOURCES), True


def outcomes(run: Simulation, asks: Mapping[str, tuple[str, str]], last: str) -> pd.DataFrame:
    """Return the table of asks by outcome, each cell "median (5% to 95%)".

    *asks* gives a name and its scenarios, adopted on the letter's date and now. All are differences from
    *actual*: stocks at the end of *last*, the rest summed from 2025Q1 to *last*.
    """
    rows = {}
    for name, (then, now) in asks.items():
        rows[name] = {
            "PRC stock, adopted then (H100e)": _change(difference(run, then, "actual", "stock", last)),
            "PRC stock, adopted now (H100e)": _change(difference(run, now, "actual", "stock", last)),
            "PRC stock by bandwidth, then (H100e)": _change(
                difference(run, then, "actual", "stock", last, "total", "h100e_bandwidth")
            ),
            "lawful sales, then (H100e)": _change(_summed(run, then, "acquired", last, "legal", "h100e")),
            "diverted (estimated), then (H100e)": _change(
                _summed(run, then, "acquired", last, "diverted", "h100e")
            ),
            "made in the PRC, then (H100e)": _change(
                _summed(run, then, "acquired", last, "domestic", "h100e")
            ),
            "vendor revenue, then": _change(_summed(run, then, "revenue_usd", last, "total", "usd"), "usd"),
        }
    return pd.DataFrame(rows).T.rename_axis("ask")


def certainty(changes: Mapping[str, Array], inputs: Mapping[str, Array]) -> pd.DataFrame:
    """Return how sure each ask's change of PRC compute is, in words, by `confidence.RULE`; a row per ask.

    *changes* and *inputs* hold arrays of shape (draws,) of one run.
    """
    rows = {}
    for name, change in changes.items():
        lower, apart = float((change < 0).mean()), confidence.fold(change)
        draws = "every draw" if lower == 1 else f"{'over 99%' if lower > 0.995 else percent(lower)} of draws"
        rows[name] = {
            "lowers PRC compute": f"{confidence.likelihood(lower)} ({draws})",
            "ends of the 90% range": "zero is inside" if np.isinf(apart) else f"{about(apart)} times apart",
            "rests on inputs rated low": percent(confidence.low_evidence_share(change, inputs)),
            "confidence in the size": confidence.confidence(change, inputs),
        }
    return pd.DataFrame(rows).T.rename_axis("ask")


def _summed(
    run: Simulation, scenario: str, variable: str, last: str, channel: str, unit: str
) -> NDArray[np.float64]:
    """Return the change of a summed series from *actual*, 2025Q1 to *last*, shape (draws,)."""
    ours, theirs = (
        window_sum(run, name, variable, "2025Q1", last, channel, unit) for name in (scenario, "actual")
    )
    return ours - theirs


def _change(values: NDArray[np.float64], kind: str = "") -> str:
    """Return "median (5% to 95%)" in the house way."""
    low, middle, high = (compact(value, kind) for value in np.quantile(values, _ENDS))
    return f"{middle} ({low} to {high})"


def regime_rows(run: Simulation, scenarios: Sequence[str], quarter: str) -> pd.DataFrame:
    """Return each scenario's change of installed compute by PRC policy regime."""
    return effect_by_regime(run, scenarios, quarter)


def effect_rows(
    run: Simulation, scenarios: Sequence[str], quarter: str, channels: Sequence[str]
) -> pd.DataFrame:
    """Return each scenario's change of installed compute by channel.

    Columns: scenario, channel, p05 .. p95, prob_lower.
    """
    rows = []
    for name in scenarios:
        for channel in channels:
            change = difference(run, name, "actual", "stock", quarter, channel)
            rows.append((name, channel, *np.quantile(change, _LEVELS), float((change < 0).mean())))
    return pd.DataFrame(rows, columns=["scenario", "channel", *_NAMES, "prob_lower"])
