"""The stock-flow model of chips and compute reaching the PRC, and the questions asked of it."""

from chipflows.flows.compare import compare, difference, window_sum
from chipflows.flows.simulate import Simulation, simulate

__all__ = ["Simulation", "compare", "difference", "simulate", "window_sum"]
