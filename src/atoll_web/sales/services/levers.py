"""What would make a line earlier: options, substitutes, splits, overtime, faster purchases, with words for people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from atoll.model.product import FeatureKind
from atoll.promise import (
    AS_SOON_AS_POSSIBLE,
    Availability,
    Binding,
    Cause,
    Expediting,
    ExpressPurchase,
    Improvement,
    Lever,
    OtherOption,
    Overtime,
    Promises,
    Splitting,
    Step,
    Substitution,
    Wanted,
    WantedLine,
    applied,
    delivery_improvements,
    explain,
    improvements,
    overtime_taken,
    promise,
    promise_complete,
)
from atoll_web.bulk import exchange
from atoll_web.catalogue.snapshot import calendar, configurator, product_model
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.sales import states
from atoll_web.sales.answering import in_words
from atoll_web.sales.services.drafting import Buyer, Drafted, Drafter, NewLine
from atoll_web.sales.snapshot import PromiseSnapshot, alternatives

MOST_OPTIONS = 3
"""Other options that are offered for a line, the cheapest."""

CENT = Decimal("0.01")

OVERTIME_DAYS = 10
"""Days of overtime that are looked at, the first ones."""

OVERTIME = """
SELECT d.id, d.line_id, l.code, d.day, l.overtime_minutes - d.overtime, l.overtime_rate
FROM catalogue_lineday d JOIN catalogue_assemblyline l ON l.id = d.line_id
JOIN catalogue_assemblyline_builds b ON b.assemblyline_id = l.id
WHERE b.productmodel_id = %s AND d.day > %s AND d.day <= %s AND l.overtime_minutes > d.overtime
ORDER BY d.day, d.line_id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Faster:
    """A way to have a line earlier.

    Parameters
    ----------
    key
        By which it is taken, such as ``option:arm=ARM-S``.
    kind
        One of `states.LEVERS`.
    cost
        More than without it, for all units: for an option or a split in what the customer pays, else in what the company pays.
    first_units, rest_date
        Of a split: units of the first delivery, and the day of the others; 0 and None otherwise.
    lines
        The order lines that take the place of the line.
    """

    key: str
    kind: str
    words: str
    ship_date: date
    days_earlier: int
    cost: Decimal
    currency: str
    lines: tuple[NewLine, ...]
    first_units: int = 0
    rest_date: date | None = None
    pull: "Pull | None" = None

    @property
    def needs_order(self) -> bool:
        """Whether it spends the company's money, so that a quote cannot hold it."""
        return self.pull is not None


@dataclass(frozen=True, slots=True)
class Pull:
    """What has to be done for a lever that changes what can be promised from.

    Parameters
    ----------
    key
        Of the line day, the supply or the item.
    amount
        Minutes of overtime, or units to buy; 0 to expedite an order.
    """

    key: int
    amount: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """A lever, and how it is called and taken."""

    lever: Lever
    key: str
    kind: str
    words: str
    lines: tuple[NewLine, ...]
    row: int = 0


@dataclass(frozen=True, slots=True)
class OtherChoice:
    """Another option of a line, and the line with it."""

    key: str
    words: str
    drafted: Drafted


@dataclass(frozen=True, slots=True)
class Delivery:
    """What can be promised from, and the lines with which a line ships together: those before it, and those behind it."""

    there: Availability
    before: Sequence[WantedLine]
    behind: Sequence[WantedLine]


@dataclass(frozen=True, slots=True)
class Question:
    """A line, and all that is asked about it.

    Parameters
    ----------
    others
        The line with other options.
    there
        What the lines before it leave.
    answer
        The line's own promise from that.
    delivery
        Where it ships together with others: then what makes it earlier is what makes all of them earlier.
    """

    drafted: Drafted
    others: tuple[OtherChoice, ...]
    buyer: Buyer
    drafter: Drafter
    seen: PromiseSnapshot
    wanted: WantedLine
    there: Availability
    answer: Promises
    delivery: Delivery | None = None

    def improvements(self, levers: Sequence[Lever]) -> tuple[Improvement, ...]:
        """What each lever alone makes of the line's day, or of that of its delivery."""
        if self.delivery is None:
            return improvements(self.there, self.soonest, levers)
        lines = [*self.delivery.before, self.wanted, *self.delivery.behind]
        return delivery_improvements(self.delivery.there, Wanted.of(lines), len(self.delivery.before), levers)

    def with_lever(self, lever: Overtime | ExpressPurchase) -> tuple[Availability, Promises]:
        """What there would be without the lever, and the promises with it."""
        if self.delivery is None:
            return self.there, promise(applied(self.there, lever), Wanted.of([self.soonest]))
        lines = Wanted.of([*self.delivery.before, self.wanted, *self.delivery.behind])
        return self.delivery.there, promise_complete(applied(self.delivery.there, lever), lines)

    def price(self, line: NewLine) -> Decimal:
        """What the customer pays for all units of a line."""
        return self.drafter.draft(line, self.buyer).price

    @property
    def soonest(self) -> WantedLine:
        """The line as soon as possible."""
        return replace(self.wanted, requested_day=AS_SOON_AS_POSSIBLE)


def faster(question: Question) -> tuple[Faster, ...]:
    """Ways to have a line earlier than promised, the earliest and then the cheapest first.

    Nothing is offered for a line that only waits for the day which the customer wants.
    """
    binding = question.answer.binding(0)
    if binding.cause is Cause.REQUEST:
        return ()
    found = [
        *_options(question, binding),
        *_substitutes(question, binding),
        *_split(question),
        *_overtime(question),
        *_purchases(question),
    ]
    by_lever = {id(one.lever): one for one in found}
    better = question.improvements([one.lever for one in found])
    offers = [_offer(question, one, by_lever[id(one.lever)]) for one in better]
    cheapest = sorted((one for one in offers if one.kind == states.OPTION), key=lambda one: one.cost)[:MOST_OPTIONS]
    return tuple(one for one in offers if one.kind != states.OPTION or one in cheapest)


def _offer(question: Question, better: Improvement, found: _Found) -> Faster:
    line, seen = question.drafted.line, question.seen
    key, words, lines, cost = found.key, found.words, found.lines, better.cost
    rest = None
    if found.kind == states.SPLIT:
        lines = (replace(line, quantity=better.first_units), replace(line, quantity=line.quantity - better.first_units))
        key, rest = f"{states.SPLIT}:{better.first_units}", seen.date(better.rest_day)
        words = f"{lines[0].quantity} of {line.quantity} units first, the others on {in_words(rest)}"
        cost = sum((question.price(part) for part in lines), -question.drafted.price)
    return Faster(
        key=key,
        kind=found.kind,
        words=words,
        ship_date=seen.date(better.ship_day),
        days_earlier=better.days_earlier,
        cost=cost,
        currency=question.drafted.currency if found.kind in {states.OPTION, states.SPLIT} else question.drafter.there.currency,
        lines=lines or (line,),
        first_units=better.first_units,
        rest_date=rest,
        pull=_pull(question, found),
    )


def _pull(question: Question, found: _Found) -> Pull | None:
    """What has to be done, and how much of it the line takes."""
    lever = found.lever
    if isinstance(lever, Expediting):
        return Pull(found.row)
    if isinstance(lever, Overtime):
        there, answer = question.with_lever(lever)
        return Pull(found.row, overtime_taken(there, lever, answer))
    if isinstance(lever, ExpressPurchase):
        _, answer = question.with_lever(lever)
        return Pull(found.row, int(answer.plan_quantity[answer.plan_item == lever.item].sum()))
    return None


def other_choices(drafted: Drafted, drafter: Drafter, buyer: Buyer) -> tuple[OtherChoice, ...]:
    """Each other option that goes with all other choices of a line."""
    values, found = drafted.resolved.values, []
    domains = configurator(drafted.revision, drafter.today).domains(values)
    for feature in product_model(drafted.revision).features:
        if feature.kind not in {FeatureKind.ONE, FeatureKind.OPTIONAL}:
            continue
        names = {option.code: option.name for option in feature.options}
        for value, is_possible in domains[feature.code].items():
            if is_possible and value != values[feature.code]:
                line = replace(drafted.line, choices={**values, feature.code: value})
                key = f"{states.OPTION}:{feature.code}={value}"
                found.append(OtherChoice(key, f"{feature.name}: {names.get(value, value)}", drafter.draft(line, buyer)))
    return tuple(found)


def _options(question: Question, binding: Binding) -> Iterator[_Found]:
    """Each other option that takes less of what binds."""
    at = question.seen.items.at
    for other in question.others:
        if not _takes_less(question, other.drafted, binding):
            continue
        work = other.drafted.work()
        lever = OtherOption(
            name=other.words,
            requirements={at[item]: units for item, units in work.requirements.items()},
            minutes=work.minutes,
            cost=other.drafted.price - question.drafted.price,
            alternatives=alternatives(work, question.seen.items),
        )
        yield _Found(lever, other.key, states.OPTION, other.words, (other.drafted.line,))


def _substitutes(question: Question, binding: Binding) -> Iterator[_Found]:
    """Each substitute of an item that what binds goes into."""
    if binding.item < 0:
        return
    items, there, draft = question.seen.items, question.drafter.there.structure, question.drafted
    for item, substitutes in draft.resolved.substitutes.items():
        if items.ids[binding.item] not in items.reachable([item]):
            continue
        own = items.codes[item]
        for substitute in substitutes:
            code, units = items.codes[substitute], draft.resolved.bill[item] * draft.line.quantity
            more = (there.costs[code].total - there.costs[own].total) * units
            lever = Substitution(items.at[item], items.at[substitute], more.quantize(CENT))
            line = replace(draft.line, agreed=(*draft.line.agreed, (item, substitute)))
            words = f"Take {there.items[code].name} ({code}) instead of {there.items[own].name} ({own})"
            yield _Found(lever, f"{states.SUBSTITUTE}:{own}={code}", states.SUBSTITUTE, words, (line,))


def _takes_less(question: Question, other: Drafted, binding: Binding) -> bool:
    """Whether a configuration takes less of the item that binds, at any depth, or less time where the lines bind."""
    if binding.item < 0:
        return other.resolved.minutes < question.drafted.resolved.minutes
    items, now, then = question.seen.items, question.drafted.resolved.bill, other.resolved.bill
    less = [key for key, units in now.items() if then.get(key, 0) < units]
    return any(items.ids[binding.item] in items.reachable([key]) for key in less)


def _split(question: Question) -> Iterator[_Found]:
    units = question.drafted.line.quantity
    if units > 1:
        yield _Found(Splitting(units), "", states.SPLIT, "", ())


def _overtime(question: Question) -> Iterator[_Found]:
    """Overtime of each line that builds the model on each of the first days up to the promise."""
    seen = question.seen
    last = seen.date(question.answer.ship_day[0] if question.answer.is_promised[0] else question.there.last_day)
    parameters = [question.drafted.revision.product_model_id, seen.today, last, OVERTIME_DAYS]
    (rows,) = exchange([(OVERTIME, parameters)])
    for key, line, code, day, minutes, rate in rows:
        lever = Overtime(line, (day - seen.today).days, minutes, rate)
        yield _Found(lever, f"{states.OVERTIME}:{key}", states.OVERTIME, f"Overtime on line {code} on {in_words(day)}", (), key)


def _purchases(question: Question) -> Iterator[_Found]:
    """The purchase that comes last, whether it is ordered already or not, where its supplier can be faster."""
    if not question.answer.is_promised[0]:
        item = question.answer.binding(0).item
        yield from _express(question, item) if item >= 0 else ()
        return
    last = explain(question.there, question.answer, 0)[-1]
    if last.step is Step.SUPPLY and question.seen.supplies[last.supply].kind == "purchase":
        yield from _expediting(question, last.supply)
    if last.step is Step.PURCHASE:
        yield from _express(question, last.item)


def _expediting(question: Question, supply: int) -> Iterator[_Found]:
    free, seen = question.seen.supplies[supply], question.seen
    line = PurchaseOrderLine.objects.select_related("order", "item").get(supply=free.supply_id)
    source = SupplierItem.objects.filter(supplier=line.order.supplier_id, item=line.item_id, expedited_days__isnull=False).first()
    if source is None:
        return
    due = purchasing.expedited_due(line, source, seen.today, calendar())
    day = (due - seen.today).days + free.margin_days
    lever = Expediting(supply, days=int(question.there.supply_day[supply]), cost=source.expedite_cost, not_before=day)
    words = f"Expedite {line.item.code} of {line.order.number}, there on {in_words(due)}"
    yield _Found(lever, f"{states.EXPEDITE}:{line.pk}", states.EXPEDITE, words, (), line.pk)


def _express(question: Question, item: int) -> Iterator[_Found]:
    seen = question.seen
    sold = SupplierItem.objects.select_related("item", "supplier").filter(preferred=True, expedited_days__isnull=False)
    source = sold.filter(item=seen.items.ids[item]).first()
    if source is None:
        return
    due = purchasing.due_when_ordered(source, seen.today, calendar(), expedited=True)
    day = (due - seen.today).days + purchasing.margin(source.supplier)
    words = f"Buy {source.item.code} from {source.supplier.name} express, there on {in_words(due)}"
    yield _Found(
        ExpressPurchase(item, day, source.expedite_cost),
        f"{states.EXPRESS}:{source.item.code}",
        states.EXPRESS,
        words,
        (),
        source.item_id,
    )
