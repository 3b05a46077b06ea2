"""When can it be delivered, and what does that rest on? Available and capable to promise."""

from atoll.promise.alternatives import (
    Expediting,
    Improvement,
    Lever,
    OtherOption,
    Overtime,
    Splitting,
    Substitution,
    improvements,
)
from atoll.promise.atp import available_to_promise
from atoll.promise.availability import CANNOT_BE_SUPPLIED, Availability
from atoll.promise.confidence import Confidence, Lateness, confidence
from atoll.promise.deliver import Split, promise_complete, splits
from atoll.promise.explain import Link, Step, explain
from atoll.promise.problem import PromiseProblem
from atoll.promise.promises import Promises
from atoll.promise.promising import plan_build, promise
from atoll.promise.remaining import after, withheld
from atoll.promise.result import Binding, Cause, Peg, PlannedSupply, Promise
from atoll.promise.serving import earliest_days, promise_each
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
    "Confidence",
    "Expediting",
    "Improvement",
    "Lateness",
    "Lever",
    "Link",
    "OtherOption",
    "Overtime",
    "Peg",
    "PlannedSupply",
    "Promise",
    "PromiseProblem",
    "Promises",
    "Slot",
    "Split",
    "Splitting",
    "Step",
    "Structure",
    "Substitution",
    "Wanted",
    "WantedLine",
    "after",
    "available_to_promise",
    "confidence",
    "earliest_days",
    "explain",
    "improvements",
    "plan_build",
    "plan_build_ahead",
    "promise",
    "promise_complete",
    "promise_each",
    "promise_lines",
    "splits",
    "withheld",
]
