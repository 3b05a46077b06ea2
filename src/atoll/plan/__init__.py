"""From forecasts and positions to what should be bought and built."""

from atoll.plan.replenishment import BillsInACircle, exploded, replenish, replenish_levels

__all__ = ["BillsInACircle", "exploded", "replenish", "replenish_levels"]
