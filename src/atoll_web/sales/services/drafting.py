"""What customers ask for, checked and resolved: the common first step of inquiries, quotes and orders."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from atoll.configure import Margin, margin
from atoll.configure.errors import InvalidConfiguration
from atoll.configure.terms import Terms
from atoll.errors import AtollError, BadInput, Issue
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Revision
from atoll_web.catalogue.snapshot import product_model
from atoll_web.pricing import services as pricing
from atoll_web.sales.deliveries import LONGEST_GROUP
from atoll_web.sales.errors import DeliveryGroupRefused, QuantityNotPositive, RequestDateInThePast, RequestDateTooFar
from atoll_web.sales.models import Customer
from atoll_web.sales.snapshot import Master, Work

MOST_UNITS = 100_000
"""Beyond this a quantity is taken for a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class NewLine:
    """What a customer asks for: a model, choices by feature, units, and a day (empty: as soon as possible).

    Parameters
    ----------
    place
        Where it was read, for which a fault of it is told.
    agreed
        Keys of items with those of their substitutes that may be taken.
    delivery_group
        Lines of an order that name the same one leave together; empty for a line that leaves on its own. Spaces around it do not
        count.
    """

    model: str
    choices: Mapping[str, Any]
    quantity: int = 1
    request_date: date | None = None
    place: str = ""
    agreed: tuple[tuple[int, int], ...] = ()
    delivery_group: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "delivery_group", self.delivery_group.strip(" "))


@dataclass(frozen=True, slots=True)
class Buyer:
    """On whose terms a line is priced: the currency they pay in, their class, and the code of their own price list."""

    currency: str = ""
    customer_class: str = ""
    price_list: str = ""

    @classmethod
    def of(cls, customer: Customer) -> "Buyer":
        """A customer, read with the price list."""
        return cls(customer.currency, customer.customer_class, customer.price_list.code if customer.price_list else "")


ANYBODY = Buyer()


@dataclass(frozen=True, slots=True)
class Price:
    """An amount, and the currency that it is in."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:,.2f} {self.currency}"


@dataclass(frozen=True, slots=True)
class Drafted:
    """A line whose choices are valid, with what they come to.

    Parameters
    ----------
    unit_price, currency
        Of each unit when so many are ordered, on the buyer's terms.
    margin
        What is left of that over material and labour. Nobody outside should see it.
    customer_class
        Of the buyer: units that are kept for others are left.
    """

    line: NewLine
    revision: Revision
    resolved: catalogue.Resolved
    unit_price: Decimal
    currency: str
    margin: Margin
    customer_class: str

    @property
    def price(self) -> Decimal:
        """Of all units."""
        return self.unit_price * self.line.quantity

    @property
    def on_terms(self) -> bool:
        """Whether the buyer pays another price than the product model says."""
        return Price(self.unit_price, self.currency) != Price(self.resolved.unit_price, product_model(self.revision).currency)

    def work(self) -> Work:
        """What is to be promised for it."""
        quantity = self.line.quantity
        return Work(
            {item: per * quantity for item, per in self.resolved.bill.items()},
            self.resolved.minutes * quantity,
            self.revision.product_model_id,
            self.line.request_date,
            with_agreed(self.resolved.alternates, self.resolved.substitutes, self.line.agreed),
            self.customer_class,
        )


def with_agreed(
    alternates: Mapping[int, Sequence[int]], substitutes: Mapping[int, Sequence[int]], agreed: Sequence[tuple[int, int]]
) -> dict[int, tuple[int, ...]]:
    """What may be taken for items: their alternates, and those of their substitutes that somebody agreed to."""
    found = {item: tuple(others) for item, others in alternates.items()}
    for item, substitute in agreed:
        if substitute in substitutes.get(item, ()):
            found[item] = (*found.get(item, ()), substitute)
    return found


@dataclass(frozen=True, slots=True)
class Under:
    """A revision, and the day whose rules and prices count."""

    revision: Revision
    on: date


class Drafter:
    """Checks and resolves lines; equal ones are resolved once."""

    def __init__(self, there: Master, today: date) -> None:
        self.there, self.today = there, today
        self._revisions: dict[str, Revision] = {}
        self._terms: dict[tuple[Buyer, date], Terms] = {}
        self._priced: dict[object, pricing.Priced] = {}

    def draft(self, line: NewLine, buyer: Buyer = ANYBODY, under: Under | None = None) -> Drafted:
        """One line.

        Parameters
        ----------
        under
            What its choices are checked and priced by; what is orderable today when not given.

        Raises
        ------
        QuantityNotPositive, RequestDateInThePast, RequestDateTooFar, DeliveryGroupRefused, UnknownModel, ModelNotOrderable,
        InvalidConfiguration
            With the facts.
        BadInput
            When several things are wrong with it, with all of them.
        """
        drafted, faults = self._drafted(line, buyer, under)
        raise_all([("", fault) for fault in faults])
        assert drafted is not None  # or there was a fault
        return drafted

    def _drafted(self, line: NewLine, buyer: Buyer, under: Under | None = None) -> tuple[Drafted | None, list[AtollError]]:
        """One line, or all that is wrong with it."""
        faults, drafted = [*self._faults(line)], None
        try:
            under = under or self._orderable(line.model)
            found = self._price(replace(line, quantity=1) if faults else line, under, buyer)
            priced = found.resolved, found.unit_price, found.currency, found.margin
            drafted = Drafted(line, under.revision, *priced, buyer.customer_class)
        except AtollError as fault:
            faults.append(fault)
            if under is not None and not isinstance(fault, InvalidConfiguration):
                faults += catalogue.conflict_of_rest(under.revision, line.choices, under.on)
        return drafted, faults

    def _orderable(self, model: str) -> Under:
        if (revision := self._revisions.get(model)) is None:
            revision = self._revisions[model] = catalogue.orderable_revision(model, self.today, self.there.released)
        return Under(revision, self.today)

    def draft_all(self, lines: Sequence[tuple[str, NewLine, Buyer]]) -> tuple[list[Drafted], list[tuple[str, AtollError]]]:
        """Many lines, each with the place that a fault of it is told for, and the faults."""
        drafts: list[Drafted] = []
        faults: list[tuple[str, AtollError]] = []
        for place, line, buyer in lines:
            drafted, found = self._drafted(line, buyer)
            if drafted is None or found:
                faults += [(place, fault) for fault in found]
            else:
                drafts.append(drafted)
        return drafts, faults

    def _faults(self, line: NewLine) -> Iterator[AtollError]:
        """What is wrong with the quantity, the date and the delivery group."""
        if not 1 <= line.quantity <= MOST_UNITS:
            yield QuantityNotPositive(quantity=line.quantity, most=MOST_UNITS)
        last = self.there.last_day or self.today
        if line.request_date is not None and line.request_date < self.today:
            yield RequestDateInThePast(day=line.request_date, today=self.today)
        elif line.request_date is not None and line.request_date > last:
            yield RequestDateTooFar(day=line.request_date, last=last)
        if len(line.delivery_group) > LONGEST_GROUP or not line.delivery_group.isprintable():
            yield DeliveryGroupRefused(group=line.delivery_group, most=LONGEST_GROUP)

    def _price(self, line: NewLine, under: Under, buyer: Buyer) -> pricing.Priced:
        choices = tuple(sorted((code, str(value)) for code, value in line.choices.items()))
        key = (under.revision.pk, under.on, choices, line.quantity, buyer)
        if key not in self._priced:
            self._priced[key] = self._price_anew(line, under, buyer)
        return self._priced[key]

    def _price_anew(self, line: NewLine, under: Under, buyer: Buyer) -> pricing.Priced:
        own, of_model = self.there.currency, product_model(under.revision).currency
        if not self.there.has_price_lists and {buyer.currency or own, of_model} == {own}:
            resolved = catalogue.resolve(under.revision, line.choices, under.on, line.quantity, self.there.structure)
            return pricing.Priced(resolved, resolved.unit_price, own, (), margin(resolved.unit_price, resolved.cost))
        if (buyer, under.on) not in self._terms:
            self._terms[buyer, under.on] = pricing.terms(
                on=under.on, currency=buyer.currency, customer_class=buyer.customer_class, price_list=buyer.price_list
            )
        terms = self._terms[buyer, under.on]
        return pricing.resolve(
            revision=under.revision,
            choices=line.choices,
            today=under.on,
            quantity=line.quantity,
            terms=terms,
            there=self.there.structure,
        )


def raise_all(faults: Sequence[tuple[str, AtollError]], issues: Sequence[Issue] = ()) -> None:
    """Raise the one fault there is, its place being in the cause, or all of them together, each with its place.

    Parameters
    ----------
    faults
        Each with the place of its line or order: a path, such as ``lines.0``, or ``line 2`` of a CSV file.
    issues
        What is known to be wrong besides, with its place.
    """
    if not faults and not issues:
        return
    together = BadInput([*issues, *(issue for place, fault in faults for issue in _issues(place, fault))])
    if len(together.issues) == len(faults) == 1:
        raise faults[0][1] from together
    raise together


class RowPlace(str):
    """The line of a CSV file, with the features that have a column of their own there, and how to mend what is wrong in each."""

    remedies: Mapping[str, str]

    @classmethod
    def of(cls, number: int, remedies: Mapping[str, str]) -> "RowPlace":
        """The place of a line by its number."""
        place = cls(f"line {number}")
        place.remedies = remedies
        return place

    def columns(self, field: str, features: Sequence[str]) -> str:
        """The columns of a field, which may be the choice of features."""
        names = [name if name in self.remedies else field for name in features] or [field.replace("reference", "order")]
        return f"{self}, column{'s' * (len({*names}) > 1)} {', '.join(dict.fromkeys(names))}" if field else self


def _issues(place: str, fault: AtollError) -> Iterator[Issue]:
    """What is wrong, each at its field. In a CSV file features have columns of their own or share one."""
    for issue, features in _told(fault):
        if isinstance(place, RowPlace):
            hint = place.remedies.get(features[0], "") if issue.code in {"unknown-feature", "unknown-option"} else issue.hint
            yield replace(issue, source=place.columns(issue.source, features), hint=hint)
        else:
            path = (place, issue.source, *(features if isinstance(fault, BadInput) else ()))
            yield replace(issue, source=".".join(filter(None, path)))


def _told(fault: AtollError) -> Iterator[tuple[Issue, Sequence[str]]]:
    """What is wrong, each with its field, and the features whose choice it is about."""
    if isinstance(fault, BadInput):
        for issue in fault.issues:
            feature = issue.source.removeprefix("choice of `").rstrip("`")
            yield (issue, ()) if feature == issue.source else (replace(issue, source="choices"), [feature])
    else:
        yield Issue(FIELD_OF_FAULT.get(fault.code, ""), fault.code, str(fault), fault.hint), _features_of(fault)


def _features_of(fault: AtollError) -> list[str]:
    """Features whose choice a fault is about."""
    if isinstance(fault, InvalidConfiguration):
        return [code for code, _ in fault.facts["choices"]]
    return [fault.facts[name] for name in ("feature_code", "feature") if name in fault.facts][:1]


FIELD_OF_FAULT = {
    "quantity-not-positive": "quantity",
    "request-date-in-the-past": "request_date",
    "request-date-too-far": "request_date",
    "delivery-group-refused": "delivery_group",
    "delivery-group-left": "delivery_group",
    "unknown-model": "model",
    "model-not-orderable": "model",
    "unknown-feature": "choices",
    "unknown-option": "choices",
    "invalid-configuration": "choices",
    "unknown-customer": "customer",
    "no-customer": "customer",
    "customer-on-hold": "customer",
    "idempotency-key-used": "reference",
    "reference-twice": "reference",
    "quote-without-days": "days",
    "no-lines": "lines",
}
"""Where a fault is; all others are of the whole line or order."""
