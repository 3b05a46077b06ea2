"""Units kept for classes of order lines, and what lines of each class may be promised: allocated available to promise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from atoll.promise.availability import Availability
from atoll.promise.deliver import deliver, in_turn
from atoll.promise.holdings import Terms
from atoll.promise.promises import Promises
from atoll.promise.serving import begun, ended
from atoll.promise.structure import Structure
from atoll.promise.tables import NOBODY, Integers, Records
from atoll.promise.wanted import Wanted, members


@dataclass(frozen=True, slots=True)
class Share:
    """Units of an item that lines of other classes leave free for those of a class.

    Parameters
    ----------
    item
        Position of the item.
    of_class
        Number of the class; −1 for units that every line leaves: safety stock.
    units
        What is still kept. What the class takes counts against it.
    others
        Units by supply that lines of other classes have given back. They are not kept, so that these lines may have them again.
    """

    item: int
    of_class: int
    units: int
    others: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.units < 0:
            raise ValueError(f"Expected units kept >= 0, got {self.units}.")

    def keeps_from(self, of_class: int) -> bool:
        """Whether lines of a class leave these units."""
        return self.of_class == NOBODY or self.of_class != of_class


@dataclass(frozen=True, slots=True)
class Allotment:
    """What can be promised from, and what of it is kept for classes of lines.

    What a line holds counts for its class until it is served, and what it takes from then on. So nobody else takes it while
    its class is short of its share, and of what is free that much less is kept. No line is refused what it holds itself.

    Examples
    --------
    Of five units three are kept for class 0, which takes two of them; so a line of class 1 finds two free.

    >>> from atoll.promise import WantedLine
    >>> there = Availability(
    ...     supply_item=np.array([0]), supply_day=np.array([0]), supply_free=np.array([5]),
    ...     lead_days=np.array([8]), build_days=np.array([0]), working=np.ones(9, dtype=np.bool_),
    ... )
    >>> allotment, lines = Allotment(there, (Share(item=0, of_class=0, units=3),)), Wanted.of([WantedLine({0: 2})] * 3)
    >>> allotment.promise(lines, np.array([0, 1, 1])).ship_day
    array([0, 0, 8])
    """

    there: Availability | Terms
    shares: Sequence[Share] = field(default=())

    @property
    def availability(self) -> Availability:
        """What can be promised from, whoever holds it."""
        return self.there if isinstance(self.there, Availability) else self.there.availability

    def seen_by(self, of_class: int) -> Availability:
        """What lines of a class may take where nobody holds anything."""
        supply = self.availability.tables.supply.copy()
        for share in self._left(NOTHING_HELD):
            share.withhold(supply, of_class, 0)
        free = self.availability.supply_free.copy()
        free[self.availability.supply_order] = supply["free"]
        return replace(self.availability, supply_free=free, bills=self.availability.structure)

    def promise(self, wanted: Wanted, classes: Integers, delivery: Integers | None = None) -> Promises:
        """Promise lines one after the other, each from what its class may take.

        Parameters
        ----------
        classes
            Number of the class of each line; int64, shape (k,).
        delivery
            As of `promise_complete`; the lines of one delivery, all of one class, stand one after the other. None when not given.

        Raises
        ------
        ValueError
            When there is not one delivery for each line, or lines stand between those of one.
        """
        if delivery is not None and in_turn(delivery).tolist() != [*range(len(wanted))]:
            raise ValueError(f"Expected deliveries of {len(wanted)} lines, the lines of each one after the other.")
        return self.serve(wanted, classes, np.arange(len(wanted)), keeps=len(wanted), delivery=delivery)

    def serve(
        self, wanted: Wanted, classes: Integers, sequence: Integers, *, keeps: int, delivery: Integers | None = None
    ) -> Promises:
        """Promise lines as `promise` does, of which so many keep what they take from the others.

        Parameters
        ----------
        wanted
            The lines of the sequence, in its order.
        classes
            Number of the class of each line, by its position.
        sequence
            The positions of the lines.
        delivery
            Number of the delivery of each of them, in the order of the sequence.

        Notes
        -----
        Lines that follow each other are promised in one call until one of another class takes an item of which units are kept.
        """
        state, is_by_line = begun(self.there, wanted, sequence, keeps=keeps), delivery is None
        if delivery is None:
            delivery = np.full(len(sequence), NOBODY)
        if not self.shares:
            answer = ended(self.there, deliver(state, delivery, 0, len(sequence)), is_by_line=is_by_line)
            return replace(answer, delivery=delivery)
        of_class = classes[sequence]
        shares = self._left(self._held(classes, sequence))
        for first, end, of_run in self._runs(wanted, of_class):
            free, pegs, plans = state.supply["free"].copy(), int(state.now["pegs"][0]), int(state.now["plans"][0])
            for share in shares:
                share.withhold(state.supply, of_run, min(first, keeps))
            withheld_here = free - state.supply["free"]
            state = deliver(state, delivery, first, end)
            state.supply["free"] += withheld_here
            state.supply["kept"] = 0
            peg, plan = state.peg[pegs : int(state.now["pegs"][0])], state.plan[plans : int(state.now["plans"][0])]
            peg, plan = peg[peg["line"] < keeps], plan[plan["line"] < keeps]
            stays = np.flatnonzero(state.answer["stays"][first : min(end, keeps)]) + first
            taken = {*peg["item"].tolist(), *plan["item"].tolist()}
            for share in shares:
                if len(stays) or share.share.item in taken:
                    share.count(peg, plan, of_class, stays)
        return replace(ended(self.there, state, is_by_line=is_by_line), delivery=delivery)

    def left_over(self, wanted: Wanted, classes: Integers) -> Integers:
        """Units of each supply that no line takes, in whatever order they are served; shape of the supplies.

        They are kept for a class beyond what its lines could take and hold.

        Parameters
        ----------
        classes
            Number of the class of each line; int64, shape (k,).

        Notes
        -----
        Until a line of another class is served, those of the class have taken and hold at most so many units. What is kept
        beyond these it leaves of the units that nobody holds, the earliest; so it is still there in the end.
        """
        gone = np.zeros(len(self.availability.supply_item), dtype=np.int64)
        if not self.shares:
            return gone
        free, units = self._held_by_nobody(), _through_all_levels(self.availability.structure, wanted)
        for item in sorted({share.item for share in self.shares}):
            most = self._most(item, units, classes)
            lasting = [share for share in self.shares if share.item == item and share.units > most.get(share.of_class, 0)]
            rows = np.flatnonzero(self.availability.supply_item == item)
            rows = rows[np.argsort(self.availability.supply_day[rows], kind="stable")]
            others = np.array([sum(share.others.get(row, 0) for share in lasting) for row in rows.tolist()], dtype=np.int64)
            kept = np.minimum(np.cumsum(np.maximum(free[rows] - others, 0)), sum(share.units for share in lasting))
            left = np.maximum(kept - sum(most.get(share.of_class, 0) for share in lasting), 0)
            gone[rows] = np.diff(left, prepend=0)
        return gone

    def _held_by_nobody(self) -> Integers:
        """Units of each supply."""
        free = self.availability.supply_free.copy()
        if isinstance(self.there, Terms):
            np.subtract.at(free, self.there.holdings.supply, self.there.holdings.quantity)
            free[self.there.own[self.there.own != self.there.holdings.supply]] = 0
        return free

    def _most(self, item: int, units: "_Units", classes: Integers) -> dict[int, int]:
        """Units of an item that the lines of each class can take and hold at most."""
        rows = units.item == item
        most = np.bincount(units.line[rows], weights=units.units[rows], minlength=len(classes))
        if isinstance(self.there, Terms):
            held, line = self.there.holdings, np.repeat(np.arange(len(classes)), np.diff(self.there.holdings.start))
            rows = self.availability.supply_item[held.supply] == item
            most += np.bincount(line[rows], weights=held.quantity[rows], minlength=len(classes))  # it may give back what it holds
        return {of_class: int(most[classes == of_class].sum()) for of_class in np.unique(classes).tolist()}

    def _left(self, held: "_Held") -> "list[_Left]":
        item, order = self.availability.tables.item, self.availability.supply_order
        left = []
        for share in self.shares:
            begin, end = item["supplies"][[share.item, share.item + 1]].tolist()
            others = np.array([share.others.get(row, 0) for row in order[begin:end].tolist()], dtype=np.int64)
            mine = np.flatnonzero((held.of_class == share.of_class) & (held.item == share.item))
            left.append(_Left(share, slice(begin, end), share.units, others, _Held(*(column[mine] for column in held))))
        return left

    def _held(self, classes: Integers, sequence: Integers) -> "_Held":
        """What lines hold; those that the sequence does not name have their turn after all."""
        if isinstance(self.there, Availability):
            return NOTHING_HELD
        held, there = self.there.holdings, self.availability
        turn = np.full(len(classes), len(sequence))
        turn[sequence] = np.arange(len(sequence))
        place = np.full(len(there.supply_item), NOBODY)
        place[there.supply_order] = np.arange(len(there.supply_order))
        line = np.repeat(np.arange(len(classes)), np.diff(held.start))
        return _Held(turn[line], classes[line], there.supply_item[held.supply], place[held.supply], held.quantity)

    def _runs(self, wanted: Wanted, classes: Integers) -> list[tuple[int, int, int]]:
        """Lines that can be promised in one call, from one to before another, and the class of those that take what is shared."""
        takes, runs, begin, of_run = self._take_shared(wanted).tolist(), [], 0, NOBODY
        for k, of_class in enumerate(classes.tolist()):
            if takes[k] and of_run not in (NOBODY, of_class):
                runs.append((begin, k, of_run))
                begin = k
            of_run = of_class if takes[k] else of_run
        return [*runs, (begin, len(wanted), of_run)]

    def _take_shared(self, wanted: Wanted) -> NDArray[np.bool_]:
        """Whether each line can take an item of which units are kept, at any depth."""
        bills = self.availability.structure
        parent = np.repeat(np.arange(self.availability.items), np.diff(bills.start))
        of_alternate = np.repeat(parent, np.diff(bills.alternate_start))
        shared = np.zeros(self.availability.items, dtype=np.bool_)
        shared[[share.item for share in self.shares]] = True
        for _ in range(int(bills.rank.max(initial=0)) + 1):
            before = int(shared.sum())
            shared[parent[shared[bills.component]]] = True
            shared[of_alternate[shared[bills.alternate]]] = True
            if int(shared.sum()) == before:
                break
        line = np.repeat(np.arange(len(wanted)), np.diff(wanted.start))
        found = np.zeros(len(wanted), dtype=np.bool_)
        found[line[shared[wanted.item]]] = True
        of_alternative = np.repeat(line, np.diff(wanted.alternative_start))
        found[of_alternative[shared[wanted.alternative_item]]] = True
        return found


class _Units(NamedTuple):
    """Units of items that lines can take; shape (u,) each."""

    line: Integers
    item: Integers
    units: Integers


def _through_all_levels(bills: Structure, wanted: Wanted) -> _Units:
    """What lines can take of items: they themselves and all builds for them, of every alternative."""
    line, alternatives = np.repeat(np.arange(len(wanted)), np.diff(wanted.start)), np.diff(wanted.alternative_start)
    level = _Units(
        np.concatenate((line, np.repeat(line, alternatives))),
        np.concatenate((wanted.item, wanted.alternative_item)),
        np.concatenate((wanted.quantity, np.repeat(wanted.quantity, alternatives))),
    )
    levels = [level]
    while len(level.item):
        components, at = np.diff(bills.start)[level.item], members(bills.start, level.item)
        line, units = np.repeat(level.line, components), np.repeat(level.units, components) * bills.per[at]
        others, other = np.diff(bills.alternate_start)[at], members(bills.alternate_start, at)
        level = _Units(
            np.concatenate((line, np.repeat(line, others))),
            np.concatenate((bills.component[at], bills.alternate[other])),
            np.concatenate((units, np.repeat(units, others))),
        )
        levels.append(level)
    return _Units(*(np.concatenate(column) for column in zip(*levels, strict=True)))


class _Held(NamedTuple):
    """Units that lines hold, by turn and class of the line, item, and place of the supply; shape (h,) each."""

    turn: Integers
    of_class: Integers
    item: Integers
    place: Integers
    units: Integers


NOTHING_HELD = _Held(*[np.empty(0, dtype=np.int64)] * 5)


@dataclass(slots=True)
class _Left:
    """What is still kept of a share, in the tables of a call.

    Parameters
    ----------
    places
        Where the supplies of the item stand.
    others
        Units of each of them that are not kept.
    held
        What lines of the class hold of them.
    """

    share: Share
    places: slice
    units: int
    others: Integers
    held: _Held

    def withhold(self, supply: Records, of_class: int, turn: int) -> None:
        """Take from lines of a class what is kept from them: what lines that have not had their turn hold, then what is free.

        It is taken from the earliest supplies: it could be had first.
        """
        if self.units == 0 or not self.share.keeps_from(of_class):
            return
        held, later = np.zeros(len(self.others), dtype=np.int64), self.held.turn >= turn
        np.add.at(held, self.held.place[later] - self.places.start, self.held.units[later])
        here = supply[self.places]
        kept = _first(np.minimum(held, np.maximum(here["held"] - here["kept"], 0)), self.units)
        here["kept"] += kept
        here["free"] -= _first(np.maximum(here["free"] - self.others, 0), self.units - int(kept.sum()))

    def count(self, peg: Records, plan: Records, classes: Integers, stays: Integers) -> None:
        """Count what lines have taken, and what those keep that stay as they are."""
        peg, plan = peg[peg["item"] == self.share.item], plan[plan["item"] == self.share.item]
        mine = classes[peg["line"]] == self.share.of_class
        used = peg["quantity"][mine].sum() + plan["quantity"][classes[plan["line"]] == self.share.of_class].sum()
        used += self.held.units[np.isin(self.held.turn, stays)].sum()
        self.units = max(self.units - int(used), 0)
        np.subtract.at(self.others, peg["supply"][~mine] - self.places.start, peg["quantity"][~mine])
        np.maximum(self.others, 0, out=self.others)


def _first(units: Integers, most: int) -> Integers:
    """What of so many units is taken when the first ones go first."""
    return np.asarray(np.clip(most - (np.cumsum(units) - units), 0, units))


def withheld(availability: Availability, kept: Mapping[int, int]) -> Availability:
    """What a customer class may take when units are kept for others: allocated available to promise.

    Parameters
    ----------
    kept
        Units by item; they are taken from the earliest supplies, so what is kept is what others could have first.

    Raises
    ------
    ValueError
        When a number of units is negative.

    Examples
    --------
    >>> workdays = np.ones(9, dtype=np.bool_)
    >>> there = Availability(
    ...     supply_item=np.array([0, 0]), supply_day=np.array([4, 0]), supply_free=np.array([5, 3]),
    ...     lead_days=np.array([8]), build_days=np.array([0]), working=workdays,
    ... )
    >>> withheld(there, {0: 4}).supply_free
    array([4, 0])
    """
    return Allotment(availability, tuple(Share(item, NOBODY, units) for item, units in kept.items())).seen_by(NOBODY)
