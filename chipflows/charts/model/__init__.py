"""The figures of the whole flow model: channels, asks, combinations, drivers, peers, history, levers."""

from chipflows.charts.model.asks import metric_flip, regimes, shapley
from chipflows.charts.model.beside import history_check, peers
from chipflows.charts.model.channels import acquisitions
from chipflows.charts.model.combinations import combinations
from chipflows.charts.model.congress import congress_levers
from chipflows.charts.model.costs import costs
from chipflows.charts.model.cxmt import control_matrix, hbm_bottleneck
from chipflows.charts.model.discovery import box
from chipflows.charts.model.drivers import drivers, sobol, voi
from chipflows.charts.model.estimates import diverted_estimates
from chipflows.charts.model.matching import break_even
from chipflows.charts.model.parts import ask_name
from chipflows.charts.model.ratios import ratio, ratio_dots
from chipflows.charts.model.replay import replay
from chipflows.charts.model.tier2 import tier2_caps

__all__ = [
    "acquisitions",
    "ask_name",
    "box",
    "break_even",
    "combinations",
    "congress_levers",
    "control_matrix",
    "costs",
    "diverted_estimates",
    "drivers",
    "hbm_bottleneck",
    "history_check",
    "metric_flip",
    "peers",
    "ratio",
    "ratio_dots",
    "regimes",
    "replay",
    "shapley",
    "sobol",
    "tier2_caps",
    "voi",
]
