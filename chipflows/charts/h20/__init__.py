"""The figures of notebook 20-h20: what the rules caught, what flowed, what it cost."""

from chipflows.charts.h20.chips import h20_two_metrics
from chipflows.charts.h20.cost import h20_cost
from chipflows.charts.h20.flows import h20_flows, letter_window
from chipflows.charts.h20.history import h20_history_vs_epoch, rules_over_flows
from chipflows.charts.h20.thresholds import chip_thresholds

__all__ = [
    "chip_thresholds",
    "h20_cost",
    "h20_flows",
    "h20_history_vs_epoch",
    "h20_two_metrics",
    "letter_window",
    "rules_over_flows",
]
