"""The answer of the science in words, and what a promise rests on as a document to be kept with it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from atoll_web.sales.deliveries import delivery_of
from atoll_web.words import in_words

if TYPE_CHECKING:
    from atoll.promise import Binding, Promises
    from atoll_web.purchasing.snapshot import Late
    from atoll_web.sales.models import OrderLine
    from atoll_web.sales.snapshot import PromiseSnapshot


def reason(seen: "PromiseSnapshot", promises: "Promises", k: int, positions: Sequence[int] = ()) -> str:
    """Why a line has this date, or none, in a sentence or two: what is overdue is named.

    Parameters
    ----------
    positions
        Of the lines in their order, by which one that holds up the others is named; from 1 on when not given.
    """
    binding = promises.binding(k)
    if not promises.is_promised[k]:
        return f"{_refusal(seen, binding)}{'; '.join(('', *_kept(seen, promises, k)))}"
    why = _why(seen, promises, k, binding, positions)
    return " ".join(filter(None, (why, seen.overdue and _overdue(seen, promises, k, binding))))


def why_none(seen: "PromiseSnapshot", promises: "Promises", rows: Sequence["OrderLine"]) -> dict[int, str]:
    """By position, why lines get no date: one by itself, or since it ships together with one that gets none."""
    refused = {k: reason(seen, promises, k) for k in np.flatnonzero(~promises.is_promised).tolist()}
    torn = {key: rows[k] for k in refused if (key := delivery_of(rows[k])) is not None}
    return {
        k: refused.get(k) or f"it ships together with {torn[delivery_of(row)]}, which gets no date"
        for k, row in enumerate(rows)
        if k in refused or delivery_of(row) in torn
    }


def _why(seen: "PromiseSnapshot", promises: "Promises", k: int, binding: "Binding", positions: Sequence[int]) -> str:
    if binding.cause == "material":
        begins = f"assembly begins on {in_words(seen.date(promises.need_day[k]))}."
        kept = "".join(f" {words}." for words in _kept(seen, promises, k))
        return f"{_binding_supply(seen, promises, binding)}; {begins}{kept}"
    if binding.cause == "capacity":
        return f"Everything is there earlier, but the assembly lines are full until {in_words(seen.date(binding.day))}."
    if binding.cause == "delivery":
        return _delivery(seen, promises, k, positions or range(1, len(promises) + 1))
    if binding.cause == "request":
        return "As late as the requested date allows, so that early supply stays free for others."
    return "Everything is there in time; assembly begins on the next free day."


FURTHER = "let the calendar reach further, on the page Capacity or with `atoll calendar --horizon DAYS`"


def _kept(seen: "PromiseSnapshot", promises: "Promises", k: int) -> list[str]:
    """What is kept from a line of the items that it waits for: the binding one, and those that have to be built of it."""
    kept = seen.left_by(k)
    if not kept:
        return []
    binding = promises.binding(k)
    mine = promises.plan_line == k
    waits_for = {binding.item, *promises.plan_item[mine & promises.plan_is_build].tolist()}
    free: dict[int, int] = {}
    for supply, day in zip(seen.supplies, seen.availability.supply_day.tolist(), strict=True):
        if day < binding.day:
            free[supply.item_id] = free.get(supply.item_id, 0) + supply.units
    found = []
    for customer_class, item, units in kept:
        there = min(units, free.get(item, 0))
        if there and seen.items.at[item] in waits_for:
            whom = f"for {customer_class}" if customer_class else "as safety stock"
            found.append(f"{seen.items.codes[item]}: {there} {'is' if there == 1 else 'are'} kept {whom}")
    return found


def _overdue(seen: "PromiseSnapshot", promises: "Promises", k: int, binding: "Binding") -> str:
    """The overdue purchases that a line rests on, or else those of the item that it waits for; empty for none."""
    first, last = np.searchsorted(promises.peg_line, (k, k + 1))
    pegged = [place for place in dict.fromkeys(promises.peg_supply[first:last].tolist()) if place in seen.overdue]
    if pegged:
        late = dict.fromkeys(
            f"{_chain(seen, place, one)}{one.reference}, which is {_days(one)}" for place in pegged for one in seen.overdue[place]
        )
        return f"It rests on {' and on '.join(late)}."
    items = seen.availability.supply_item
    awaited = [place for place in seen.overdue if binding.cause == "material" and items[place] == binding.item]
    late = dict.fromkeys(
        f"{_chain(seen, place, one)}{one.reference} with {seen.code(seen.items.at[one.item_id])}"
        f"{' is' if one.build_days is None else ', which is'} {_days(one)} and not counted on before "
        f"{in_words(seen.date(seen.availability.supply_day[place]))}."
        for place in awaited
        for one in seen.overdue[place]
    )
    return " ".join(late)


def _chain(seen: "PromiseSnapshot", place: int, late: "Late") -> str:
    """What a supply is called that waits for a purchase; empty where it is that purchase."""
    if late.build_days is None:
        return ""
    supply = seen.supplies[place]
    return f"{supply.reference if supply.kind == 'build' else 'a planned build'}, which waits for "


def _days(late: "Late") -> str:
    return f"{-late.due_day} day{'s' * (late.due_day < -1)} overdue"


def reasons_anew(seen: "PromiseSnapshot", promises: "Promises", had: Sequence[bool], positions: Sequence[int] = ()) -> list[str]:
    """Why lines that are promised anew have their dates; those that `had` the day for which they are served may keep it."""
    keeps = [day_stays and promises.binding(k).cause == "request" for k, day_stays in enumerate(had)]
    return ["Keeps the day that it had." if stays else reason(seen, promises, k, positions) for k, stays in enumerate(keeps)]


def _delivery(seen: "PromiseSnapshot", promises: "Promises", k: int, positions: Sequence[int]) -> str:
    """What a line waits for that ships together with others: the first one of them that is not ready earlier."""
    together = np.flatnonzero(promises.delivery == promises.delivery[k]).tolist()
    last = next((other for other in together if promises.binding(other).cause != "delivery"), None)
    if last is None:
        return "Waits for the whole delivery, with which it ships."
    return f"Waits for line {positions[last]}, with which it ships: {reason(seen, promises, last)}"


def _refusal(seen: "PromiseSnapshot", binding: "Binding") -> str:
    working = seen.availability.working
    end = f"{in_words(seen.date(len(working) - 1))}, where the calendar ends"
    if not working[1:].any():
        return f"nobody works from tomorrow to {end}; correct the holidays and weekdays of the company, or {FURTHER}"
    if binding.cause == "material":
        return _never_there(seen, binding.item)
    if binding.cause == "capacity":
        return f"the assembly lines have no free time for it up to {end}; {FURTHER}"
    if binding.item < 0:
        return f"it could only ship after {end}; {FURTHER}"
    first, last = seen.items.bills.start[binding.item : binding.item + 2]
    comes = "cannot be built" if first < last else f"with a lead time of {seen.items.lead_days[binding.item]} days cannot come"
    return f"{seen.code(binding.item)} is short and {comes} early enough to ship by {end}; {FURTHER}"


def _never_there(seen: "PromiseSnapshot", item: int) -> str:
    """What keeps an item that is short from ever coming, and what to do about it."""
    code, successors = seen.code(item), seen.items.successors.get(item)
    if successors is None:
        return f"{code} is short and has no preferred supplier; enter one, or mark one as preferred, under Master data"
    if not successors:
        return f"{code} is short and is obsolete; name its successor under Master data, or choose another option"
    others = " and ".join(seen.items.codes[seen.items.ids[other]] for other in successors)
    return (
        f"{code} is short and is obsolete, and {others} in its place as well; enter a preferred supplier of it under Master data"
    )


def _binding_supply(seen: "PromiseSnapshot", promises: "Promises", binding: "Binding") -> str:
    code, day = seen.code(binding.item), in_words(seen.date(binding.day))
    if binding.supply < 0:
        is_built = promises.plan_is_build[promises.plan_item == binding.item].any()
        return f"{code} is short and must be {'built' if is_built else 'ordered'} first; it is there on {day}"
    supply = seen.supplies[binding.supply]
    return f"Waits for {code} from {supply.reference or supply.kind}, there on {day}"


def bases(seen: "PromiseSnapshot", promises: "Promises", *, is_first: bool) -> list[dict[str, Any]]:
    """What each line's promise rests on, to be kept with it."""
    found = [
        {"first": is_first, "binding": _binding(seen, promises, k), "supplies": [], "planned": [], "slots": []}
        for k in range(len(promises))
    ]
    for k, item, taken in instead(seen, promises):
        found[k].setdefault("instead", {})[item] = taken
    pegs = (promises.peg_line, promises.peg_plan, promises.peg_item, promises.peg_supply, promises.peg_quantity)
    for k, plan, item, supply, quantity in zip(*(column.tolist() for column in pegs), strict=True):
        if plan < 0:
            row = seen.supplies[supply]
            named = {"item": seen.code(item), "quantity": quantity, "kind": row.kind, "reference": row.reference}
            found[k]["supplies"].append(named | {"due": row.due and row.due.isoformat()})
    plans = (promises.plan_line, promises.plan_parent, promises.plan_item, promises.plan_quantity, promises.plan_day)
    builds = promises.plan_is_build.tolist()
    for (k, parent, item, quantity, day), is_build in zip(zip(*(c.tolist() for c in plans), strict=True), builds, strict=True):
        if parent < 0:
            planned = {"item": seen.code(item), "quantity": quantity, "due": seen.date(day).isoformat(), "build": is_build}
            found[k]["planned"].append(planned)
    slots = (promises.slot_line, promises.slot_row, promises.slot_minutes)
    for k, row, minutes in zip(*(column.tolist() for column in slots), strict=True):
        time = seen.time(row)
        found[k]["slots"].append({"line": seen.lines[time.line_id], "day": seen.date(time.day).isoformat(), "minutes": minutes})
    return found


def instead(seen: "PromiseSnapshot", promises: "Promises") -> list[tuple[int, str, str]]:
    """Lines with an item of their order bill, and the alternate that is taken for it."""
    others = np.flatnonzero(seen.wanted.item != promises.requirement_item)
    lines = np.searchsorted(seen.wanted.start, others, side="right") - 1
    pairs = zip(lines.tolist(), seen.wanted.item[others].tolist(), promises.requirement_item[others].tolist(), strict=True)
    return [(k, seen.code(item), seen.code(taken)) for k, item, taken in pairs]


def _binding(seen: "PromiseSnapshot", promises: "Promises", k: int) -> dict[str, Any]:
    binding = promises.binding(k)
    return {
        "kind": str(binding.cause),
        "item": seen.code(binding.item) if binding.item >= 0 else None,
        "days": binding.days,
    }
