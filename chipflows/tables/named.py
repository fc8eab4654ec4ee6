"""One function per table, so that a reader can ask for `tables.chips()`; and chips by what people call them.

Every frame is checked against the codebook (data/tables/tables.yaml), which says what each column means.
"""

from __future__ import annotations

import re
from functools import lru_cache

import pandas as pd

from chipflows import paths
from chipflows.errors import InputError, did_you_mean
from chipflows.tables.load import table

__all__ = [
    "chip_aliases",
    "chip_flows_prc",
    "chip_flows_totals",
    "chip_id",
    "chips",
    "company_costs",
    "company_revenue_prc",
    "compute_published",
    "compute_stocks",
    "congress_levers",
    "country_groups",
    "cxmt_series",
    "demand_estimates",
    "diffusion_tiers",
    "disagreements",
    "diversion_cases",
    "diversion_estimates",
    "diversion_inputs",
    "enforcement_capacity",
    "epoch_cumulative_prc",
    "epoch_flows_prc",
    "h20_disclosures",
    "h20_fiscal_units",
    "hbm_supply",
    "history_checks",
    "huawei_production",
    "nvda_revenue_prc_billing",
    "nvda_revenue_prc_hq",
    "nveu_caps",
    "offshore_compute",
    "published_scenarios",
    "remote_access_facts",
    "shipping_segments",
    "smic_series",
    "tier2_clusters",
    "us_supply",
]


def chips() -> pd.DataFrame:
    """Return accelerators and memory items: one row per chip, units in column names."""
    return table("chips")


def chip_aliases() -> pd.DataFrame:
    """Return what people type for a chip: alias, chip_id."""
    return table("chip_aliases")


def chip_flows_prc() -> pd.DataFrame:
    """Return units sold to the PRC by chip and calendar quarter (p05, p50, p95): our corrected history."""
    return table("chip_flows_prc")


def chip_flows_totals() -> pd.DataFrame:
    """Return units sold to the PRC per chip over its whole history (p05, p50, p95), not a sum of quarters."""
    return table("chip_flows_totals")


def epoch_flows_prc() -> pd.DataFrame:
    """Return units and H100-equivalents sold to the PRC by chip and quarter, as Epoch AI prints them."""
    return table("epoch_flows_prc")


def epoch_cumulative_prc() -> pd.DataFrame:
    """Return NVIDIA compute sold to the PRC since 2022 by quarter, cumulative, as Epoch AI prints it."""
    return table("epoch_cumulative_prc")


def h20_fiscal_units() -> pd.DataFrame:
    """Return H20 units by NVIDIA fiscal quarter with its first and last day (Epoch AI medians)."""
    return table("h20_fiscal_units")


def h20_disclosures() -> pd.DataFrame:
    """Return what company filings say of the H20 and the MI308, in USD million."""
    return table("h20_disclosures")


def nvda_revenue_prc_billing() -> pd.DataFrame:
    """Return NVIDIA revenue billed to China including Hong Kong. Never join it to the headquarters series."""
    return table("nvda_revenue_prc_billing")


def nvda_revenue_prc_hq() -> pd.DataFrame:
    """Return NVIDIA revenue from customers headquartered in China. Never join it to the billing series."""
    return table("nvda_revenue_prc_hq")


def company_revenue_prc() -> pd.DataFrame:
    """Return revenue from China of other chip makers by fiscal year, in USD million."""
    return table("company_revenue_prc")


def company_costs() -> pd.DataFrame:
    """Return published figures on what rules cost US and allied firms."""
    return table("company_costs")


def compute_stocks() -> pd.DataFrame:
    """Return cumulative compute by owner or designer and quarter, as published."""
    return table("compute_stocks")


def compute_published() -> pd.DataFrame:
    """Return published ratios, forecasts and definitions of compute."""
    return table("compute_published")


def published_scenarios() -> pd.DataFrame:
    """Return peers' published inputs and outputs, to reproduce beside ours."""
    return table("published_scenarios")


def demand_estimates() -> pd.DataFrame:
    """Return published views of PRC spending on AI chips, orders and acquisitions."""
    return table("demand_estimates")


def diversion_inputs() -> pd.DataFrame:
    """Return the inputs of published models of diversion."""
    return table("diversion_inputs")


def diversion_estimates() -> pd.DataFrame:
    """Return published estimates of diverted chips."""
    return table("diversion_estimates")


def diversion_cases() -> pd.DataFrame:
    """Return documented cases with their stage at the source date; never to be added up."""
    return table("diversion_cases")


def remote_access_facts() -> pd.DataFrame:
    """Return lawful use of compute abroad; no violation alleged."""
    return table("remote_access_facts")


def enforcement_capacity() -> pd.DataFrame:
    """Return who enforces, with how many people and how much money, and the licensing load."""
    return table("enforcement_capacity")


def huawei_production() -> pd.DataFrame:
    """Return published figures on Huawei's and other PRC AI-chip output."""
    return table("huawei_production")


def smic_series() -> pd.DataFrame:
    """Return published figures on SMIC's 7nm-class wafers and yields."""
    return table("smic_series")


def hbm_supply() -> pd.DataFrame:
    """Return published figures on HBM stacks reaching the PRC."""
    return table("hbm_supply")


def cxmt_series() -> pd.DataFrame:
    """Return published figures on CXMT: capacity, yields, HBM, status."""
    return table("cxmt_series")


def congress_levers() -> pd.DataFrame:
    """Return what Congress can do without BIS, each bill or instrument mapped to the model's levers."""
    return table("congress_levers")


def tier2_clusters() -> pd.DataFrame:
    """Return large clusters in middle-tier countries by owner and window, beside the rule's caps."""
    return table("tier2_clusters")


def us_supply() -> pd.DataFrame:
    """Return facts on US availability and supply of chips."""
    return table("us_supply")


def offshore_compute() -> pd.DataFrame:
    """Return facts on compute outside the PRC owned or rented by PRC firms."""
    return table("offshore_compute")


def disagreements() -> pd.DataFrame:
    """Return where sources conflict: both values and what this project does."""
    return table("disagreements")


def country_groups() -> pd.DataFrame:
    """Return membership of the EAR's country groups: country, group, from, until (exclusive)."""
    return table("country_groups")


def diffusion_tiers() -> pd.DataFrame:
    """Return the destinations the Diffusion Rule names, by tier; those not named are tier 2."""
    return table("diffusion_tiers")


def nveu_caps() -> pd.DataFrame:
    """Return the stepped caps of national validated end users, TPP per company and country by quarter."""
    return table("nveu_caps")


def history_checks() -> pd.DataFrame:
    """Return what others observed, to hold the model's past against."""
    return table("history_checks")


def shipping_segments() -> pd.DataFrame:
    """Return shipments to the PRC between two dates at an even daily rate."""
    return table("shipping_segments")


def chip_id(name: str) -> str:
    """Return the chip id for what a person typed (h20, H20 96GB, rtx 5090d v2).

    Case, spaces, hyphens and underscores do not matter. Raises InputError with the nearest names.
    """
    names = _chip_names(str(paths.home()))
    found = names.get(_bare(name))
    if found is None:
        known = [*table("chips")["chip_id"], *table("chip_aliases")["alias"]]
        raise InputError(did_you_mean(name, known, "chip"))
    return found


@lru_cache(maxsize=2)
def _chip_names(_home: str) -> dict[str, str]:
    """Return chip ids by bare name: ids first, then aliases, then names as marketed. Cached per home."""
    frame, aliases = table("chips"), table("chip_aliases")
    names = {_bare(chip): str(chip) for chip in frame["chip_id"]}
    for alias, chip in zip(aliases["alias"], aliases["chip_id"], strict=True):
        names.setdefault(_bare(alias), str(chip))
    for name, chip in zip(frame["name"], frame["chip_id"], strict=True):
        names.setdefault(_bare(name), str(chip))
    return names


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", str(name).lower())
