"""What our engine says for each of peers' published numbers: their inputs re-run, or the model's draws."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipflows import law, tables
from chipflows.flows import Simulation, peer_models, peers, window_sum
from chipflows.flows.history import fiscal_to_calendar, h100e, log_sd, ratio90, units_from_revenue
from chipflows.tables.assumptions import load_assumptions

__all__ = ["added_ratio", "ours"]

Array = NDArray[np.float64]
Ours = dict[str, Array | float]
_TPP_STEP = 50_000  # every quantity of the Diffusion Rule is a multiple


def ours(run: Simulation) -> Ours:
    """Return our draws, or single values, by check."""
    return {
        **_cnas(),
        **_epoch(),
        **_diffusion(),
        **_arithmetic(),
        **_of_model(run),
        **_of_scenarios(run),
    }


def _cnas() -> Ours:
    drawn = peers.cnas_2024(2**18)
    mixture = drawn["mixture"]
    low, high = peers.cnas_quantiles(mixture, (0.025, 0.95))
    order = peers.cnas_total_order(2**12)
    names = {
        "monthly": "chips_per_vendor_month",
        "pathway": "pathway",
        "vendors": "vendors",
        "fronts": "fronts",
        "orders": "chips_per_front_year",
        "fraction": "diverted_share",
    }
    return {
        "cnas_median": float(np.median(mixture)),
        "cnas_lower": float(low),
        "cnas_upper": float(high),
        **{f"cnas_{name}": peers.cnas_quantiles(drawn[name], tuple(peers.CNAS_EXACT)) for name in drawn},
        "cnas_likely": float((mixture > 100_000).mean()),
        "cnas_2023_more": float((mixture > 12_500).mean()),
        **{f"cnas_sobol_{short}": order[name] for short, name in names.items()},
        "cnas_dies_low": peers.packages_from_dies(2e6),
        "cnas_dies_high": peers.packages_from_dies(3e6),
        "cnas_break_even": peers.break_even_chips(313e6, 191e6, 29_000),
        "cnas_2023": sqrt(1_600 * 200_000),
    }


def _epoch() -> Ours:
    fiscal = tables.h20_fiscal_units()
    calendar = fiscal_to_calendar(fiscal)
    known = fiscal.set_index("fiscal_quarter")
    hardware, price = sqrt(0.96 * 0.99), sqrt(10_000 * 15_000)
    h20, h800 = (ratio90(log_sd(*ends), log_sd(0.96, 0.99)) for ends in ((10e3, 15e3), (25e3, 35e3)))
    free, tied = (peer_models.epoch_totals("h100e", correlated=correlated) for correlated in (False, True))
    flows = tables.epoch_flows_prc().merge(tables.chips()[["chip_id", "dense_8bit_tops"]], on="chip_id")
    total = float(fiscal["units_p50"].sum())
    found: Ours = {
        "epoch_h20_h100e": h100e(138_719, 296),
        **{f"epoch_h20_{str(quarter).lower()}": float(units) for quarter, units in calendar.items()},
        "epoch_h20_ratio": np.array([h20[0], 1.0, h20[1]]),
        "epoch_h800_ratio": np.array([h800[0], 1.0, h800[1]]),
        "epoch_units": peer_models.epoch_totals(),
        "epoch_h100e_free": free,
        "epoch_h100e_tied": tied,
        "epoch_wider": peer_models.wider_by(free, tied),
        "epoch_legal_units": float(np.sum(h100e(1.0, 1.0) * flows["units_p50"] * flows["dense_8bit_tops"])),
        "epoch_h20_total": total * np.array([h20[0], 1.0, h20[1]]),
        "epoch_meta": peer_models.compute_users(),
    }
    for quarter in ("FY2025Q1", "FY2025Q2", "FY2025Q3"):
        revenue, share = (float(str(known.at[quarter, n])) for n in ("compute_revenue_usd_bn", "h20_share"))
        found[f"epoch_h20_{quarter.lower()}"] = units_from_revenue(revenue * 1e9, share, hardware, price)
    return found


def _diffusion() -> Ours:
    """Return quantities of 90 FR 4544 in H100, and the limits at which our rule engine changes its answer."""
    h100 = peer_models.h100_of_tpp
    us = {"party_hq": "US", "is_data_center_veu": True}
    india = {"party_hq": "IN", "is_data_center_veu": True}
    shares = {"share_outside_supp5a_pct": 0.0, "largest_country_share_pct": 0.0, "share_outside_us_pct": 0.0}
    asked = {
        "bis_uveu_outside": "share_outside_supp5a_pct",
        "bis_uveu_country": "largest_country_share_pct",
        "bis_uveu_abroad": "share_outside_us_pct",
    }

    def uveu_at(part: str) -> Callable[[float], bool]:
        return lambda percent: "UVEU" in _exceptions(**us, **{**shares, part: percent})

    def nveu_on(day: str) -> Callable[[float], bool]:
        return lambda tpp: "NVEU" in _exceptions(on=day, **india, nveu_installed_tpp=tpp)

    found: Ours = {name: _highest(uveu_at(part), 100) / 100 for name, part in asked.items()}
    for name, day in (("bis_nveu_first", "2025-02-15"), ("bis_nveu_last", "2027-11-15")):
        found[name] = _highest_tpp(nveu_on(day))
    return {
        **found,
        "bis_lpp_edge": _highest_tpp(lambda tpp: "LPP" in _exceptions(consignee_year_tpp=tpp)),
        "bis_allocation": _highest_tpp(
            lambda tpp: _decided(country_licensed_tpp=tpp).review_policy == "presumption of approval"
        ),
        "bis_country": h100(790e6),
        "bis_country_double": h100(2 * 790e6),
        "bis_lpp": h100(26.9e6),
        "bis_nveu": h100(5064e6),
        "bis_nveu_ratio": 5064 / 790,
        "bis_aia": h100(253e6),
        "bis_notice": h100(3.2e6),
    }


def _decided(on: str = "2025-06-01", **case: Any) -> law.Decision:
    return law.decide("b200", "MY", on, "letter-diffusion", **case)


def _exceptions(**case: Any) -> tuple[str, ...]:
    return tuple(_decided(**case).exceptions)


def _highest_tpp(accepted: Callable[[float], bool]) -> float:
    return _TPP_STEP * _highest(lambda steps: accepted(_TPP_STEP * steps), 2**18)


def _highest(accepted: Callable[[float], bool], top: int) -> int:
    """Return the highest whole number from 0 to *top* that is accepted, by bisection."""
    low, high = 0, top + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if accepted(float(middle)) else (low, middle)
    return low


def _arithmetic() -> Ours:
    return {
        "hbm_910c": peers.hbm_limited_packages(13e6),
        "semi_samsung": peers.hbm_limited_packages(11.4e6),
        "semi_dies": peers.packages_from_dies(2.9e6),
        "ifp_b300": 15_000 * 4.0,
        "ifp_b30a": 15_000 * 4.0 / 2,
        "ifp_b30a_h20": 30_000 / 2_368,
        "ifp_b30a_floor": 30_000 / 1_600,
        "cfr_best": 60_000 / 12_032,
        "ifp_910c_h200": 12_032 / 15_840,
        "aif_2027_rule": peer_models.grown_stock(100_000, 2.4, 2),
    }


def _of_model(run: Simulation) -> Ours:
    """Return the model's ``actual`` where a peer's number is held beside it."""
    at = run.grid.index

    def end(variable: str, channel: str, quarter: str, unit: str = "h100e") -> Array:
        return np.asarray(run.series("actual", variable, channel, unit)[at[quarter]].astype(np.float64))

    def year(variable: str, channel: str, of: int, unit: str = "h100e") -> Array:
        return window_sum(run, "actual", variable, f"{of}Q1", f"{of}Q4", channel, unit)

    def share(channel: str, of: int, unit: str = "h100e") -> Array:
        return np.asarray(year("acquired", channel, of, unit) / year("acquired", "total", of, unit))

    stock = end("stock", "total", "2025Q4")
    h20 = run.series("actual", "acquired", "legal", "chips", "h20_96")[: at["2025Q4"] + 1]
    legal = ("2022Q4", "2023Q4", "2024Q4", "2025Q1", "2025Q2", "2025Q4")
    return {
        **{f"epoch_legal_{quarter.lower()}": end("cumulative", "legal", quarter) for quarter in legal},
        "epoch_h20_model": h20.sum(axis=0, dtype=np.float64),
        "epoch_diverted": end("cumulative", "diverted", "2025Q4"),
        "epoch_diverted_share": end("cumulative", "diverted", "2025Q4")
        / end("cumulative", "total", "2025Q4"),
        "epoch_prc_total": end("cumulative", "total", "2025Q4"),
        "cnas_inference": share("diverted", 2024, "h100e_bandwidth"),
        "cnas_training": share("diverted", 2024),
        "semi_2025": year("acquired", "domestic", 2025, "chips"),
        "semi_2026": year("packages_by_stacks", "domestic", 2026, "chips"),
        "bloomberg_2026": year("acquired", "domestic", 2026, "chips"),
        "bloomberg_dies": year("dies_used", "domestic", 2026, "dies"),
        "bis_2025": year("acquired", "domestic", 2025, "chips"),
        "stacks_balance": _most_used(run),
        **{f"semi_smic_{of}": _smic_wafers(of + 1) for of in (2025, 2026, 2027)},
        "substrate_2026": year("acquired", "total", 2026),
        "substrate_legal": year("acquired", "legal", 2026),
        "substrate_diverted": year("acquired", "diverted", 2026),
        "substrate_legal_share": share("legal", 2026),
        "substrate_domestic_share": share("domestic", 2026),
        "aif_2025": stock,
        "aif_2025_doc": stock,
        "policy_sim_2025": stock,
        "aif_2027": end("stock", "total", "2027Q4"),
        "draft_ratio_2026": end("us_prc_ratio", "total", "2026Q4", "ratio"),
    }


def _most_used(run: Simulation) -> float:
    """Return the largest ratio, over draws and quarters, of stacks used so far to stacks that arrived."""
    used, arrived = (
        np.cumsum(run.series("actual", name, "domestic", "stacks"), axis=0, dtype=np.float64)
        for name in ("hbm_stacks_used", "hbm_stacks_in")
    )
    return float((used / np.maximum(arrived, 1.0)).max())


def _smic_wafers(year: int) -> Array:
    """Return the model's path of 7nm-class wafers a month at the start of *year*, and its 90% range."""
    known = load_assumptions()
    low, high = known.uncertain["smic_wafers"].range()
    return known.profiles["smic_wafers_per_month"].at[float(year)] * np.array([low, sqrt(low * high), high])


def _of_scenarios(run: Simulation) -> Ours:
    """Return US over PRC compute added in a year for the scenarios that the run holds."""
    none = added_ratio(run, "actual", 2026)
    found: Ours = {"ifp_none": none, "ifp_hopper_none": none}
    asked = {"ifp_b30a_exported": ("b30a-open", 2027), "ifp_hopper_sold": ("h200-open", 2027)}
    asked["ifp_worst"] = ("no-controls", 2026)
    return found | {name: added_ratio(run, *of) for name, of in asked.items() if of[0] in run.scenarios}


def added_ratio(run: Simulation, scenario: str, year: int) -> Array:
    """Return compute the US adds in *year* over what the PRC acquires in it, by draw, shape (draws,).

    H100e; the US net of what is retired. IFP prints such ratios for new compute of 2026.
    """
    us = run.series(scenario, "stock", "us").astype(np.float64)
    last = run.grid.index[f"{year}Q4"]
    prc = window_sum(run, scenario, "acquired", f"{year}Q1", f"{year}Q4", "total", "h100e")
    return np.asarray((us[last] - us[last - 4]) / prc)
