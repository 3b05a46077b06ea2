"""When can it be delivered, and what does that rest on? Available and capable to promise."""

from atoll.promise.atp import available_to_promise
from atoll.promise.availability import CANNOT_BE_SUPPLIED, Availability
from atoll.promise.problem import PromiseProblem
from atoll.promise.promises import Promises
from atoll.promise.promising import plan_build, promise
from atoll.promise.result import Binding, Cause, Peg, PlannedSupply, Promise
from atoll.promise.serving import earliest_days
from atoll.promise.serving import plan_build as plan_build_ahead
from atoll.promise.serving import promise as promise_lines
from atoll.promise.structure import Structure
from atoll.promise.wanted import AS_SOON_AS_POSSIBLE, Wanted, WantedLine
from atoll.schedule import Slot

__all__ = [
    "AS_SOON_AS_POSSIBLE",
    "CANNOT_BE_SUPPLIED",
    "Availability",
    "Binding",
    "Cause",
    "Peg",
    "PlannedSupply",
    "Promise",
    "PromiseProblem",
    "Promises",
    "Slot",
    "Structure",
    "Wanted",
    "WantedLine",
    "available_to_promise",
    "earliest_days",
    "plan_build",
    "plan_build_ahead",
    "promise",
    "promise_lines",
]
