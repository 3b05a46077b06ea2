"""Rows of the promise kernel: one more promise beside many open order lines, in memory.

The scenario is that on which other systems were measured: 200 components, 20 subassemblies of 6 to 10 components, 10 models with
5 option groups, stock and receipts for about 80 % of the demand.
"""

from dataclasses import dataclass
from random import Random
from time import process_time

import numpy as np

from atoll.promise import Availability, Structure, Wanted, WantedLine, promise_lines
from benchmarks.measure import Row

COMPONENTS, SUBASSEMBLIES, MODELS, HORIZON = 200, 20, 10, 120
OPEN_LINES = (800, 4_800, 9_800)


@dataclass(frozen=True, slots=True)
class Scenario:
    """An availability and the order lines that come to it, one after the other."""

    availability: Availability
    lines: tuple[WantedLine, ...]


def run(*, quick: bool) -> list[Row]:
    """Microseconds of processor time for one line, with nothing open and beside open lines; and of a whole batch."""
    rows = []
    for open_lines in OPEN_LINES[:1] if quick else OPEN_LINES:
        scenario = peers_scenario(open_lines + 200)
        batch = Wanted.of(scenario.lines)
        promise_lines(scenario.availability, batch)  # translated, or read from the cache
        whole = _seconds(scenario.availability, batch)
        before = _seconds(scenario.availability, Wanted.of(scenario.lines[:open_lines]))
        rows.append(Row(f"promise of a line, kernel, mean of the first {open_lines}", before / open_lines * 1e6, "µs"))
        rows.append(Row(f"promise of a line, kernel, beside {open_lines} open lines", (whole - before) / 200 * 1e6, "µs", 30.0))
    return rows


def _seconds(availability: Availability, wanted: Wanted, calls: int = 5) -> float:
    """Processor time of a call; the least of several."""
    taken = []
    for _ in range(calls):
        start = process_time()
        promise_lines(availability, wanted)
        taken.append(process_time() - start)
    return min(taken)


def peers_scenario(lines: int, seed: int = 42) -> Scenario:
    """The scenario with so many order lines."""
    chance = Random(seed)
    bills = {
        COMPONENTS + s: tuple(
            (c, chance.choice((1, 1, 1, 2, 4))) for c in chance.sample(range(COMPONENTS), chance.randint(6, 10))
        )
        for s in range(SUBASSEMBLIES)
    }
    models = [_model(chance) for _ in range(MODELS)]
    wanted = tuple(_line(chance, *chance.choice(models)) for _ in range(lines))
    return Scenario(_availability(chance, bills, wanted), wanted)


Parts = tuple[tuple[int, int], ...]


def _model(chance: Random) -> tuple[Parts, list[list[Parts]]]:
    """Common parts, and the parts of each choice of its option groups."""
    common = tuple((c, 1) for c in chance.sample(range(COMPONENTS), 4))
    groups = [[_choice(chance) for _ in range(chance.randint(2, 4))] for _ in range(5)]
    groups[4].append(())
    return (*common, (COMPONENTS + chance.randrange(SUBASSEMBLIES), 1)), groups


def _choice(chance: Random) -> Parts:
    if chance.random() < 0.35:
        return ((COMPONENTS + chance.randrange(SUBASSEMBLIES), 1),)
    return tuple((c, chance.choice((1, 1, 2))) for c in chance.sample(range(COMPONENTS), chance.randint(1, 2)))


def _line(chance: Random, common: Parts, groups: list[list[Parts]]) -> WantedLine:
    units = chance.randint(1, 5)
    requirements: dict[int, int] = {}
    for item, per in (*common, *(part for group in groups for part in _chosen(chance, group))):
        requirements[item] = requirements.get(item, 0) + per * units
    return WantedLine(requirements, minutes=15 * units, lines=(0,), requested_day=chance.randint(5, 70))


def _chosen(chance: Random, group: list[Parts]) -> Parts:
    """One of a group's choices, each one less often than the one before it."""
    return chance.choices(group, [1 / (place + 1) for place in range(len(group))])[0]


def _availability(chance: Random, bills: dict[int, Parts], lines: tuple[WantedLine, ...]) -> Availability:
    """On hand for about half of the gross requirements, ten receipts for a fifth, and capacity for a little more than all."""
    items = COMPONENTS + SUBASSEMBLIES
    gross = np.zeros(items, dtype=np.int64)
    for line in lines:
        for item, quantity in line.requirements.items():
            gross[item] += quantity
    for item, bill in bills.items():
        for component, per in bill:
            gross[component] += per * gross[item]
    supplies = [(item, 0, int(gross[item] * 0.6 * chance.uniform(0.5, 1.2))) for item in range(items)]
    supplies += [(c, chance.randint(2, 30), int(gross[c] * 0.02)) for c in range(COMPONENTS) for _ in range(10)]
    item, day, free = np.array(supplies, dtype=np.int64).T
    days = np.array([d for d in range(1, HORIZON) if d % 7 < 5], dtype=np.int64)
    minutes = sum(line.minutes for line in lines)
    return Availability(
        supply_item=item,
        supply_day=day,
        supply_free=free,
        lead_days=np.array([*chance.choices((5, 7, 10, 14, 21, 30, 45), k=COMPONENTS), *[-1] * SUBASSEMBLIES]),
        build_days=np.array([*[0] * COMPONENTS, *chance.choices((1, 2, 3), k=SUBASSEMBLIES)]),
        bills=Structure.of(bills, items),
        working=np.array([d % 7 < 5 for d in range(HORIZON + 40)]),
        capacity_line=np.zeros(len(days), dtype=np.int64),
        capacity_day=days,
        capacity_free=np.full(len(days), round(minutes / 50 * 1.15 + 480)),
        earliest_day=1,
        shipping_days=1,
    )
