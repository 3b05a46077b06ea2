"""Lines with all levers that are taken for them, promised in their order: what each gets then, and how much is pulled."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import numpy as np

from atoll.promise import (
    Availability,
    Expediting,
    ExpressPurchase,
    Overtime,
    Promises,
    Pulled,
    Wanted,
    WantedLine,
    in_turn,
    overtime_taken,
    promise,
    promise_complete,
)
from atoll_web.purchasing import services as purchasing
from atoll_web.sales.deliveries import numbered
from atoll_web.sales.snapshot import PromiseSnapshot
from atoll_web.words import in_words

CENT, FREE = Decimal("0.01"), Decimal("0.00")

PLENTY = 1 << 40
"""Units of a purchase while it is not known how many are taken of it: more than anybody takes."""


@dataclass(frozen=True, slots=True)
class Part:
    """A lever that is pulled, alone or with others, how it is called and taken, and what it costs.

    Parameters
    ----------
    key
        What is done, whoever it is done for.
    words
        What is done; of a purchase without how much is bought, of overtime without the day.
    row
        Key of the line day, the purchase order line, or what a supplier sells.
    day, on
        That it brings; and on which it is done, of overtime.
    is_expedited
        Whether what is bought is to come as fast as the supplier can.
    minimum, multiple
        In which quantities the supplier sells.
    unit_cost, cost
        Of the company, for each minute or unit and for all of it.
    """

    lever: Pulled
    key: str
    kind: str
    words: str
    row: int
    day: int
    is_expedited: bool = False
    minimum: int = 1
    multiple: int = 1
    unit_cost: Decimal = FREE
    cost: Decimal = FREE
    on: date | None = None

    @property
    def plenty(self) -> Pulled:
        """As much as there can be of it."""
        return replace(self.lever, units=PLENTY) if isinstance(self.lever, ExpressPurchase) else self.lever


@dataclass(frozen=True, slots=True)
class Pull:
    """One thing that has to be done for a lever that changes what can be promised from.

    Parameters
    ----------
    amount
        Minutes of overtime, or units to buy; 0 to expedite an order.
    cost
        Of the company.
    """

    part: Part
    amount: int
    cost: Decimal

    @classmethod
    def of(cls, part: Part, amount: int) -> "Pull":
        """So much of it, in what the supplier sells."""
        if isinstance(part.lever, ExpressPurchase):
            amount = purchasing.rounded_up(amount, part.minimum, part.multiple)
        return cls(part, amount, (part.unit_cost * amount + part.cost).quantize(CENT))

    @property
    def kind(self) -> str:
        """One of `states.LEVERS`."""
        return self.part.kind

    @property
    def words(self) -> str:
        """What is done, how much of it is bought, or on which day."""
        if isinstance(self.part.lever, ExpressPurchase):
            return f"Buy {self.amount:,} × {self.part.words}"
        return f"{self.part.words} on {in_words(self.part.on)}" if self.part.on else self.part.words

    @property
    def lever(self) -> Pulled:
        """In the size in which it is pulled."""
        lever = self.part.lever
        if isinstance(lever, Overtime):
            return replace(lever, minutes=self.amount)
        return replace(lever, units=self.amount) if isinstance(lever, ExpressPurchase) else lever


MOST_NAMED_DAYS = 6
"""Days of overtime that are named one by one."""


def told(pulls: Sequence[Pull]) -> str:
    """All that has to be done, in words: of many days of overtime how many they are, the first and the last."""
    found: dict[str, list[date]] = {}
    for pull in pulls:
        days = found.setdefault(pull.part.words if pull.part.on else pull.words, [])
        days.extend([pull.part.on] if pull.part.on else [])
    return "; ".join(f"{words} on {_in_short(days)}" if days else words for words, days in found.items())


def _in_short(days: Sequence[date]) -> str:
    if len(days) > MOST_NAMED_DAYS:
        return f"{len(days)} days from {in_words(days[0])} to {in_words(days[-1])}"
    return ", ".join(map(in_words, days))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What lines get with all that is taken.

    Parameters
    ----------
    days
        By line: the ship days of what stands in its place.
    there, wanted
        What they are promised from, and all that is promised.
    """

    days: Sequence[Sequence[int]]
    pulls: Sequence[Pull]
    there: Availability
    wanted: Wanted

    @property
    def complete_day(self) -> int | None:
        """The day on which all can ship together; None where one of them is refused then."""
        answer = promise_complete(self.there, self.wanted)
        return int(answer.ship_day.max()) if answer.is_promised.all() else None


@dataclass(frozen=True, slots=True)
class Queue:
    """Lines of one class in the order in which they are served, each with its delivery; None for one on its own."""

    seen: PromiseSnapshot
    wanted: Sequence[WantedLine]
    deliveries: Sequence[Hashable | None]

    def with_levers(
        self, instead: Mapping[int, Sequence[WantedLine]], parts: Sequence[tuple[Part, AbstractSet[int]]]
    ) -> Outcome | None:
        """What the lines get with other lines in the place of some, and with levers that are pulled; None where one is refused.

        Of a purchase those served before take first, and what is kept for others is withheld from what comes first, be it
        bought just now. So that many units are bought as give the lines it is for the day that plenty would: those which they
        take themselves, where these are enough, else also what is taken before them.

        Parameters
        ----------
        instead
            By the place of a line.
        parts
            Levers, each with the places of the lines for which it is pulled.
        """
        trial = _Trial.of(self, instead)
        there, answer = trial.served(part.plenty for part, _ in parts)
        if not parts:
            return trial.outcome(there, answer, ())
        places = frozenset[int]().union(*(places for _, places in parts))
        best = trial.days(answer, places)
        outcome = None
        for sizes in trial.sizes_to_try(there, answer, parts):
            pulls = [Pull.of(part, size) for (part, _), size in zip(parts, sizes, strict=True) if size or _is_expedited(part)]
            with_these, found = trial.served(pull.lever for pull in pulls)
            enough = trial.outcome(with_these, found, pulls)
            outcome = enough or outcome
            if enough and trial.days(found, places) == best:
                break
        return outcome


def _is_expedited(part: Part) -> bool:
    return isinstance(part.lever, Expediting)


@dataclass(frozen=True, slots=True)
class _Trial:
    """All that is promised, the place of the line in whose stead each stands, and its delivery and turn."""

    seen: PromiseSnapshot
    lines: int
    wanted: Wanted
    place: np.ndarray
    delivery: np.ndarray | None
    turn: np.ndarray

    @classmethod
    def of(cls, queue: Queue, instead: Mapping[int, Sequence[WantedLine]]) -> "_Trial":
        pairs = [(k, line) for k, own in enumerate(queue.wanted) for line in instead.get(k, (own,))]
        delivery = numbered([queue.deliveries[k] for k, _ in pairs])
        turn = np.arange(len(pairs))
        if delivery is not None:
            turn[in_turn(delivery)] = np.arange(len(pairs))
        places = np.array([k for k, _ in pairs], dtype=np.int64)
        return cls(queue.seen, len(queue.wanted), Wanted.of(line for _, line in pairs), places, delivery, turn)

    def served(self, levers: Iterable[Pulled]) -> tuple[Availability, Promises]:
        """What there is with levers, and the promises from it."""
        there = self.seen.with_levers(tuple(levers))
        if self.delivery is None:
            return there, promise(there, self.wanted)
        return there, promise_complete(there, self.wanted, self.delivery)

    def days(self, answer: Promises, places: AbstractSet[int]) -> list[int]:
        """The days of some lines; −1 for one that is refused."""
        rows = np.isin(self.place, [*places])
        return np.where(answer.is_promised, answer.ship_day, -1)[rows].tolist()

    def outcome(self, there: Availability, answer: Promises, pulls: Sequence[Pull]) -> Outcome | None:
        if not answer.is_promised.all():
            return None
        days = [answer.ship_day[self.place == k].tolist() for k in range(self.lines)]
        return Outcome(days, pulls, there, self.wanted)

    def sizes_to_try(
        self, there: Availability, answer: Promises, parts: Sequence[tuple[Part, AbstractSet[int]]]
    ) -> list[tuple[int, ...]]:
        """Minutes and units that are taken of levers pulled in plenty, by those they are for, and by those before them as well.

        It is 0 for what is expedited. Overtime always counts for those before as well: they take what is free otherwise.
        """
        return [*dict.fromkeys(self._sizes(there, answer, parts, counts_before=before) for before in (False, True))]

    def _sizes(
        self,
        there: Availability,
        answer: Promises,
        parts: Sequence[tuple[Part, AbstractSet[int]]],
        *,
        counts_before: bool,
    ) -> tuple[int, ...]:
        sizes, row = [], len(self.seen.supplies)
        for part, places in parts:
            own = self._with_deliveries(np.isin(self.place, [*places]))
            ahead = self.turn <= self.turn[own].max()
            size = 0
            if isinstance(part.lever, Overtime):
                size = overtime_taken(self.seen.availability, part.lever, answer, there, lines=np.flatnonzero(ahead))
            elif isinstance(part.lever, ExpressPurchase):
                counted = ahead if counts_before else own
                size = int(answer.peg_quantity[(answer.peg_supply == row) & counted[answer.peg_line]].sum())
                size += (PLENTY - int(there.supply_free[row])) if size else 0
                row += 1
            sizes.append(size)
        return tuple(sizes)

    def _with_deliveries(self, rows: np.ndarray) -> np.ndarray:
        """Rows with all that ship together with them."""
        if self.delivery is None:
            return rows
        return rows | np.isin(self.delivery, [n for n in self.delivery[rows].tolist() if n >= 0])
