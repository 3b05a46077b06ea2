"""Availabilities and order lines for the tests: small ones by hand, and random ones."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from atoll.promise import Availability, WantedLine

ITEMS = 6
WEEKS = np.array([day % 7 < 5 for day in range(140)])


def integers(values: object) -> np.ndarray:
    """An int64 array."""
    return np.array(values, dtype=np.int64)


def availability(supplies: list[tuple[int, int, int]], *, leads: list[int], **fields: object) -> Availability:
    """Supplies as (item, day, free units); capacity as (line, day, free minutes), 100 on each working day unless given."""
    given = fields.pop("capacity", [(0, day, 100) for day in range(1, 100) if WEEKS[day]])
    line, day, free = integers(sorted(given, key=lambda row: row[1])).reshape(-1, 3).T
    item, there, units = integers(supplies).reshape(-1, 3).T
    return Availability(
        supply_item=item,
        supply_day=there,
        supply_free=units,
        lead_days=integers(leads),
        capacity_line=line,
        capacity_day=day,
        capacity_free=free,
        **{"build_days": np.ones(len(leads), dtype=np.int64), "working": WEEKS, "earliest_day": 1, **fields},
    )


@st.composite
def bills(draw: st.DrawFn, most_levels: int = 3) -> dict[int, tuple[tuple[int, int], ...]]:
    """Bills of the first items, of any items behind each: components are shared and reached at several levels."""
    made = {}
    for item in range(draw(st.integers(0, most_levels))):
        components = draw(st.lists(st.integers(item + 1, ITEMS - 1), min_size=1, max_size=3, unique=True))
        made[item] = tuple((component, draw(st.integers(1, 2))) for component in components)
    return made


@st.composite
def alternates(draw: st.DrawFn, made: dict[int, tuple[tuple[int, int], ...]]) -> dict[tuple[int, int], list[int]]:
    """For some components one or two other items that are behind the parent too."""
    found = {}
    for item, bill in made.items():
        for component, _ in bill:
            others = [other for other in range(item + 1, ITEMS) if other != component]
            if others and draw(st.integers(0, 3)) == 0:
                found[item, component] = draw(st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True))
    return found


@st.composite
def availabilities(draw: st.DrawFn, days: int = 12, most_free: int = 3, with_alternates: bool = True) -> Availability:
    """Anything, empty calendars and lines without time included."""
    of_items = draw(bills())
    supply = st.tuples(st.integers(0, ITEMS - 1), st.integers(0, days), st.integers(0, most_free))
    time = st.tuples(st.integers(0, 2), st.integers(1, days), st.integers(0, 60))
    return availability(
        draw(st.lists(supply, max_size=7)),
        leads=draw(st.lists(st.integers(-1, days), min_size=ITEMS, max_size=ITEMS)),
        capacity=draw(st.lists(time, max_size=10, unique_by=lambda row: row[:2])),
        bills=of_items,
        alternates=draw(alternates(of_items)) if with_alternates and draw(st.booleans()) else {},
        build_days=integers(draw(st.lists(st.integers(0, 2), min_size=ITEMS, max_size=ITEMS))),
        working=np.array(draw(st.lists(st.sampled_from([True, True, False]), max_size=days)), dtype=np.bool_),
        earliest_day=draw(st.integers(0, 2)),
        shipping_days=draw(st.integers(0, 1)),
        near_days=draw(st.sampled_from([0, 3, 100])),
        slack_days=draw(st.sampled_from([0, 2, 28])),
        left_units=draw(st.none() | st.lists(st.integers(0, 4), min_size=ITEMS, max_size=ITEMS).map(integers)),
    )


@st.composite
def wanted_lines(draw: st.DrawFn, most_units: int = 2, with_alternatives: bool = True) -> WantedLine:
    """A line with up to three requirements."""
    requirements = draw(st.dictionaries(st.integers(0, ITEMS - 1), st.integers(1, most_units), max_size=3))
    others = st.lists(st.integers(0, ITEMS - 1), max_size=2)
    return WantedLine(
        requirements,
        minutes=draw(st.sampled_from([0, 30, 100])),
        lines=draw(st.lists(st.integers(0, 3), max_size=3, unique=True)),
        requested_day=draw(st.integers(-1, 14)),
        alternatives={item: tuple(draw(others)) for item in requirements if with_alternatives and draw(st.booleans())},
    )


def units(a: Availability, requirements: dict[int, int]) -> int:
    """Units of all items that a line can require through all levels."""

    def below(item: int) -> int:
        return 1 + sum(
            per * max(below(part) for part in (component, *a.alternates.get((item, component), ())))
            for component, per in a.bills.get(item, ())
        )

    return sum(quantity * below(item) for item, quantity in requirements.items())


def assume_few_units(a: Availability, line: WantedLine, most: int) -> None:
    """Leave out what the oracle would take too long for."""
    assume(
        sum(
            max(units(a, {taken: quantity}) for taken in (item, *line.alternatives.get(item, ())))
            for item, quantity in line.requirements.items()
        )
        <= most
    )
