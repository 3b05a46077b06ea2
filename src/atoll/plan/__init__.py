"""From forecasts and positions to what should be bought and built."""

from atoll.plan.action import Action, ActionMessage, action_messages
from atoll.plan.forecast import ForecastConsumption, component_forecast, consume_forecast
from atoll.plan.level import BillsInACircle, items_by_level
from atoll.plan.netting import MaterialPlan, NettingProblem, plan_material, plan_with_rescheduling
from atoll.plan.replenishment import exploded, lot_size, replenish, replenish_levels

__all__ = [
    "Action",
    "ActionMessage",
    "BillsInACircle",
    "ForecastConsumption",
    "MaterialPlan",
    "NettingProblem",
    "action_messages",
    "component_forecast",
    "consume_forecast",
    "exploded",
    "items_by_level",
    "lot_size",
    "plan_material",
    "plan_with_rescheduling",
    "replenish",
    "replenish_levels",
]
