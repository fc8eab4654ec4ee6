"""Figures of the lists: how the Entity List grew, and what a search of the lists finds."""

from chipflows.charts.lists.growth import additions, earlier_text, entity_list_growth
from chipflows.charts.lists.screening import case_audit, kyc_catch, screening_accuracy

__all__ = ["additions", "case_audit", "earlier_text", "entity_list_growth", "kyc_catch", "screening_accuracy"]
