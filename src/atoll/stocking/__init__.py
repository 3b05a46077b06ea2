"""How much of what to stock."""

from atoll.stocking.base_stock import base_stock_levels

__all__ = ["base_stock_levels"]
