"""When can it be delivered, and what does that rest on? Available and capable to promise."""

from atoll.promise.atp import available_to_promise
from atoll.promise.problem import CANNOT_BE_SUPPLIED, PromiseProblem
from atoll.promise.promising import plan_build, promise
from atoll.promise.result import Binding, Cause, Peg, PlannedSupply, Promise
from atoll.schedule import Slot

__all__ = [
    "CANNOT_BE_SUPPLIED",
    "Binding",
    "Cause",
    "Peg",
    "PlannedSupply",
    "Promise",
    "PromiseProblem",
    "Slot",
    "available_to_promise",
    "plan_build",
    "promise",
]
