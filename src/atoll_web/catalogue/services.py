"""Use cases of the catalogue."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from atoll.configure import check, order_bill, price, read_product_model, write_product_model
from atoll.model.bill import BillLine as Line
from atoll.model.bill import Bills, topological_order
from atoll.model.company import AssemblyLine as LineValue
from atoll.model.item import Item as ItemValue
from atoll_web.accounts.acting import Actor, acting
from atoll_web.accounts.models import Company
from atoll_web.catalogue import snapshot, states
from atoll_web.catalogue.errors import ModelNotOrderable, NotReleasable, UnknownModel
from atoll_web.catalogue.models import (
    AssemblyLine,
    BillLine,
    Configuration,
    Item,
    LineDay,
    OrderBillLine,
    ProductModel,
    Revision,
)


def save_items(actor: Actor, values: Iterable[ItemValue]) -> None:
    """Write items, new ones and changed ones, by their code."""
    rows = [
        Item(
            code=value.code,
            name=value.name,
            kind=value.kind,
            unit=value.unit,
            cost=value.cost,
            tracking=value.tracking,
            assembly_minutes=value.assembly_minutes,
            build_minutes=value.build_minutes,
            build_days=value.build_days,
            attributes={name: list(v) if isinstance(v, tuple) else v for name, v in value.attributes.items()},
        )
        for value in values
    ]
    fields = ["name", "kind", "unit", "cost", "tracking", "assembly_minutes", "build_minutes", "build_days", "attributes"]
    with acting(actor):
        Item.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=fields)


def save_bills(actor: Actor, bills: Bills) -> None:
    """Write bills of material; the lines of each named parent are replaced."""
    keys = dict(Item.objects.values_list("code", "id"))
    with acting(actor):
        BillLine.objects.filter(parent__code__in=bills).delete()
        BillLine.objects.bulk_create(
            [
                BillLine(parent_id=keys[parent], component_id=keys[line.item], quantity=line.quantity)
                for parent, lines in bills.items()
                for line in lines
            ]
        )


def refuse_cycle(parent: Item, component: Item) -> None:
    """Raise `BillCycle`, with the path, when a new line would make an item contain itself; the database refuses it anyway."""
    bills = snapshot.structure().bills
    topological_order({**bills, parent.code: (*bills.get(parent.code, ()), Line(component.code, 1))})


def save_lines(actor: Actor, lines: Iterable[LineValue]) -> None:
    """Write assembly lines and which models each one builds; the models must be there."""
    models = dict(ProductModel.objects.values_list("code", "id"))
    with acting(actor):
        for value in lines:
            line, _ = AssemblyLine.objects.update_or_create(
                code=value.code, defaults={"name": value.name, "minutes_per_day": value.minutes_per_day}
            )
            line.builds.set([models[code] for code in value.models])


def extend_calendar(*, actor: Actor, until: date) -> int:
    """Open the capacity of all lines for the working days up to a date.

    Returns
    -------
    int
        Line days that were added.
    """
    days = snapshot.calendar()
    span = [actor.today + timedelta(days=n) for n in range((until - actor.today).days + 1)]
    rows = [
        LineDay(line=line, day=day, capacity=line.minutes_per_day)
        for line in AssemblyLine.objects.all()
        for day in span
        if days.works(day)
    ]
    with acting(actor):
        return len(LineDay.objects.bulk_create(rows, ignore_conflicts=True))


def draft_revision(*, actor: Actor, document: Mapping[str, Any], valid_from: date, source: str = "") -> Revision:
    """Write a draft of a product model from its document. The attributes of its items are taken into the draft.

    Raises
    ------
    BadInput
        With every fault of the document.
    """
    model = read_product_model(document, snapshot.structure().items, source=source)
    full = write_product_model(model)
    with acting(actor):
        row, _ = ProductModel.objects.update_or_create(
            code=model.code, defaults={"name": model.name, "end_item": Item.objects.get(code=model.end_item)}
        )
        return Revision.objects.create(
            product_model=row, name=model.revision, document=full, digest=digest(full), valid_from=valid_from
        )


def digest(document: Mapping[str, Any]) -> str:
    """Equal documents have equal digests."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()


def release_revision(*, actor: Actor, revision: Revision) -> Revision:
    """Make a draft orderable from its first day on; the revision before ends then. Orders that run keep theirs.

    Raises
    ------
    NotReleasable
        When checks find that it has no valid configuration or an option that can never be chosen.
    """
    blocking = [finding for finding in check(snapshot.product_model(revision)) if finding.blocks_release]
    if blocking:
        raise NotReleasable(revision=str(revision), findings="; ".join(finding.text for finding in blocking))
    with acting(actor):
        before = Revision.objects.filter(product_model=revision.product_model, state=states.RELEASED)
        before.filter(valid_from__gte=revision.valid_from).update(state=states.OBSOLETE)
        before.filter(valid_until=None).update(valid_until=revision.valid_from)
        revision.state = states.RELEASED
        revision.save(update_fields=["state"])
    return revision


def end_model(*, actor: Actor, product_model: ProductModel, on: date) -> None:
    """Take a model out of the programme: from the date on it can no longer be ordered. Orders that run are untouched."""
    with acting(actor):
        Revision.objects.filter(product_model=product_model, state=states.RELEASED, valid_until=None).update(valid_until=on)


def orderable_revisions(on: date) -> list[Revision]:
    """The revisions that can be ordered on a date, one for each model in the programme."""
    released = Revision.objects.filter(state=states.RELEASED, valid_from__lte=on).exclude(valid_until__lte=on)
    return list(released.select_related("product_model").order_by("product_model__code"))


def orderable_revision(model_code: str, on: date) -> Revision:
    """The revision of a model that is ordered on a date.

    Raises
    ------
    UnknownModel, ModelNotOrderable
        With the models that are known, or the reason.
    """
    revisions = (
        Revision.objects.select_related("product_model")
        .defer("document")  # large, and read once by its digest
        .filter(product_model__code=model_code, state=states.RELEASED)
    )
    for revision in revisions:
        if revision.valid_from <= on and (revision.valid_until is None or on < revision.valid_until):
            return revision
    known = list(ProductModel.objects.values_list("code", flat=True))
    if model_code not in known:
        raise UnknownModel(model=model_code, known=", ".join(known) or "none")
    raise ModelNotOrderable(model=model_code, day=on, why=_why_not(revisions, on))


def _why_not(revisions: Sequence[Revision], on: date) -> str:
    if not revisions:
        return "it has no released revision"
    ended = [r.valid_until for r in revisions if r.valid_until is not None and r.valid_until <= on]
    if ended:
        return f"it is obsolete since {max(ended)}"
    return f"its first revision begins on {min(r.valid_from for r in revisions)}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """What choices come to: the complete configuration, its price, and what one unit takes.

    Parameters
    ----------
    bill
        Units by item key.
    minutes
        Work of final assembly for one unit.
    """

    key: str
    values: Mapping[str, Any]
    price: Decimal
    cost: Decimal
    minutes: int
    bill: Mapping[int, int]


def resolve(revision: Revision, choices: Mapping[str, Any], today: date) -> Resolved:
    """Check choices under the rules in force and resolve them to price and order bill; writes nothing.

    Raises
    ------
    InvalidConfiguration, UnknownFeature, UnknownOption
        From `atoll.configure`, with the smallest reason.
    """
    model = snapshot.product_model(revision)
    choice = snapshot.configurator(revision, today).configuration(choices)
    there = snapshot.structure()
    bill = order_bill(model, choice, there.bills, there.items)
    return Resolved(
        key=choice.key,
        values=choice.as_dict(),
        price=price(model, choice).total,
        cost=sum((there.items[line.item].cost * line.quantity for line in bill.lines), Decimal(0)),
        minutes=bill.minutes,
        bill={there.keys[line.item]: line.quantity for line in bill.lines},
    )


@dataclass(frozen=True, slots=True)
class Configured:
    """What choices come to, with everything that could be chosen instead.

    Parameters
    ----------
    price_parts
        What the price is made of: words and amount.
    domains
        For each feature each value, and whether some valid configuration has it together with all the other choices.
    """

    resolved: Resolved
    price_parts: Sequence[tuple[str, Decimal]]
    domains: Mapping[str, Mapping[Any, bool]]


def configure(revision: Revision, choices: Mapping[str, Any], today: date) -> Configured:
    """Complete choices for somebody who is still choosing; writes nothing.

    Raises
    ------
    InvalidConfiguration, UnknownFeature, UnknownOption
        From `atoll.configure`, with the smallest reason.
    """
    engine = snapshot.configurator(revision, today)
    resolved = resolve(revision, choices, today)
    parts = price(snapshot.product_model(revision), engine.configuration(choices)).parts
    return Configured(resolved, parts, engine.domains(choices))


def save_configuration(*, actor: Actor, revision: Revision, resolved: Resolved) -> Configuration:
    """Keep the configuration that choices came to; an equal one is found, not made again."""
    with acting(actor):
        row, is_new = Configuration.objects.get_or_create(
            revision=revision,
            key=resolved.key,
            defaults={"values": resolved.values, "price": resolved.price, "cost": resolved.cost, "minutes": resolved.minutes},
        )
        if is_new:
            OrderBillLine.objects.bulk_create(
                [OrderBillLine(configuration=row, item_id=item, quantity=n) for item, n in resolved.bill.items()]
            )
    return row


def set_company(*, actor: Actor, **fields: Any) -> Company:
    """Change what holds for the whole company, such as its business date."""
    with acting(actor):
        company = Company.objects.get()
        for name, value in fields.items():
            setattr(company, name, value)
        company.full_clean()
        company.save()
    return company
