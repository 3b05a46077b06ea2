"""Figures that reports, pages and notebooks share."""

from atoll.plots.business import InventoryValue, ResponseTime, draw_inventory, draw_response, inventory_and_response
from atoll.plots.svg import to_svg, write_svg

__all__ = [
    "InventoryValue",
    "ResponseTime",
    "draw_inventory",
    "draw_response",
    "inventory_and_response",
    "to_svg",
    "write_svg",
]
