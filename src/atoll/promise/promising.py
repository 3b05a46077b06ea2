"""The promise itself: the earliest day for material and capacity together, and what it rests on."""

from bisect import bisect_right
from collections.abc import Iterable

from atoll.promise.problem import PromiseProblem
from atoll.promise.result import Binding, Cause, Peg, PlannedSupply, Promise
from atoll.promise.stock import NEVER, FreeStock, Obtained
from atoll.schedule import Slot, earliest_slots, latest_slots


def promise(problem: PromiseProblem) -> Promise:
    """Find the earliest day on which an order can ship, or the latest that still meets its requested day.

    Each requirement is met from free supply; what is short is bought or built, over any number of levels, where that is
    earlier than waiting. Assembly begins when everything is there and a line has time.

    Returns
    -------
    Promise
        With pegs that never exceed what is free. Where nothing is possible, `is_promised` is false.

    Notes
    -----
    The date is the earliest possible when no component is reached both directly and through a build, or through two builds;
    otherwise direct requirements are served first and the date is feasible but may be later than the best.
    """
    stock = FreeStock(problem)
    days = _material_days(stock.copy(), problem)
    material_day = max(days.values(), default=0)
    if material_day >= NEVER:
        return _refusal(Binding(Cause.MATERIAL, item=max(days, key=lambda item: days[item])))
    while True:
        start = max(material_day, problem.earliest_day)
        slots = _slots(problem, stock, start)
        if problem.minutes and not slots:
            return _refusal(Binding(Cause.CAPACITY, day=start))
        need_day = int(problem.capacity_day[slots[0].row]) if slots else stock.after_work(start, 0)
        parts = _obtain_all(stock.copy(), problem, need_day)
        if (there := max((part.day for part in parts.values()), default=0)) <= need_day:
            return _promise(problem, stock, slots, need_day, parts, days)
        material_day = there


def plan_build(problem: PromiseProblem, item: int, quantity: int) -> PlannedSupply | None:
    """Plan a build of an item whatever is on hand of it; None when a component cannot be supplied.

    Only supply, lead times, bills and working days of the problem matter.
    """
    stock = FreeStock(problem)
    if stock.new_supply_day(item, quantity) >= NEVER:
        return None
    plan = stock.plan(item, quantity)
    return plan if plan.day < NEVER else None


def _in_order(problem: PromiseProblem) -> Iterable[tuple[int, int]]:
    """Components before items that are built, since a build may need the same components."""
    return sorted(problem.requirements.items(), key=lambda pair: (pair[0] in problem.bills, pair[0]))


def _material_days(stock: FreeStock, problem: PromiseProblem) -> dict[int, int]:
    """First day of each requirement, each one taking its units before the next is asked."""
    days = {}
    for item, quantity in _in_order(problem):
        days[item] = day = stock.earliest(item, quantity)
        if day < NEVER:
            days[item] = max(day, stock.obtain(item, quantity, day).day)
    return days


def _obtain_all(stock: FreeStock, problem: PromiseProblem, need_day: int) -> dict[int, Obtained]:
    latest_first = need_day > problem.near_days
    return {item: stock.obtain(item, n, need_day, latest_first=latest_first) for item, n in _in_order(problem)}


def _slots(problem: PromiseProblem, stock: FreeStock, start: int) -> tuple[Slot, ...]:
    if not problem.minutes:
        return ()
    rows = problem.capacity_line, problem.capacity_day, problem.capacity_free
    if problem.requested_day is not None:
        last = _last_assembly_day(problem, stock, problem.requested_day)
        if found := latest_slots(*rows, problem.minutes, start, last):
            return found
    return earliest_slots(*rows, problem.minutes, start)


def _last_assembly_day(problem: PromiseProblem, stock: FreeStock, ship_day: int) -> int:
    """Latest day of assembly after which an order ships by `ship_day`."""
    place = bisect_right(stock.working, ship_day) - 1 - problem.shipping_days
    return stock.working[place] if place >= 0 else -1


def _promise(
    problem: PromiseProblem,
    stock: FreeStock,
    slots: tuple[Slot, ...],
    need_day: int,
    parts: dict[int, Obtained],
    days: dict[int, int],
) -> Promise:
    last = int(problem.capacity_day[slots[-1].row]) if slots else need_day
    return Promise(
        is_promised=True,
        ship_day=stock.after_work(last, problem.shipping_days),
        need_day=need_day,
        slots=slots,
        pegs=tuple(peg for part in parts.values() for peg in part.pegs),
        planned=tuple(plan for part in parts.values() for plan in part.planned),
        binding=_binding(problem, stock, slots, need_day, parts, days),
    )


def _binding(
    problem: PromiseProblem,
    stock: FreeStock,
    slots: tuple[Slot, ...],
    need_day: int,
    parts: dict[int, Obtained],
    days: dict[int, int],
) -> Binding:
    """What keeps the first day of assembly from being earlier."""
    item = max(days, key=lambda i: (days[i], -i), default=-1)
    material = stock.after_work(max(days.get(item, 0), problem.earliest_day), 0)
    line = int(problem.capacity_line[slots[0].row]) if slots else -1
    if need_day > material:
        wanted_later = problem.requested_day is not None and problem.requested_day >= need_day
        cause = Cause.REQUEST if wanted_later else Cause.CAPACITY
        return Binding(cause, line=line, day=need_day, days=need_day - material)
    if material > stock.after_work(problem.earliest_day, 0):
        return Binding(Cause.MATERIAL, item, _last_supply(parts[item], stock), line, material, material - problem.earliest_day)
    return Binding(Cause.NOTHING, line=line, day=need_day)


def _last_supply(part: Obtained, stock: FreeStock) -> int:
    """The supply that comes last, −1 when that is still to be ordered."""
    last: Peg | None = max(part.pegs, key=lambda peg: stock.days[peg.supply], default=None)
    if last is None or any(plan.day >= stock.days[last.supply] for plan in part.planned):
        return -1
    return last.supply


def _refusal(binding: Binding) -> Promise:
    return Promise(False, NEVER, NEVER, (), (), (), binding)
