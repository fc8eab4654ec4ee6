"""Figures of the lists: how the Entity List grew, what a search finds, and what would follow from that."""

from chipflows.charts.lists.effect import kyc_effect
from chipflows.charts.lists.growth import additions, earlier_text, entity_list_growth
from chipflows.charts.lists.screening import case_audit, kyc_catch, screening_accuracy

__all__ = [
    "additions",
    "case_audit",
    "earlier_text",
    "entity_list_growth",
    "kyc_catch",
    "kyc_effect",
    "screening_accuracy",
]
