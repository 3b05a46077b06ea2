"""Waits of tagged orders, and the best level of one component given those of the others. Compiled."""

import numpy as np

from atoll.model.system import Floats, Integers
from atoll.native import native

ROUNDING = 1e-12


@native
def trace(
    demanded: Floats,
    last: Integers,
    put: Integers,
    time: Floats,
    product: Integers,
    units: Integers,
    start: Integers,
    item: Integers,
    per: Integers,
    tagged: Integers,
) -> None:
    """Write down when each unit of each component is demanded, and the last unit of each entry of the tagged orders."""
    entry, following = 0, 0
    for order in range(len(time)):
        is_tagged = following < len(tagged) and tagged[following] == order
        following += is_tagged
        for line in range(start[product[order]], start[product[order] + 1]):
            i = item[line]
            for _ in range(per[line] * units[order]):
                demanded[put[i]] = time[order]
                put[i] += 1
            if is_tagged:
                last[entry] = put[i] - 1
                entry += 1


@native
def wait_of(arrival: Floats, first: int, last: int, level: int, now: float) -> float:
    """How long an order waits for a component; no time where the initial stock serves it."""
    at = last - level
    if at < first:
        return 0.0
    return float(max(arrival[at] - now, 0.0))


@native
def price(wait: float, order: int, slope: Floats, step: Floats, window: Floats) -> float:
    """What the wait of an order costs."""
    cost = slope[order] * wait
    for g in range(len(window)):
        if wait > window[g]:
            cost += step[order, g]
    return float(cost)


@native
def look_up(
    waits: Floats,
    levels: Integers,
    time: Floats,
    start: Integers,
    component: Integers,
    last: Integers,
    first: Integers,
    arrival: Floats,
) -> None:
    """Fill in the wait of each order for each of its components."""
    for order in range(len(time)):
        for entry in range(start[order], start[order + 1]):
            i = component[entry]
            waits[entry] = wait_of(arrival, first[i], last[entry], levels[i], time[order])


@native
def longest_other(waits: Floats, start: Integers, order: int, entry: int) -> float:
    """How long an order waits for its other components."""
    longest = 0.0
    for other in range(start[order], start[order + 1]):
        if other != entry and waits[other] > longest:
            longest = waits[other]
    return float(longest)


@native
def best_level(
    low: int,
    high: int,
    holding: float,
    entries: Integers,
    order_of: Integers,
    others: Floats,
    time: Floats,
    last: Integers,
    first: int,
    arrival: Floats,
    slope: Floats,
    step: Floats,
    window: Floats,
) -> int:
    """The largest of the best levels between low and high, from high downward.

    Lateness grows downward, so no lower level can be better once lateness and the lowest level's stock cost more than the best.
    """
    best, at = np.inf, high
    for level in range(high, low - 1, -1):
        late = 0.0
        for n in range(len(entries)):
            order = order_of[entries[n]]
            wait = wait_of(arrival, first, last[entries[n]], level, time[order])
            if wait > others[n]:
                late += price(wait, order, slope, step, window) - price(others[n], order, slope, step, window)
        cost = late + holding * level
        if cost < best * (1 - ROUNDING):
            best, at = cost, level
        if late + holding * low > best:
            break
    return at


@native
def sweep(
    levels: Integers,
    low: Integers,
    holding: Floats,
    waits: Floats,
    order_of: Integers,
    by_component: Integers,
    component_start: Integers,
    time: Floats,
    start: Integers,
    last: Integers,
    first: Integers,
    arrival: Floats,
    slope: Floats,
    step: Floats,
    window: Floats,
) -> int:
    """Lower each component to its best level given the others; how many changed."""
    changed = 0
    for i in range(len(levels)):
        entries = by_component[component_start[i] : component_start[i + 1]]
        others = np.empty(len(entries))
        for n in range(len(entries)):
            others[n] = longest_other(waits, start, order_of[entries[n]], entries[n])
        found = best_level(
            low[i], levels[i], holding[i], entries, order_of, others, time, last, first[i], arrival, slope, step, window
        )
        if found != levels[i]:
            changed += 1
            levels[i] = found
            for n in range(len(entries)):
                waits[entries[n]] = wait_of(arrival, first[i], last[entries[n]], found, time[order_of[entries[n]]])
    return changed


@native
def list_slices(
    size: int,
    low: Integers,
    high: Integers,
    node: Integers,
    time: Floats,
    start: Integers,
    component: Integers,
    last: Integers,
    first: Integers,
    arrival: Floats,
    slope: Floats,
    step: Floats,
    window: Floats,
) -> tuple[Floats, Integers, Integers]:
    """Cut the price of each order's wait into slices: what each saves, and which nodes it requires.

    Nodes are the levels of the components above their lowest, then the slices. A slice requires the next longer wait's slice too.
    """
    saving, slice_of, requires = np.empty(size), np.empty(2 * size, dtype=np.int64), np.empty(2 * size, dtype=np.int64)
    slices, arcs = 0, 0
    for order in range(len(time)):
        begin, end, before = start[order], start[order + 1], slices
        level = low[component[begin:end]]
        least = longest_wait(high[component[begin:end]], begin, time[order], component, last, first, arrival)
        wait = longest_wait(level, begin, time[order], component, last, first, arrival)
        while wait > least:
            for e in range(end - begin):
                i, entry = component[begin + e], begin + e
                if wait_of(arrival, first[i], last[entry], level[e], time[order]) < wait:
                    continue
                while wait_of(arrival, first[i], last[entry], level[e], time[order]) >= wait:
                    level[e] += 1
                slice_of[arcs], requires[arcs] = slices, node[i] + level[e] - low[i] - 1
                arcs += 1
            if slices > before:
                slice_of[arcs], requires[arcs] = slices, node[-1] + slices - 1
                arcs += 1
            shorter = max(least, longest_wait(level, begin, time[order], component, last, first, arrival))
            saving[slices] = price(wait, order, slope, step, window) - price(shorter, order, slope, step, window)
            slices += 1
            wait = shorter
    return saving[:slices], slice_of[:arcs], requires[:arcs]


@native
def longest_wait(
    level: Integers,
    begin: int,
    now: float,
    component: Integers,
    last: Integers,
    first: Integers,
    arrival: Floats,
) -> float:
    """How long an order waits if its components have these levels."""
    longest = 0.0
    for e in range(len(level)):
        longest = max(longest, wait_of(arrival, first[component[begin + e]], last[begin + e], level[e], now))
    return longest
