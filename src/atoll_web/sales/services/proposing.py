"""New promises for all open lines are proposed: who may stay as it is does, and nothing is written but the proposal."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import accumulate, count
from typing import Any

import numpy as np

from atoll.promise import AS_SOON_AS_POSSIBLE, Holdings, Promises, Repromise, in_turn, leave, rush
from atoll.promise import Policy as ServiceRule
from atoll.promise import repromise as promise_all_anew
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import exchange
from atoll_web.runs import services as runs
from atoll_web.sales import states
from atoll_web.sales.answering import why_none
from atoll_web.sales.deliveries import delivery_of, numbered
from atoll_web.sales.errors import NothingToPropose, NotInBook
from atoll_web.sales.held import held_by
from atoll_web.sales.models import Order, OrderLine, Proposal
from atoll_web.sales.services.open_lines import OpenLine, Weighing, open_lines, weights, with_their_deliveries
from atoll_web.sales.services.ranking import foremost
from atoll_web.sales.snapshot import Lock, PromiseSnapshot, snapshot

PROPOSING, APPLYING = ("order", "plan"), ("plan",)
"""Who may propose: a proposal changes nothing. Whose promises give way the planner decides."""

MOST_TRIES = 6
"""After so many tries in which somebody who was to give way got no date, nobody gives way."""

REPROMISING = "re-promising"
"""Kind of the runs that compute proposals."""


class Policy(StrEnum):
    """Whose promise gives way."""

    KEEP = "keep"
    LEAST_LATENESS = "least lateness"
    FIFO = "fifo"
    SEQUENCE = "sequence"
    RUSH = "rush"


def applied_by(proposal: Proposal) -> tuple[str, ...]:
    """The capabilities that let somebody apply a proposal: who speaks with the customer in a hurry accepts a rush as well."""
    return PROPOSING if proposal.policy == Policy.RUSH else APPLYING


def ask_proposal(
    *,
    actor: Actor,
    policy: Policy,
    weighing: Weighing = Weighing.PRIORITY,
    lines: Sequence[OrderLine] | None = None,
    ranks: Mapping[int, float] | None = None,
) -> Proposal:
    """Ask for new promises of open lines; `compute_proposal` answers.

    Parameters
    ----------
    policy
        Keep what can be kept, least weighted days late, in order of entry, or in the sequence of the order book.
    weighing
        What a day late costs.
    lines
        All open ones when not given; otherwise these and those that leave with them, and the others keep what they hold.
    ranks
        New ranks by key of the order: the sequence that is tried, and saved when the proposal is applied. Only what the move
        changes is proposed then.
    """
    keys = None if lines is None else sorted(with_their_deliveries([line.pk for line in lines]))
    return _ask(actor, policy, weighing, keys, ranks or {}, None)


def ask_rush(*, actor: Actor, order: Order, weighing: Weighing = Weighing.PRIORITY) -> Proposal:
    """Ask what it means to serve one order before all others and as soon as possible. Applied, it stays first in the order book.

    Raises
    ------
    NotInBook
        When none of its lines can be promised anew.
    """
    if not OrderLine.objects.filter(order=order, state__in=states.HOLDING).exists():
        raise NotInBook(order=order.number)
    return _ask(actor, Policy.RUSH, weighing, None, {order.pk: foremost()}, order)


@begun_again_after_deadlock
def _ask(
    actor: Actor, policy: Policy, weighing: Weighing, keys: list[int] | None, ranks: Mapping[int, float], order: Order | None
) -> Proposal:
    asked = {"policy": policy, "weighing": weighing, "lines": keys, "rush": order and order.number}
    with acting(actor):
        run = runs.create(actor=actor, kind=REPROMISING, parameters=asked)
        return Proposal.objects.create(
            run=run, policy=policy, weighing=weighing, rush=order, ranks={str(key): rank for key, rank in ranks.items()}
        )


def compute_proposal(*, actor: Actor, proposal: Proposal) -> Proposal:
    """Compute what was asked for: whose promise may stay as it is does, unless the policy has it give way.

    Raises
    ------
    NothingToPropose
        When no line is open; the proposal is discarded then.
    """
    try:
        runs.carry_out(actor=actor, run=proposal.run, work=lambda report: _compute(actor, proposal, report))
    except BaseException:
        _discard(actor, proposal)
        raise
    if proposal.state == states.COMPUTING:
        _discard(actor, proposal)
    return proposal


@begun_again_after_deadlock
def _discard(actor: Actor, proposal: Proposal) -> None:
    with acting(actor):
        proposal.state = states.DISCARDED
        proposal.save(update_fields=["state"])


def _compute(actor: Actor, proposal: Proposal, report: runs.Report) -> Mapping[str, Any]:
    lines = open_lines(proposal.run.parameters["lines"])
    if not lines:
        raise NothingToPropose()
    moved = _moved(lines, proposal)
    if not report(0.1, f"{len(lines)} lines and what they hold"):
        return {"lines": len(lines)}
    rows, leaving, bound, in_vain, stay = list[Row](), 0.0, 0.0, moved.is_one_move, list[Row]()
    for tries in count():
        if not moved.lines:
            break
        asked = _asked(moved, proposal, actor.today)
        if not report(0.3, "promising them anew"):
            return {"lines": len(lines)}
        rows, leaving, bound, in_vain = _solved(asked, proposal, gives_way=tries < MOST_TRIES)
        rows = [row for row in rows if row.is_anew or row.line_id not in asked.apart]
        if not (lost := [row for row in rows if row.after is None]):
            break
        stay += [row.left(is_intact=row.line_id in asked.intact) for row in lost if row.line_id not in asked.apart]
        rows, leaving, bound, moved = [], 0.0, 0.0, moved.without({row.line_id for row in lost})
    if not report(0.9, "writing the proposal"):
        return {"lines": len(lines)}
    rows += stay
    _write(actor, proposal, rows, min(bound, leaving, _days_late(rows)))
    return _figures(rows, proposal) | {"leaving": leaving, "in_vain": in_vain}


@dataclass(frozen=True, slots=True)
class _Moved:
    """Lines in the sequence in which they are served.

    Parameters
    ----------
    lines
        Those that may be touched: of one move in the book, not those of orders that stay before it.
    ahead
        Keys of the orders that are served before all others of these and as soon as possible, where it is one move; with those
        between them, which keep their days.
    gains
        Keys of those that come before others which they stood behind.
    up
        Those of them that were moved up themselves: what is at risk of them is promised anew as well.
    """

    lines: list[OpenLine]
    ahead: frozenset[int] = frozenset()
    gains: frozenset[int] = frozenset()
    up: frozenset[int] = frozenset()

    @property
    def is_one_move(self) -> bool:
        """Whether only what a move in the book changes is looked for."""
        return bool(self.ahead)

    def without(self, line_ids: set[int]) -> "_Moved":
        """The same when some lines keep what they hold, whatever comes."""
        return replace(self, lines=[line for line in self.lines if line.row.pk not in line_ids])


def _moved(lines: list[OpenLine], proposal: Proposal) -> _Moved:
    """What a proposal may touch: all lines, or what one move in the book means."""
    ranks = {int(key): rank for key, rank in proposal.ranks.items()}
    if proposal.rush_id:
        rushed = frozenset({proposal.rush_id})
        return _Moved(lines, rushed, rushed, rushed)
    if proposal.policy != Policy.SEQUENCE:
        return _Moved(lines)
    before = {order: place for place, (_, order) in enumerate(sorted({line.place[:2] for line in lines}))}
    lines = sorted(lines, key=lambda line: (ranks.get(line.row.order_id, line.place[0]), *line.place[1:]))
    sequence = list(dict.fromkeys(line.row.order_id for line in lines))
    was = [before[order] for order in sequence]
    least_behind = [*accumulate(reversed(was), min)][::-1]
    gains = [k for k, place in enumerate(was) if least_behind[k] < place]
    loses = [k for k, (place, most) in enumerate(zip(was, accumulate(was, max), strict=True)) if most > place]
    if not ranks:
        return _Moved(lines)
    if not gains:
        return _Moved([])
    # Up the book, or else down, where those that pass it gain by it alone; that of two neighbours is told by whose place is new.
    is_up = len(gains) <= len(loses) and any(sequence[k] in ranks for k in gains)
    there = {*sequence[gains[0] : len(sequence) if is_up else loses[-1] + 1]}
    gaining = frozenset(sequence[k] for k in gains)
    return _Moved(
        [line for line in lines if line.row.order_id in there],
        frozenset(sequence[gains[0] : gains[-1] + 1]),
        gaining,
        gaining if is_up else frozenset(),
    )


def _asked(moved: _Moved, proposal: Proposal, today: date) -> "_Asked":
    lines = moved.lines
    seen, holdings = _seen(lines, today)
    intact = frozenset(line.row.pk for line, is_intact in zip(lines, holdings.is_intact.tolist(), strict=True) if is_intact)
    weight = weights(lines, Weighing(proposal.weighing), today)
    if not moved.is_one_move:
        return _Asked(seen, holdings, lines, weight, intact)
    # Who has nothing to do with the move stays as it is, in time or not, and nobody between is told an earlier day.
    gains = np.array([line.row.order_id in moved.gains for line in lines], dtype=np.bool_)
    others = np.array([line.row.order_id not in moved.up for line in lines], dtype=np.bool_)
    floor = np.where(gains, holdings.floor_day, holdings.due_day)
    terms = replace(holdings, is_intact=holdings.is_intact | others, floor_day=floor)
    apart = frozenset(lines[k].row.pk for k in np.flatnonzero(others & ~holdings.is_intact))
    ahead = np.flatnonzero([line.row.order_id in moved.ahead for line in lines])
    return _Asked(seen, terms, lines, weight, intact, ahead, apart)


def _solved(asked: "_Asked", proposal: Proposal, *, gives_way: bool) -> "tuple[list[Row], float, float, bool]":
    """Before and after of each line, the weighted days late when all is left as it is, what no proposal can be below, and whether
    one move is in vain.

    All is left as it is where nobody `gives_way`, where a line that has to be promised anew would get no date only because
    others get what it could have, and where one move makes nobody earlier.
    """
    left = asked.proposed(leave(*asked.problem, **asked.terms))
    if not gives_way:
        return left, _days_late(left), 0.0, asked.ahead is not None
    found = _served(asked, proposal)
    rows = asked.proposed(found)
    lost = {row.line_id for row in rows if row.after is None} - asked.intact - asked.apart
    robbed = any(row.after and row.line_id in lost for row in left)
    if robbed or (proposal.policy in NEVER_WORSE and _is_worse(rows, left)):
        rows = left
    if proposal.policy == Policy.KEEP and any(row.days_late and row.line_id in asked.intact for row in rows):
        rows = left
    if in_vain := asked.ahead is not None and not _makes_earlier(rows, left):
        rows = left
    return rows, _days_late(left), found.bound, in_vain


def _makes_earlier(rows: "Sequence[Row]", left: "Sequence[Row]") -> bool:
    """Whether a line ships earlier than when everything is left as it is."""
    days = {row.line_id: row.after or date.max for row in left}
    return any((row.after or date.max) < days[row.line_id] for row in rows)


NEVER_WORSE = {Policy.KEEP, Policy.LEAST_LATENESS}
"""Policies that leave everything as it is where that is better. The others do what they were asked for, and say so."""


def _seen(lines: Sequence[OpenLine], today: date) -> tuple[PromiseSnapshot, Holdings]:
    """What there is when lines give back what they hold, and what that is.

    Of a delivery all lines are intact or none, and none ships before those whose assembly has begun.
    """
    held = held_by([line.row.pk for line in lines], [line.row.demand_id for line in lines], today)
    seen = snapshot([line.work for line in lines], today, lock=Lock.NOTHING, held=held)
    moves = _together(lines, ~seen.holdings.is_intact)
    held_to_it = np.array([line.is_held_to_it for line in lines], dtype=np.bool_)
    floor = np.where(held_to_it, seen.holdings.due_day, seen.holdings.floor_day)
    return seen, replace(seen.holdings, is_intact=~moves, floor_day=floor)


def _together(lines: Sequence[OpenLine], chosen: np.ndarray) -> np.ndarray:
    """Those that are chosen, with all lines of their deliveries."""
    deliveries = [delivery_of(line.row) for line in lines]
    moved = {key for key, is_chosen in zip(deliveries, chosen.tolist(), strict=True) if is_chosen and key is not None}
    return chosen | np.array([key in moved for key in deliveries], dtype=np.bool_)


def _in_turn(lines: Sequence[OpenLine], sequence: np.ndarray) -> list[int]:
    """A sequence of positions in which the lines of a delivery follow each other."""
    delivery = numbered([delivery_of(lines[k].row) for k in sequence.tolist()])
    return (sequence if delivery is None else sequence[in_turn(delivery)]).tolist()


@dataclass(frozen=True, slots=True)
class _Asked:
    """Lines in the order of service, what they hold, what a day late of each costs, and keys of those that are intact.

    Of one move: positions of those that are served ahead of the others, and keys of those that are not intact, which it does not
    promise anew by itself.
    """

    seen: PromiseSnapshot
    holdings: Holdings
    lines: Sequence[OpenLine]
    weight: Sequence[float]
    intact: frozenset[int]
    ahead: np.ndarray | None = None
    apart: frozenset[int] = frozenset()

    @property
    def problem(self) -> tuple[Any, ...]:
        """As the science asks for it."""
        due = np.array([_day_due(line, self.seen.today) for line in self.lines], dtype=np.int64)
        return self.seen.availability, self.seen.wanted, due, np.array(self.weight)

    @property
    def terms(self) -> dict[str, Any]:
        """What the lines hold, and what is kept for classes of them."""
        return {"holdings": self.holdings, "classes": self.seen.classes, "shares": self.seen.shares}

    def proposed(self, found: Repromise) -> "list[Row]":
        """Before and after of each line, in the order of service.

        Those that do not stay are promised once more as they will be when it is applied: from what is free then.
        """
        today = self.seen.today
        moves = _together(self.lines, ~found.stays)
        sequence, at = _in_turn(self.lines, found.sequence), {k: at for at, k in enumerate(found.sequence.tolist())}
        requested = {k: self._requested(found, at[k], k) for k in sequence if moves[k]}
        served = [self.lines[k] for k in requested]
        works = [replace(self.lines[k].work, request_date=day) for k, day in requested.items()]
        after: dict[int, tuple[date | None, date | None, str]] = {}
        if served:
            held = held_by([line.row.pk for line in served], [line.row.demand_id for line in served])
            anew = snapshot(works, today, lock=Lock.NOTHING, held=held)
            promises = promised_anew(anew, served)
            dates = ship_dates(anew, promises, served)
            begins = [anew.date(day) if told else None for day, told in zip(promises.need_day.tolist(), dates, strict=True)]
            found_none = why_none(anew, promises, [line.row for line in served])
            whys = [found_none.get(place, "") for place in range(len(served))]
            after = dict(zip(requested, zip(dates, begins, whys, strict=True), strict=True))
        last = self.seen.date(self.seen.availability.last_day + 1)
        return [
            Row(
                line.row.pk,
                requested.get(k, line.before),
                line.before,
                day,
                begin,
                self.weight[k],
                max(((day or last) - max(line.before, today)).days, 0),
                why,
            )
            for k in sequence
            for line in [self.lines[k]]
            for day, begin, why in [after.get(k, (line.before, None, ""))]
        ]

    def _requested(self, found: Repromise, at: int, k: int) -> date | None:
        """The day that a line is served for; that of its promise where it only moves with its order."""
        if found.stays[k]:
            return self.lines[k].before
        day = found.served.requested_day[at]
        return None if day == AS_SOON_AS_POSSIBLE else self.seen.date(day)


def promised_anew(seen: PromiseSnapshot, served: Sequence[OpenLine]) -> Promises:
    """Promises of lines that give back what they hold, in this order. Each has its own first, on the terms on which it held it.

    Parameters
    ----------
    served
        The lines as they are, whatever the snapshot was asked for them; those of a delivery follow each other.
    """
    floor = [max((_floor(line) - seen.today).days, 0) for line in served]
    return seen.promised(numbered([delivery_of(line.row) for line in served]), floor_day=np.array(floor, dtype=np.int64))


def _floor(line: OpenLine) -> date:
    """No customer is told a day before both the day asked for and the day promised before, nor before what ships with it."""
    return line.before if line.is_held_to_it else min(line.work.request_date or line.before, line.before)


def _served(asked: _Asked, proposal: Proposal) -> Repromise:
    if asked.ahead is not None:
        return rush(*asked.problem, asked.ahead, **asked.terms)
    rule = ServiceRule.FIFO if proposal.policy == Policy.SEQUENCE else ServiceRule(proposal.policy)
    return promise_all_anew(*asked.problem, rule, **asked.terms)


def _days_late(rows: "Sequence[Row]") -> float:
    return sum(row.weight * row.days_late for row in rows)


def _is_worse(rows: "Sequence[Row]", left: "Sequence[Row]") -> bool:
    """Whether a proposal costs more than leaving everything as it is, or as much and moves more lines."""
    return (_days_late(rows), sum(row.is_anew for row in rows)) > (_days_late(left), sum(row.is_anew for row in left))


def _day_due(line: OpenLine, today: date) -> int:
    """A date that has passed cannot be kept any more, so that it counts as today's."""
    return max((line.before - today).days, 0)


@dataclass(frozen=True, slots=True)
class Row:
    """A line's part of a proposal, by the fields of `ProposedPromise`; without a need date it stays as it is.

    One that gets no date has the reason.
    """

    line_id: int
    requested: date | None
    before: date
    after: date | None
    need_date: date | None
    weight: float
    days_late: int
    reason: str = ""

    @property
    def is_anew(self) -> bool:
        """Whether the line gets another promise, be it for the same date, or none."""
        return self.need_date is not None or self.after is None

    def left(self, *, is_intact: bool) -> "Row":
        """The same for a line that stays as it is, since it would get no date: with its own, or none where that is not kept."""
        after, why = (self.before, "") if is_intact else (None, self.reason)
        return replace(self, requested=self.before, after=after, need_date=None, days_late=0, reason=why)


def ship_dates(seen: PromiseSnapshot, promises: Promises, served: Sequence[OpenLine]) -> list[date | None]:
    """The date that each line's customer is told: not before both the day asked for and the day promised before.

    Lines of a delivery have one date, and none when one of them has none.
    """
    days = promises.ship_day.tolist()
    dates = [
        max(seen.date(days[k]), _floor(line)) if is_promised else None
        for k, (line, is_promised) in enumerate(zip(served, promises.is_promised.tolist(), strict=True))
    ]
    together: dict[Hashable, list[int]] = defaultdict(list)
    for k, line in enumerate(served):
        if (key := delivery_of(line.row)) is not None:
            together[key].append(k)
    for places in together.values():
        of_order = [dates[k] for k in places]
        last = None if None in of_order else max(filter(None, of_order))
        for k in places:
            dates[k] = last
    return dates


ROWS = """
INSERT INTO sales_proposedpromise (proposal_id, place, line_id, requested, before, after, need_date, weight)
SELECT %s, p.place, p.line, p.requested, p.before, p.after, p.need, p.weight
FROM unnest(%s::int[], %s::bigint[], %s::date[], %s::date[], %s::date[], %s::date[], %s::float8[])
    p (place, line, requested, before, after, need, weight)
ORDER BY p.line
"""
"""In the order in which whoever changes lines locks them, as a row keeps the line that it names from changing."""


@begun_again_after_deadlock
def _write(actor: Actor, proposal: Proposal, rows: Sequence[Row], bound: float) -> None:
    fields = ("line_id", "requested", "before", "after", "need_date", "weight")
    columns = [[getattr(row, name) for row in rows] for name in fields]
    with acting(actor):
        exchange([(ROWS, [proposal.pk, list(range(len(rows))), *columns])])
        proposal.days_late, proposal.bound = _days_late(rows), bound
        proposal.state = states.PROPOSED
        proposal.save(update_fields=["days_late", "bound", "state"])


def _figures(rows: Sequence[Row], proposal: Proposal) -> Mapping[str, Any]:
    return {
        "lines": len(rows),
        "later": sum(row.days_late > 0 for row in rows),
        "earlier": sum(row.after is not None and row.after < row.before for row in rows),
        "without_a_date": sum(row.after is None for row in rows),
        "reasons": {str(row.line_id): row.reason for row in rows if row.after is None},
        "weighted_days_late": proposal.days_late,
        "bound": proposal.bound,
    }
