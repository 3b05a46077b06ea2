"""Figures that reports, pages and notebooks share."""

from atoll.plots.business import InventoryValue, ResponseTime, draw_inventory, draw_response, inventory_and_response
from atoll.plots.policies import draw_level_changes, draw_response_distribution, level_changes, response_distribution
from atoll.plots.stocking import FrontierPoint, StrategyBar, draw_frontier, frontier, strategies
from atoll.plots.svg import to_svg, write_svg

__all__ = [
    "FrontierPoint",
    "InventoryValue",
    "ResponseTime",
    "StrategyBar",
    "draw_frontier",
    "draw_inventory",
    "draw_level_changes",
    "draw_response",
    "draw_response_distribution",
    "frontier",
    "inventory_and_response",
    "level_changes",
    "response_distribution",
    "strategies",
    "to_svg",
    "write_svg",
]
