"""When can it be delivered, and what does that rest on? Available and capable to promise."""

from atoll.promise.allotment import Allotment, Share, withheld
from atoll.promise.alternatives import (
    Expediting,
    ExpressPurchase,
    Improvement,
    Lever,
    OtherOption,
    Overtime,
    Pulled,
    Splitting,
    Substitution,
    Together,
    applied,
    delivery_improvements,
    improvements,
    needed,
    overtime_taken,
    pulled,
)
from atoll.promise.atp import available_to_promise
from atoll.promise.availability import Availability
from atoll.promise.booking import Booking, booked
from atoll.promise.clear_to_build import Builds, Purchase, Release, Shortages, best_purchase, releasing_most, shortages
from atoll.promise.confidence import (
    Confidence,
    Lateness,
    OpenBuild,
    confidence,
    later_than,
    learned_lateness,
    standing_confidence,
    stated_lateness,
)
from atoll.promise.deliver import Part, Split, in_turn, largest_part, promise_complete, splits
from atoll.promise.explain import Link, Step, explain
from atoll.promise.holdings import Holdings, Terms
from atoll.promise.kit_choice import Goal, optimised_kits
from atoll.promise.kit_exchange import KitLimits, Pegging, exchanged, kit_limits
from atoll.promise.kitting import Kits, KitStatus, ServeBy, WaitingOrders, all_or_nothing_kits, line_by_line_kits
from atoll.promise.lateness_bound import LatenessBound, lateness_bound
from atoll.promise.promises import Promises
from atoll.promise.remaining import after
from atoll.promise.repromising import Policy, Repromise, leave, repromise, rush
from atoll.promise.result import Binding, Cause, Peg, PlannedSupply, Promise
from atoll.promise.serving import earliest_days, material_days, plan_build, promise, promise_each
from atoll.promise.structure import Bill, Structure
from atoll.promise.tables import CANNOT_BE_SUPPLIED, LAST_DAY, MOST_UNITS
from atoll.promise.wanted import AS_SOON_AS_POSSIBLE, Wanted, WantedLine
from atoll.schedule import Slot

__all__ = [
    "AS_SOON_AS_POSSIBLE",
    "CANNOT_BE_SUPPLIED",
    "LAST_DAY",
    "MOST_UNITS",
    "Allotment",
    "Availability",
    "Bill",
    "Binding",
    "Booking",
    "Builds",
    "Cause",
    "Confidence",
    "Expediting",
    "ExpressPurchase",
    "Goal",
    "Holdings",
    "Improvement",
    "KitLimits",
    "KitStatus",
    "Kits",
    "Lateness",
    "LatenessBound",
    "Lever",
    "Link",
    "OpenBuild",
    "OtherOption",
    "Overtime",
    "Part",
    "Peg",
    "Pegging",
    "PlannedSupply",
    "Policy",
    "Promise",
    "Promises",
    "Pulled",
    "Purchase",
    "Release",
    "Repromise",
    "ServeBy",
    "Share",
    "Shortages",
    "Slot",
    "Split",
    "Splitting",
    "Step",
    "Structure",
    "Substitution",
    "Terms",
    "Together",
    "WaitingOrders",
    "Wanted",
    "WantedLine",
    "after",
    "all_or_nothing_kits",
    "applied",
    "available_to_promise",
    "best_purchase",
    "booked",
    "confidence",
    "delivery_improvements",
    "earliest_days",
    "exchanged",
    "explain",
    "improvements",
    "in_turn",
    "kit_limits",
    "largest_part",
    "lateness_bound",
    "later_than",
    "learned_lateness",
    "leave",
    "line_by_line_kits",
    "material_days",
    "needed",
    "optimised_kits",
    "overtime_taken",
    "plan_build",
    "promise",
    "promise_complete",
    "promise_each",
    "pulled",
    "releasing_most",
    "repromise",
    "rush",
    "shortages",
    "splits",
    "standing_confidence",
    "stated_lateness",
    "withheld",
]
