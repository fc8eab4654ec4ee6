"""Running notebooks: parameters checked first, papermill in a process of its own, one report at the end."""

from __future__ import annotations

from chipflows.runs.report import Finished, make_figures, make_report

__all__ = ["Finished", "make_figures", "make_report"]
