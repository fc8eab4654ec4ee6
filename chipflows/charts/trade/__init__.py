"""The figures of trade: where revenue was billed, routes through hubs, mirror gaps, rises beside placebos."""

from chipflows.charts.trade.billing import nvda_billing
from chipflows.charts.trade.gaps import mirror_gap
from chipflows.charts.trade.hubs import hub_rises
from chipflows.charts.trade.legs import trade_routes

__all__ = ["hub_rises", "mirror_gap", "nvda_billing", "trade_routes"]
