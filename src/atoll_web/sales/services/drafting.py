"""What customers ask for, checked and resolved: the common first step of inquiries, quotes and orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from atoll.errors import AtollError, BadInput, Issue
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Revision
from atoll_web.sales.errors import QuantityNotPositive, RequestDateInThePast, RequestDateTooFar
from atoll_web.sales.snapshot import Master, Work

MOST_UNITS = 100_000
"""Beyond this a quantity is taken for a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class NewLine:
    """What a customer asks for: a model, choices by feature, units, and a day (empty: as soon as possible)."""

    model: str
    choices: Mapping[str, Any]
    quantity: int = 1
    request_date: date | None = None


@dataclass(frozen=True, slots=True)
class Drafted:
    """A line whose choices are valid, with what they come to."""

    line: NewLine
    revision: Revision
    resolved: catalogue.Resolved

    def work(self) -> Work:
        """What is to be promised for it."""
        quantity = self.line.quantity
        return Work(
            {item: per * quantity for item, per in self.resolved.bill.items()},
            self.resolved.minutes * quantity,
            self.revision.product_model_id,
            self.line.request_date,
        )


class Drafter:
    """Checks and resolves lines; equal ones are resolved once."""

    def __init__(self, there: Master, today: date) -> None:
        self.today = today
        self._last_day = there.last_day or today
        self._revisions: dict[str, Revision] = {}
        self._resolved: dict[object, catalogue.Resolved] = {}

    def draft(self, line: NewLine) -> Drafted:
        """One line.

        Raises
        ------
        QuantityNotPositive, RequestDateInThePast, RequestDateTooFar, UnknownModel, ModelNotOrderable, InvalidConfiguration
            With the facts.
        """
        self._check(line)
        if (revision := self._revisions.get(line.model)) is None:
            revision = self._revisions[line.model] = catalogue.orderable_revision(line.model, self.today)
        return Drafted(line, revision, self._resolve(line, revision))

    def draft_all(self, lines: Sequence[tuple[str, NewLine]]) -> list[Drafted]:
        """Many lines, each with the place that a fault of it is told for.

        Raises
        ------
        AtollError
            Of the line, where just one is at fault; `BadInput` with one issue for each line otherwise.
        """
        drafts, faults = [], []
        for place, line in lines:
            try:
                drafts.append(self.draft(line))
            except AtollError as fault:
                faults.append((place, fault))
        raise_all(faults)
        return drafts

    def _check(self, line: NewLine) -> None:
        if not 1 <= line.quantity <= MOST_UNITS:
            raise QuantityNotPositive(quantity=line.quantity, most=MOST_UNITS)
        if line.request_date is not None and line.request_date < self.today:
            raise RequestDateInThePast(day=line.request_date, today=self.today)
        if line.request_date is not None and line.request_date > self._last_day:
            raise RequestDateTooFar(day=line.request_date, last=self._last_day)

    def _resolve(self, line: NewLine, revision: Revision) -> catalogue.Resolved:
        key = (line.model, tuple(sorted((code, str(value)) for code, value in line.choices.items())), line.quantity)
        if key not in self._resolved:
            self._resolved[key] = catalogue.resolve(revision, line.choices, self.today, line.quantity)
        return self._resolved[key]


def raise_all(faults: Sequence[tuple[str, AtollError]]) -> None:
    """Raise the one fault there is, or all of them together, each with its place."""
    if len(faults) == 1:
        raise faults[0][1]
    if faults:
        raise BadInput(Issue(place, fault.code, str(fault), fault.hint) for place, fault in faults)
