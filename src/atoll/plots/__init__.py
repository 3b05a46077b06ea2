"""Figures that reports, pages and notebooks share."""

from atoll.plots.business import InventoryValue, ResponseTime, draw_inventory, draw_response, inventory_and_response
from atoll.plots.stocking import FrontierPoint, StrategyBar, frontier, strategies
from atoll.plots.svg import to_svg, write_svg

__all__ = [
    "FrontierPoint",
    "InventoryValue",
    "ResponseTime",
    "StrategyBar",
    "draw_inventory",
    "draw_response",
    "frontier",
    "inventory_and_response",
    "strategies",
    "to_svg",
    "write_svg",
]
