"""How sure dates are: what promises rest on, down through the builds that wait for it, and how late that may come."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from atoll.promise import CANNOT_BE_SUPPLIED, Confidence, Lateness, OpenBuild, Promises, confidence, standing_confidence
from atoll_web.bulk import exchange
from atoll_web.catalogue.snapshot import calendar
from atoll_web.purchasing.models import SupplierItem
from atoll_web.purchasing.snapshot import Punctuality, punctuality
from atoll_web.sales import states
from atoll_web.sales.models import OrderLine, Promise
from atoll_web.sales.snapshot import Master, PromiseSnapshot, master
from atoll_web.stock.models import Requirement
from atoll_web.words import in_words

LEVELS = (0.5, 0.8, 0.95)
"""Probabilities for which a date is told."""

UNSURE = 0.5
"""A date that is less probable than this is told with a warning."""

RESTS = """
WITH RECURSIVE rest (build, supply) AS (
    SELECT 0::bigint, pegged.id FROM unnest(%s::bigint[]) pegged (id)
    UNION
    SELECT rest.supply, a.supply_id FROM rest JOIN stock_demand d ON d.builds_id = rest.supply
    JOIN stock_requirement r ON r.demand_id = d.id JOIN stock_allocation a ON a.requirement_id = r.id
)
SELECT rest.build, s.id, s.item_id, s.kind = 'planned', s.due, CASE s.kind
    WHEN 'purchase' THEN (
        SELECT o.supplier_id FROM purchasing_purchaseorderline l JOIN purchasing_purchaseorder o ON o.id = l.order_id
        WHERE l.supply_id = s.id
    )
    WHEN 'planned' THEN (
        SELECT b.supplier_id FROM purchasing_supplieritem b
        WHERE b.item_id = s.item_id AND b.preferred AND NOT EXISTS (SELECT 1 FROM stock_demand d WHERE d.builds_id = s.id)
    )
END
FROM rest JOIN stock_supply s ON s.id = rest.supply
"""
"""Supplies, and what the builds among them wait for at any depth: each with the build that takes it, and with the supplier of
what comes from one.
"""


@dataclass(frozen=True, slots=True)
class Sureness:
    """How sure a date is.

    Parameters
    ----------
    of_date
        The probability that the line has shipped by its date.
    dates
        By probability, the first day by which it has shipped so surely; None where the calendar ends before.
    """

    of_date: float
    dates: Mapping[float, date | None]

    @property
    def warning(self) -> str:
        """What is to be known before somebody relies on the date; empty where it is rather kept than not."""
        if self.of_date >= UNSURE:
            return ""
        surest = max(LEVELS)
        day = self.dates[surest]
        later = f"{surest:.0%} sure is {in_words(day)}" if day else f"no day of the planned calendar is {surest:.0%} sure"
        return f"This date is only {self.of_date:.0%} sure, as what it rests on may be late; {later}."

    def as_dict(self) -> dict[str, Any]:
        """As documents tell it."""
        dates = [{"probability": level, "ship_date": day} for level, day in self.dates.items()]
        return {"confidence": self.of_date, "sure_dates": dates, "warning": self.warning}

    @classmethod
    def of(cls, found: Confidence, today: date) -> "Sureness":
        """In dates; a line that ships after the planned calendar is not sure at all."""
        days = {level: found.day(level) for level in LEVELS}
        dates = {level: None if day == CANNOT_BE_SUPPLIED else today + timedelta(days=day) for level, day in days.items()}
        return cls(float(found.probability[0]) if len(found.probability) else 0.0, dates)


@dataclass(frozen=True, slots=True)
class _Rests:
    """What supplies rest on, by their keys: the days from today on which they come, and what builds wait for."""

    arrivals: Mapping[int, Lateness]
    builds: Mapping[int, OpenBuild]


def _rests(supplies: Iterable[int], there: Master, punctual: Punctuality) -> _Rests:
    """Follow supplies of these keys down to suppliers, in one statement; what comes from none is certain."""
    (rows,) = exchange([(RESTS, [list(supplies)])])
    items, item_of = there.items, {supply: item for _, supply, item, *_ in rows}
    arrivals, parts = {}, defaultdict[int, list[int]](list)
    for build, supply, item, is_planned, due, supplier in rows:
        if build:
            parts[build].append(supply)
        if supplier is not None:
            at, day = items.at[item], (due - there.today).days
            if is_planned:  # nobody has ordered it yet: it comes as if it were ordered now, or later
                day = max(day, there.order_day + int(items.lead_days[at] - items.margin_days[at]))
                arrivals[supply] = punctual.of(supplier, item).from_day(day)
            else:
                arrivals[supply] = punctual.arrival(supplier, item, day)
    days = {build: int(items.build_days[items.at[item_of[build]]]) for build in parts}
    coming = np.flatnonzero(there.working)
    for build, build_days in days.items():  # it has not begun, or it would wait for nothing
        arrivals[build] = Lateness(coming[[min(build_days, len(coming) - 1)]], np.ones(1))
    builds = {build: OpenBuild(days[build], components) for build, components in parts.items()}
    return _Rests(arrivals, builds)


class Surenesses:
    """How sure the dates of a basket are."""

    def __init__(self, seen: PromiseSnapshot, answer: Promises, there: Master) -> None:
        self.seen, self.answer = seen, answer
        punctual = punctuality()
        places = np.unique(answer.peg_supply).tolist()
        place_of = {seen.supplies[place].supply_id: place for place in places}
        rests = _rests(place_of, there, punctual)

        def key(supply: int) -> int:
            """Its position, or a key that no position has."""
            return place_of.get(supply, -supply)

        self.supplies = {key(supply): arrival for supply, arrival in rests.arrivals.items()}
        self.builds = {
            key(supply): OpenBuild(build.build_days, [key(part) for part in build.supplies])
            for supply, build in rests.builds.items()
        }
        bought = {place: seen.items.ids[place] for place in np.unique(answer.plan_item[~answer.plan_is_build]).tolist()}
        rows = SupplierItem.objects.filter(preferred=True, item__in=[*bought.values()]).values_list("item_id", "supplier_id")
        of_item = dict(rows) if bought else {}
        self.purchases = {
            place: punctual.of(of_item[item], item).from_day(-int(seen.items.margin_days[place]))
            for place, item in bought.items()
        }

    def of(self, k: int) -> Sureness:
        """Of a line's date, against the margins that are in it."""
        found = confidence(self.seen.availability, self.answer, k, self.supplies, self.purchases, self.builds)
        return Sureness.of(found, self.seen.today)


def sureness(*, line: OrderLine, today: date) -> Sureness | None:
    """How sure the date of a line is by what it is pegged on today; None once its assembly begins, or without a promise.

    What is short at the moment comes on no known day.
    """
    promise = Promise.objects.filter(line=line, in_force=True).first()
    if promise is None or line.state not in states.HOLDING:
        return None
    there, needs = master(today), defaultdict[tuple[int, int], int](int)
    fields = ("id", "quantity", "allocations__supply", "allocations__quantity")
    pegs = list(Requirement.objects.filter(demand=line.demand_id).values_list(*fields))
    for requirement, quantity, _, units in pegs:
        needs[requirement, quantity] += units or 0
    if any(held < quantity for (_, quantity), held in needs.items()):
        return Sureness(0.0, dict.fromkeys(LEVELS))
    supplies = {supply for _, _, supply, _ in pegs}
    rests = _rests(supplies, there, punctuality())
    ships, begins = (day.days for day in (promise.ship_date - today, promise.need_date - today))
    found = standing_confidence(_working_days(there, begins), ships, begins, supplies, rests.arrivals, rests.builds)
    return Sureness.of(found, today)


def _working_days(there: Master, first: int) -> np.ndarray:
    """Working days of the planned calendar, counted from today; from an earlier day on where one is given."""
    coming = np.flatnonzero(there.working)
    if first >= 0:
        return coming
    days = calendar()
    over = [day for day in range(first, 0) if days.works(there.today + timedelta(days=day))]
    return np.concatenate((np.array(over, dtype=np.int64), coming))
