"""How much of what to stock."""

from atoll.stocking.base_stock import base_stock_levels, item_fill_rate

__all__ = ["base_stock_levels", "item_fill_rate"]
