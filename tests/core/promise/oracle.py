"""The slow, obvious promise: every unit, every supply, every day is tried. It shares nothing with the compiled one."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from atoll.promise import Availability, WantedLine

Need = tuple[int, int]
"""One unit of an item, and the day by which it must be there."""


Bills = dict[int, list[tuple[int, int]]]


def kits(a: Availability) -> Iterator[Bills]:
    """The bills with every choice of alternates: builds of an item all take the same."""
    bills: Any = a.bills
    rows = [(item, component, per) for item, bill in bills.items() for component, per in bill]
    for chosen in product(*((component, *a.alternates.get((item, component), ())) for item, component, _ in rows)):
        made: Bills = {item: [] for item in bills}
        for (item, _, per), taken in zip(rows, chosen, strict=True):
            made[item].append((taken, per))
        yield made


def can_be_there(a: Availability, requirements: dict[int, int], day: int) -> bool:
    """Whether every unit can be there by a day, with any choice of alternates in the bills."""
    return any(can_be_built(a, bills, requirements, day) for bills in kits(a))


def can_be_built(a: Availability, bills: Bills, requirements: dict[int, int], day: int) -> bool:
    """Whether every unit can be there by a day: search over which supply each unit takes, and when each missing one is built."""
    supplies = tuple(zip(a.supply_item.tolist(), a.supply_day.tolist(), strict=True))

    @cache
    def search(needs: tuple[Need, ...], free: tuple[int, ...]) -> bool:
        if not needs:
            return True
        (item, due), *others = needs
        return any(search(tuple(sorted([*others, *more])), left) for more, left in ways(item, due, free))

    def ways(item: int, due: int, free: tuple[int, ...]) -> Iterator[tuple[list[Need], tuple[int, ...]]]:
        for s, (supplied, there) in enumerate(supplies):
            if supplied == item and there <= due and free[s]:
                yield [], (*free[:s], free[s] - 1, *free[s + 1 :])
        if item not in bills:
            if 0 <= a.lead_days[item] <= due:
                yield [], free
            return
        for start in range(a.earliest_day, len(a.working)):
            if a.working[start] and 0 <= after_work(a, start, int(a.build_days[item])) <= due:
                yield [(component, start) for component, per in bills[item] for _ in range(per)], free

    units = tuple(sorted((item, day) for item, quantity in requirements.items() for _ in range(quantity)))
    return search(units, tuple(a.supply_free.tolist()))


def after_work(a: Availability, day: int, days: int) -> int:
    """Go on day by day: the first working day from `day` on, and then so many more; −1 after the calendar's end."""
    while day < len(a.working):
        if a.working[day]:
            if days == 0:
                return day
            days -= 1
        day += 1
    return -1


def choices(line: WantedLine) -> Iterator[dict[int, int]]:
    """The requirements with every choice of alternatives."""
    items = list(line.requirements)
    for chosen in product(*((item, *line.alternatives.get(item, ())) for item in items)):
        wanted: dict[int, int] = {}
        for item, taken in zip(items, chosen, strict=True):
            wanted[taken] = wanted.get(taken, 0) + line.requirements[item]
        yield wanted


def material_day(a: Availability, line: WantedLine) -> int:
    """The first day by which everything can be there; −1 when there is none."""
    for day in range(a.earliest_day, a.last_day + 1):
        if any(can_be_there(a, wanted, day) for wanted in choices(line)):
            return day
    return -1


def runs(a: Availability, line: WantedLine, first: int) -> Iterator[tuple[int, int]]:
    """First and last day of every way to do the work at full speed: begin on some line and row, take all that is free."""
    for key in set(line.lines):
        rows = [r for r in range(len(a.capacity_day)) if a.capacity_line[r] == key and a.capacity_day[r] >= first]
        for begin in range(len(rows)):
            if not a.capacity_free[rows[begin]]:
                continue
            left = line.minutes
            for row in rows[begin:]:
                left -= int(a.capacity_free[row])
                if left <= 0:
                    yield int(a.capacity_day[rows[begin]]), int(a.capacity_day[row])
                    break


@dataclass(frozen=True, slots=True)
class Dates:
    """The latest first day of work that meets the requested day, and the earliest ship day; −1 where there is none."""

    latest_need: int
    earliest_ship: int


def dates(a: Availability, line: WantedLine) -> Dates:
    """Try every way to do the work after the material day."""
    material = material_day(a, line)
    if material < 0:
        return Dates(-1, -1)
    whenever = ((day, day) for day in range(material, len(a.working)) if a.working[day])
    ways = runs(a, line, material) if line.minutes else whenever
    ships = [(begin, ship) for begin, end in ways if (ship := after_work(a, end, a.shipping_days)) >= 0]
    in_time = [begin for begin, ship in ships if ship <= line.requested_day]
    return Dates(max(in_time, default=-1), min((ship for _, ship in ships), default=-1))
