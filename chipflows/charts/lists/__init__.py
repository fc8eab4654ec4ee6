"""Figures of the lists: how the Entity List grew."""

from chipflows.charts.lists.growth import additions, entity_list_growth

__all__ = ["additions", "entity_list_growth"]
