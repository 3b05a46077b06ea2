"""What would make a line earlier: options, substitutes, splits, overtime, faster purchases, with words for people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import product

from atoll.promise import (
    CANNOT_BE_SUPPLIED,
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
    Together,
    Wanted,
    WantedLine,
    applied,
    delivery_improvements,
    explain,
    improvements,
    needed,
    promise,
)
from atoll_web.bulk import exchange
from atoll_web.catalogue.snapshot import calendar
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.sales import states
from atoll_web.sales.answering import in_words
from atoll_web.sales.services.drafting import Buyer, Drafted, Drafter, NewLine
from atoll_web.sales.services.options import other_choices
from atoll_web.sales.services.together import CENT, FREE, Outcome, Part, Pull, Queue, told
from atoll_web.sales.snapshot import PromiseSnapshot, alternatives

PAID_BY_CUSTOMER = (states.OPTION, states.SPLIT)
"""Levers that are other lines, at another price."""

OF_LINE = (*PAID_BY_CUSTOMER, states.SUBSTITUTE)
"""Levers that change the line; all others are pulled."""

MOST_OPTIONS = 3
"""Other options that are offered for a line, the cheapest."""

OVERTIME_DAYS = 10
"""Days of overtime that are looked at one by one, the first ones."""

MOST_OVERTIME_DAYS = 60
"""Days of overtime that are looked at together."""

MOST_TOGETHER = 4
"""Purchases that are made faster together."""

OVERTIME = """
SELECT d.id, d.line_id, l.code, d.day, l.overtime_minutes - d.overtime, l.overtime_rate
FROM catalogue_lineday d JOIN catalogue_assemblyline l ON l.id = d.line_id
JOIN catalogue_assemblyline_builds b ON b.assemblyline_id = l.id
WHERE b.productmodel_id = %s AND d.day >= %s AND d.day <= %s AND l.overtime_minutes > d.overtime AND d.reserved <= d.capacity
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
    days_earlier
        Than without it; 0 where there is no date without it, and below 0 where it is later beside other levers.
    cost
        More than without it, for all units: for an option or a split in what the customer pays, else in what the company pays.
    first_units, rest_date
        Of a split: units of the first delivery, and the day of the others; 0 and None otherwise.
    lines, wanted
        The order lines that take the place of the line, and what is to be promised for them; none where it stays as it is.
    pulls
        What has to be done for it.
    had_date
        Whether the line has a date without it.
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
    wanted: tuple[WantedLine, ...] = ()
    pulls: tuple[Pull, ...] = ()
    had_date: bool = True

    @property
    def is_in_vain(self) -> bool:
        """Whether its line is no earlier by it, beside other levers."""
        return self.had_date and self.days_earlier <= 0

    @property
    def needs_order(self) -> bool:
        """Whether it spends the company's money, so that a quote cannot hold it."""
        return bool(self.pulls)

    @property
    def is_needed(self) -> bool:
        """Whether anything is done for it: what is pulled may not be needed beside the other levers that are chosen."""
        return bool(self.pulls) or self.kind in OF_LINE

    @property
    def is_paid_by_customer(self) -> bool:
        """Whether its cost is in what the customer pays."""
        return self.kind in PAID_BY_CUSTOMER

    @property
    def paid_by(self) -> str:
        """Who pays its cost."""
        return "customer" if self.is_paid_by_customer else "company"


@dataclass(frozen=True, slots=True)
class _Found:
    """A lever, and how it is called and taken; `parts` of one that is pulled, and all of its kind from which these are."""

    lever: Lever
    key: str
    kind: str
    words: str
    lines: tuple[NewLine, ...] = ()
    parts: tuple[Part, ...] = ()
    all_parts: tuple[Part, ...] = ()


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
    there
        What the lines before it leave.
    answer
        The line's own promise from that.
    delivery
        Where it ships together with others: then what makes it earlier is what makes all of them earlier.
    queue, place
        All lines that are ordered together, and where among them the line stands.
    """

    drafted: Drafted
    buyer: Buyer
    drafter: Drafter
    seen: PromiseSnapshot
    wanted: WantedLine
    there: Availability
    answer: Promises
    queue: Queue
    place: int = 0
    delivery: Delivery | None = None

    def improvements(self, levers: Sequence[Lever]) -> tuple[Improvement, ...]:
        """What each lever alone makes of the line's day, or of that of its delivery."""
        if self.delivery is None:
            return improvements(self.there, self.wanted, levers)
        lines = [*self.delivery.before, self.wanted, *self.delivery.behind]
        return delivery_improvements(self.delivery.there, Wanted.of(lines), len(self.delivery.before), levers)


def faster(question: Question) -> tuple[Faster, ...]:
    """Ways to have a line earlier than promised, though not before the day asked for, the earliest and then the cheapest first.

    Nothing is offered for a line that only waits for the day which the customer wants, or which ships as soon as anything can.
    """
    binding = question.answer.binding(0)
    if binding.cause is Cause.REQUEST or (binding.cause is Cause.NOTHING and question.delivery is None):
        return ()
    of_customer = [*_options(question, binding), *_substitutes(question, binding), *_split(question)]
    return _offers(question, [*of_customer, *_overtime(question), *_purchases(question)])


def by_company(question: Question) -> tuple[Faster, ...]:
    """Those of the ways that leave the line as it is: overtime and purchases."""
    if question.answer.binding(0).cause is Cause.REQUEST:
        return ()
    return _offers(question, [*_overtime(question), *_purchases(question)])


def _offers(question: Question, ways: Sequence[_Found]) -> tuple[Faster, ...]:
    """Those that help."""
    by_lever = {id(one.lever): one for one in {one.key: one for one in ways}.values()}
    better = question.improvements([one.lever for one in by_lever.values()])
    found = (_offer(question, one, by_lever[id(one.lever)]) for one in better)
    by_key = {one.key: one for one in found if one and one.days_earlier > 0}
    offers = sorted(by_key.values(), key=lambda one: (one.ship_date, one.cost))
    cheapest = sorted((one for one in offers if one.kind == states.OPTION), key=lambda one: one.cost)[:MOST_OPTIONS]
    return tuple(one for one in offers if one.kind != states.OPTION or one in cheapest)


def _offer(question: Question, better: Improvement, found: _Found) -> Faster | None:
    """A lever with the day that the line has once all lines are promised with it; None where one of them is refused then."""
    draft, seen = question.drafted, question.seen
    key, words, lines, first_units = found.key, found.words, found.lines, better.first_units
    if found.kind == states.SPLIT:
        lines = (replace(draft.line, quantity=first_units), replace(draft.line, quantity=draft.line.quantity - first_units))
        key = f"{states.SPLIT}:{first_units}"
    drafts = [question.drafter.draft(line, question.buyer) for line in lines]
    wanted = tuple(_wanted(question, one) for one in drafts)
    instead = {question.place: wanted} if wanted else {}
    outcome = _outcome(question, better, found, instead)
    if outcome is None:
        return None
    if found.all_parts:
        key = "+".join(pull.part.key for pull in outcome.pulls)
    words = words or told(outcome.pulls)
    first, *rest = map(seen.date, outcome.days[question.place])
    if rest:
        words = f"{first_units} of {draft.line.quantity} units first, the others on {in_words(rest[0])}"
    is_paid_by_customer = found.kind in PAID_BY_CUSTOMER
    cost = sum((pull.cost for pull in outcome.pulls), better.cost if not found.parts else FREE)
    if is_paid_by_customer:
        cost = sum((one.price for one in drafts), -draft.price)
    return Faster(
        key=key,
        kind=found.kind,
        words=words,
        ship_date=first,
        days_earlier=better.days_earlier + (seen.date(better.ship_day) - first).days,
        cost=cost.quantize(CENT),
        currency=draft.currency if is_paid_by_customer else question.drafter.there.currency,
        lines=lines or (draft.line,),
        first_units=first_units,
        rest_date=rest[0] if rest else None,
        wanted=wanted,
        pulls=tuple(outcome.pulls),
    )


def _outcome(
    question: Question, better: Improvement, found: _Found, instead: Mapping[int, Sequence[WantedLine]]
) -> Outcome | None:
    """What all lines get with a lever; with more of its kind where those before take what the line alone would need."""
    place = question.place
    outcome = question.queue.with_levers(instead, [(part, {place}) for part in found.parts])
    if len(found.all_parts) > len(found.parts) and not (outcome and outcome.days[place][0] <= better.ship_day):
        most = question.queue.with_levers(instead, [(part, {place}) for part in found.all_parts])
        if most is not None and (outcome is None or most.days[place] < outcome.days[place]):
            until = most.days[place][0]
            return question.queue.with_levers(instead, [(part, {place}) for part in found.all_parts if part.day < until])
    return outcome


def _wanted(question: Question, drafted: Drafted) -> WantedLine:
    """What is to be promised for another line in the place of one."""
    work, items = drafted.work(), question.seen.items
    return replace(
        question.wanted,
        requirements={items.at[item]: units for item, units in work.requirements.items()},
        minutes=work.minutes,
        alternatives=alternatives(work, items),
    )


def _options(question: Question, binding: Binding) -> Iterator[_Found]:
    """Each other option with which a line takes less of what binds; its cost is told once it is known to help."""
    for other in other_choices(question.drafted, question.drafter, question.seen.items, binding):
        line = _wanted(question, replace(question.drafted, line=other.line, resolved=other.resolved))
        lever = OtherOption(other.words, line.requirements, line.minutes, alternatives=line.alternatives)
        yield _Found(lever, other.key, states.OPTION, other.words, (other.line,))


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


def _split(question: Question) -> Iterator[_Found]:
    units = question.drafted.line.quantity
    if units > 1:
        yield _Found(Splitting(units), "", states.SPLIT, "")


def _overtime(question: Question) -> Iterator[_Found]:
    """Overtime of each line that builds the model: on single days from the day on which the material is there, and on as many
    of them as it takes."""
    seen, answer = question.seen, question.answer
    binding, begin, end = answer.binding(0), int(answer.need_day[0]), int(answer.ship_day[0])
    if not answer.is_promised[0]:
        begin, end = question.there.earliest_day, question.there.last_day
    elif binding.cause is Cause.CAPACITY:
        begin -= binding.days
    first, last = seen.date(begin), seen.date(end)
    (rows,) = exchange([(OVERTIME, [question.drafted.revision.product_model_id, first, last, MOST_OVERTIME_DAYS])])
    by_line: dict[int, list[Part]] = {}
    for place, (key, line, code, day, minutes, rate) in enumerate(rows):
        at = (day - seen.today).days
        words = f"Overtime on line {code}"
        lever = Overtime(line, at, minutes, rate)
        part = Part(lever, f"{states.OVERTIME}:{key}", states.OVERTIME, words, key, at, unit_cost=rate, on=day)
        by_line.setdefault(line, []).append(part)
        if place < OVERTIME_DAYS:
            yield _together([part])
    for parts in by_line.values():
        kept = needed(question.there, question.wanted, [part.lever for part in parts])
        taken = [part for part in parts if part.lever in kept]
        if taken:
            yield replace(_together(taken), all_parts=tuple(parts))


def _together(parts: Sequence[Part]) -> _Found:
    """Levers that are pulled at once as one that is offered; it is called by what has to be done."""
    lever = parts[0].lever if len(parts) == 1 else Together(tuple(part.lever for part in parts))
    return _Found(lever, "+".join(part.key for part in parts), parts[0].kind, "", parts=tuple(parts))


def _purchases(question: Question) -> Iterator[_Found]:
    """What the line waits for ordered anew, or sooner where it is ordered already: each way to have the item that binds, and
    where others come as late, the fastest way for each of those that bind one after the other."""
    there, wanted = question.there, Wanted.of([question.wanted])
    answer, chosen = promise(there, wanted), list[Part]()
    if not answer.is_promised[0]:
        item = answer.binding(0).item
        yield from (_together([part]) for part in (_buying(question, there, item) if item >= 0 else ()))
        return
    best = int(answer.ship_day[0])
    for _ in range(MOST_TOGETHER):
        if answer.binding(0).cause is not Cause.MATERIAL:
            return
        parts = [part for part in _of_binding(question, there, answer) if part not in chosen]
        if not parts:
            return
        if not chosen:
            yield from (_together([part]) for part in parts)
        chosen.append(min(parts, key=lambda part: part.day))
        there = applied(there, chosen[-1].lever)
        answer = promise(there, wanted)
        if answer.ship_day[0] < best:
            best = int(answer.ship_day[0])
            kept = needed(question.there, question.wanted, [part.lever for part in chosen])
            yield _together([part for part in chosen if part.lever in kept])


def _of_binding(question: Question, there: Availability, answer: Promises) -> Iterator[Part]:
    """Ways to have sooner what comes last for a line: the order that it is on its way with, or another purchase."""
    last, seen = explain(there, answer, 0)[-1], question.seen
    kind = seen.supplies[last.supply].kind if last.step is Step.SUPPLY else ""
    if kind == "purchase":
        yield from _expediting(question, last.supply)
    is_bought = there.structure.rank[last.item] < 0
    if is_bought and (last.step is Step.PURCHASE or kind in {"purchase", "planned"}):
        yield from _buying(question, there, last.item)


def _expediting(question: Question, supply: int) -> Iterator[Part]:
    free, seen = question.seen.supplies[supply], question.seen
    line = PurchaseOrderLine.objects.select_related("order", "item").get(supply=free.supply_id)
    source = SupplierItem.objects.filter(supplier=line.order.supplier_id, item=line.item_id, expedited_days__isnull=False).first()
    if source is None:
        return
    due = purchasing.expedited_due(line, source, seen.today, calendar())
    if free.due is not None and due >= free.due:  # overdue, or as fast as it can be already
        return
    day = (due - seen.today).days + free.margin_days
    lever = Expediting(supply, days=int(question.there.supply_day[supply]), cost=source.expedite_cost, not_before=day)
    words = f"Expedite {line.item.code} of {line.order.number}, there on {in_words(due)}"
    yield Part(lever, f"{states.EXPEDITE}:{line.pk}", states.EXPEDITE, words, line.pk, day, cost=source.expedite_cost)


def _buying(question: Question, there: Availability, item: int) -> Iterator[Part]:
    """An item bought express, or from another supplier at the difference in price."""
    seen = question.seen
    sold = SupplierItem.objects.select_related("item", "supplier").filter(item=seen.items.ids[item], item__active=True)
    sources = list(sold.order_by("-preferred", "lead_time_days", "supplier__code"))
    if not sources:
        return
    usual = sources[0].price
    for source, is_expedited in product(sources, (False, True)):
        if (source.preferred and not is_expedited) or (is_expedited and source.expedited_days is None):
            continue
        due = purchasing.due_when_ordered(source, seen.today, calendar(), expedited=is_expedited)
        day = (due - seen.today).days + purchasing.margin(source.supplier)
        if there.lead_days[item] != CANNOT_BE_SUPPLIED and day >= there.lead_days[item]:
            continue
        key = f"{states.EXPRESS}:{source.item.code}{'' if source.preferred else f'={source.supplier.code}'}"
        key += ":express" if is_expedited and not source.preferred else ""
        how = " express" if is_expedited else ""
        words = f"{source.item.code} from {source.supplier.name}{how}, there on {in_words(due)}"
        yield Part(
            ExpressPurchase(item, day, FREE),
            *(key, states.EXPRESS, words, source.pk, day, is_expedited, source.minimum_quantity, source.multiple),
            unit_cost=source.price - usual,
            cost=source.expedite_cost if is_expedited else FREE,
        )
