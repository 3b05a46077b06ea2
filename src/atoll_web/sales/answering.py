"""The answer of the science in words, and what a promise rests on as a document to be kept with it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from atoll_web.words import in_words

if TYPE_CHECKING:
    from atoll.promise import Binding, Promises
    from atoll_web.sales.snapshot import PromiseSnapshot


def reason(seen: "PromiseSnapshot", promises: "Promises", k: int, positions: Sequence[int] = ()) -> str:
    """Why a line has this date, or none, in a sentence.

    Parameters
    ----------
    positions
        Of the lines in their order, by which one that holds up the others is named; from 1 on when not given.
    """
    binding = promises.binding(k)
    if not promises.is_promised[k]:
        return _refusal(seen, binding)
    if binding.cause == "material":
        return f"{_binding_supply(seen, promises, binding)}; assembly begins on {in_words(seen.date(promises.need_day[k]))}."
    if binding.cause == "capacity":
        return f"Everything is there earlier, but the assembly lines are full until {in_words(seen.date(binding.day))}."
    if binding.cause == "delivery":
        return _delivery(seen, promises, positions or range(1, len(promises) + 1))
    if binding.cause == "request":
        return "As late as the requested date allows, so that early supply stays free for others."
    return "Everything is there in time; assembly begins on the next free day."


def reasons_anew(seen: "PromiseSnapshot", promises: "Promises", had: Sequence[bool]) -> list[str]:
    """Why lines that are promised anew have their dates; those that `had` the day for which they are served may keep it."""
    keeps = [day_stays and promises.binding(k).cause == "request" for k, day_stays in enumerate(had)]
    return ["Keeps the day that it had." if stays else reason(seen, promises, k) for k, stays in enumerate(keeps)]


def _delivery(seen: "PromiseSnapshot", promises: "Promises", positions: Sequence[int]) -> str:
    """What a line waits for that ships together with others: the first one that is not ready earlier."""
    last = next((k for k in range(len(promises)) if promises.binding(k).cause != "delivery"), None)
    if last is None:
        return "Waits for the whole delivery, with which it ships."
    return f"Waits for line {positions[last]}, with which it ships: {reason(seen, promises, last)}"


def _refusal(seen: "PromiseSnapshot", binding: "Binding") -> str:
    if binding.cause == "material":
        return f"{seen.code(binding.item)} is short and can neither be bought nor built in time"
    return "the assembly lines have no free time for it within the planned calendar"


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
