"""When can it be delivered, and what does that rest on? Available and capable to promise."""

from atoll.promise.atp import available_to_promise
from atoll.promise.clear_to_build import Purchase, Release, Shortages, best_purchase, releasing_most, shortages
from atoll.promise.kit_choice import Goal, optimised_kits
from atoll.promise.kitting import Kits, KitStatus, ServeBy, WaitingOrders, all_or_nothing_kits, line_by_line_kits
from atoll.promise.problem import CANNOT_BE_SUPPLIED, PromiseProblem
from atoll.promise.promising import plan_build, promise
from atoll.promise.result import Binding, Cause, Peg, PlannedSupply, Promise
from atoll.schedule import Slot

__all__ = [
    "CANNOT_BE_SUPPLIED",
    "Binding",
    "Cause",
    "Goal",
    "KitStatus",
    "Kits",
    "Peg",
    "PlannedSupply",
    "Promise",
    "PromiseProblem",
    "Purchase",
    "Release",
    "ServeBy",
    "Shortages",
    "Slot",
    "WaitingOrders",
    "all_or_nothing_kits",
    "available_to_promise",
    "best_purchase",
    "line_by_line_kits",
    "optimised_kits",
    "plan_build",
    "promise",
    "releasing_most",
    "shortages",
]
