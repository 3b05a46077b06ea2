"""Use cases of the catalogue."""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count as count_from
from string import ascii_uppercase
from typing import Any

import pghistory
from django.db.models import Q

from atoll.configure import (
    Comparison,
    Finding,
    UvlDocument,
    check,
    compare,
    count,
    read_product_model,
    still_valid,
    write_product_model,
    write_product_uvl,
)
from atoll.configure import ProductModel as Model
from atoll.configure.errors import RuleTooLarge
from atoll.errors import BadInput, Issue
from atoll.io.toml import write_toml
from atoll.model.bill import BillLine as Line
from atoll.model.bill import Bills, topological_order
from atoll.model.item import Item as ItemValue
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.accounts.models import Company
from atoll_web.catalogue import snapshot, states
from atoll_web.catalogue.errors import (
    AnotherModel,
    EndItemTaken,
    ModelNotOrderable,
    NotADraft,
    NotReleasable,
    ReleaseInThePast,
    RevisionNameTaken,
    UnknownModel,
)
from atoll_web.catalogue.models import (
    BillLine,
    Item,
    ProductModel,
    Revision,
)
from atoll_web.catalogue.services.capacity import (
    extend_calendar as extend_calendar,
)
from atoll_web.catalogue.services.capacity import (
    save_lines as save_lines,
)
from atoll_web.catalogue.services.capacity import (
    set_exception as set_exception,
)
from atoll_web.catalogue.services.capacity import (
    set_horizon as set_horizon,
)
from atoll_web.catalogue.services.capacity import (
    set_week as set_week,
)
from atoll_web.catalogue.services.resolving import (
    Configured as Configured,
)
from atoll_web.catalogue.services.resolving import (
    Resolved as Resolved,
)
from atoll_web.catalogue.services.resolving import (
    configure as configure,
)
from atoll_web.catalogue.services.resolving import (
    conflict_of_rest as conflict_of_rest,
)
from atoll_web.catalogue.services.resolving import (
    domains as domains,
)
from atoll_web.catalogue.services.resolving import (
    known_configurations as known_configurations,
)
from atoll_web.catalogue.services.resolving import (
    ranked as ranked,
)
from atoll_web.catalogue.services.resolving import (
    resolve as resolve,
)
from atoll_web.catalogue.services.resolving import (
    save_configurations as save_configurations,
)

DRAFT = "draft"
"""What stands before the place of a fault in a draft."""


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
            safety_stock=value.safety_stock,
            attributes={name: list(v) if isinstance(v, tuple) else v for name, v in value.attributes.items()},
        )
        for value in values
    ]
    fields = ["name", "kind", "unit", "cost", "tracking", "assembly_minutes", "build_minutes", "build_days", "safety_stock"]
    fields.append("attributes")
    with acting(actor):
        Item.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=fields)


@begun_again_after_deadlock
def set_safety_stock(*, actor: Actor, item: Item, units: int) -> Item:
    """Say how many units of an item every promise leaves from now on; promises that were made stay."""
    with acting(actor):
        item.safety_stock = units
        item.save(update_fields=["safety_stock"])
    return item


def save_bills(actor: Actor, bills: Bills) -> None:
    """Write bills of material; the lines of each named parent become those. Promises by the bill before are marked at risk."""
    keys = dict(Item.objects.values_list("code", "id"))
    rows = [
        BillLine(
            parent_id=keys[parent],
            component_id=keys[line.item],
            quantity=line.quantity,
            alternates=[keys[code] for code in line.alternates],
        )
        for parent, lines in bills.items()
        for line in lines
    ]
    kept = {(row.parent_id, row.component_id) for row in rows}
    with acting(actor):
        before = BillLine.objects.filter(parent__code__in=bills).values_list("id", "parent_id", "component_id")
        BillLine.objects.filter(id__in=[line for line, *pair in before if tuple(pair) not in kept]).delete()
        BillLine.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["parent", "component"], update_fields=["quantity", "alternates"]
        )


@begun_again_after_deadlock
def make_obsolete(*, actor: Actor, item: Item, replaced_by: Item | None = None) -> None:
    """Take an item out of use: what is there or ordered is used up. Promises that rest on units beyond are marked at risk.

    Parameters
    ----------
    replaced_by
        What promises take for it where no more of it comes.
    """
    with acting(actor), told(actor):
        Item.objects.filter(pk=item.pk).update(active=False, replaced_by=replaced_by)


def refuse_cycle(parent: Item, component: Item, alternates: Sequence[str] = ()) -> None:
    """Raise `BillCycle`, with the path, when a new line would make an item contain itself; the database refuses it anyway."""
    bills = snapshot.structure().bills
    topological_order({**bills, parent.code: (*bills.get(parent.code, ()), Line(component.code, 1, tuple(alternates)))})


def draft_revision(*, actor: Actor, document: Mapping[str, Any], valid_from: date, source: str = "") -> Revision:
    """Write a draft of a product model from its document. The attributes of its items are taken into the draft.

    Raises
    ------
    BadInput
        With every fault of the document.
    RevisionNameTaken, EndItemTaken
    """
    model = _read_draft(document, source)
    full = write_product_model(model)
    with acting(actor), told(actor):
        _refuse_taken_end_item(model)
        row, _ = ProductModel.objects.get_or_create(
            code=model.code, defaults={"name": model.name, "end_item": Item.objects.get(code=model.end_item)}
        )
        _take_turns(row.pk)
        _refuse_taken_name(row, model.revision)
        return Revision.objects.create(
            product_model=row, name=model.revision, document=full, digest=digest(full), valid_from=valid_from
        )


def _take_turns(product_model: int) -> ProductModel:
    """Let those who name or release revisions of a model wait for each other."""
    return ProductModel.objects.select_for_update(no_key=True).get(pk=product_model)


def _read_draft(document: Mapping[str, Any], source: str) -> Model:
    """A product model whose names are short enough to be kept."""
    model = read_product_model(document, snapshot.structure().items, source=source)
    lengths = ((model.code, 40), (model.name, 200), (model.revision, 20))  # as the rows have them
    too_long = [(text[:60], most) for text, most in lengths if len(text) > most]
    if too_long:
        raise BadInput(Issue(source, "too-long", f"Expected at most {most} characters, got `{text}`.") for text, most in too_long)
    return model


def _refuse_taken_end_item(model: Model) -> None:
    other = ProductModel.objects.filter(end_item__code=model.end_item).exclude(code=model.code).first()
    if other is not None:
        raise EndItemTaken(item=model.end_item, model=other.code)


def new_draft(*, actor: Actor, revision: Revision) -> Revision:
    """Begin a draft with what a revision says. It gets the next free name."""
    with acting(actor):
        taken = set(_take_turns(revision.product_model_id).revisions.values_list("name", flat=True))
        name = next(name for name in _names_after(revision.name) if name not in taken)
        return draft_revision(actor=actor, document=revision.document | {"revision": name}, valid_from=actor.today)


def _names_after(name: str) -> Iterator[str]:
    """Names that follow: a last number counted on, a last letter followed by the next ones, else a number put behind."""
    stem, number = re.fullmatch(r"(.*?)(\d*)", name, re.DOTALL).groups()
    if number:
        yield from (f"{stem}{n:0{len(number)}}" for n in count_from(int(number) + 1))
    if re.search(r"(^|[^A-Za-z])[A-Z]$", name):
        yield from (name[:-1] + letter for letter in ascii_uppercase[ascii_uppercase.index(name[-1]) + 1 :])
    yield from (f"{name[:15]}-{n}" for n in count_from(2))


def edit_draft(*, actor: Actor, revision: Revision, document: Mapping[str, Any], valid_from: date) -> Revision:
    """Give a draft another document and first day. Every state of it is kept in its history, with who changed it and why.

    Raises
    ------
    BadInput
        With every fault of the document.
    NotADraft, AnotherModel, RevisionNameTaken, EndItemTaken
    """
    model = _read_draft(document, DRAFT)
    full = write_product_model(model)
    with acting(actor), told(actor):
        _take_turns(revision.product_model_id)
        row = Revision.objects.select_for_update(of=("self",)).select_related("product_model").get(pk=revision.pk)
        if row.state != states.DRAFT:
            raise NotADraft(revision=str(row), state=row.state)
        if model.code != row.product_model.code:
            raise AnotherModel(model=row.product_model.code, found=model.code)
        _refuse_taken_end_item(model)
        _refuse_taken_name(row.product_model, model.revision, row)
        row.name, row.document, row.digest, row.valid_from = model.revision, full, digest(full), valid_from
        row.save(update_fields=["name", "document", "digest", "valid_from"])
    return row


def _refuse_taken_name(product_model: ProductModel, name: str, but: Revision | None = None) -> None:
    if product_model.revisions.filter(name=name).exclude(pk=but and but.pk).exists():
        raise RevisionNameTaken(model=product_model.code, name=name)


def discard_draft(*, actor: Actor, revision: Revision) -> None:
    """Give a draft up. It stays in the history and can no longer be changed or released.

    Raises
    ------
    NotADraft
    """
    with acting(actor), told(actor):
        row = Revision.objects.select_for_update(of=("self",)).select_related("product_model").get(pk=revision.pk)
        if row.state != states.DRAFT:
            raise NotADraft(revision=str(row), state=row.state)
        row.state = states.OBSOLETE
        row.save(update_fields=["state"])


@contextmanager
def told(actor: Actor) -> Iterator[None]:
    """The history of what is changed inside says who did it and why."""
    with pghistory.context(user=actor.user.pk, name=actor.user.get_full_name() or actor.user.username, reason=actor.reason):
        yield


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a document before it is a revision.

    Parameters
    ----------
    issues
        Faults for which it cannot be read; there are no findings then.
    configurations
        How many there are, without their texts; None when they are too many to be counted.
    """

    issues: tuple[Issue, ...] = ()
    findings: tuple[Finding, ...] = ()
    configurations: int | None = None

    @property
    def can_be_released(self) -> bool:
        """Whether nothing stands against a release."""
        return not self.issues and not any(finding.blocks_release for finding in self.findings)

    @property
    def digits(self) -> str | None:
        """The number of configurations in decimal digits: programs that read JSON lose those of large numbers."""
        return None if self.configurations is None else f"{Decimal(self.configurations):f}"


def check_document(document: Mapping[str, Any], on: date) -> Checked:
    """Read and check a document; writes nothing. Configurations are counted under the rules in force on a date."""
    there = snapshot.structure()
    try:
        model = read_product_model(document, there.items, source=DRAFT)
        return Checked(findings=check(model, there.items, there.bills), configurations=count(model, on))
    except BadInput as error:
        return Checked(issues=error.issues)
    except RuleTooLarge as error:
        return Checked(issues=(Issue(f"{DRAFT}: rule `{error.rule}`", error.code, str(error)),))


def document_text(document: Mapping[str, Any]) -> str:
    """A document as TOML."""
    return write_toml(document)


def uvl_of(revision: Revision) -> UvlDocument:
    """A revision as UVL, with what UVL cannot say."""
    return write_product_uvl(snapshot.product_model(revision))


def read_document(text: str) -> dict[str, Any]:
    """A document from a TOML or JSON text; a JSON document may stand under `document`, as the program writes it.

    Raises
    ------
    BadInput
        When it is neither, with the line.
    """
    text = text.lstrip("\ufeff")
    is_json = text.lstrip().startswith("{")
    try:
        fields = json.loads(text) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput([Issue(DRAFT, "bad-text", f"This is no {'JSON' if is_json else 'TOML'}: {error}.")]) from None
    fields = fields["document"] if isinstance(fields.get("document"), dict) else fields
    if "\\u0000" in json.dumps(fields, default=str):
        raise BadInput([Issue(DRAFT, "bad-text", "It contains the character NUL, which cannot be kept.")])
    return fields


def compare_revisions(before: Revision, after: Revision) -> Comparison:
    """What the later one changes; configurations are counted under the rules in force on its first day."""
    models = snapshot.product_model(before), snapshot.product_model(after)
    return compare(*models, on=after.valid_from)


def still_valid_under(revision: Revision, configurations: Iterable[Mapping[str, Any]], on: date) -> list[bool]:
    """For each configuration, whether it could be ordered under a revision too, with its rules in force on a date."""
    engine = snapshot.configurator(revision, on)
    return [still_valid(engine, values) for values in configurations]


def digest(document: Mapping[str, Any]) -> str:
    """Equal documents have equal digests."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()


@begun_again_after_deadlock
def release_revision(*, actor: Actor, revision: Revision, valid_from: date | None = None) -> Revision:
    """Make a draft orderable from its first day on; the revision before ends then. Orders that run keep theirs.

    Parameters
    ----------
    valid_from
        Another first day, from today on; without it that of the draft.

    Raises
    ------
    NotReleasable
        When checks find that it has no valid configuration, an option that can never be chosen or a broken example.
    ReleaseInThePast, NotADraft
    """
    if valid_from is not None and valid_from < actor.today:
        raise ReleaseInThePast(day=valid_from, today=actor.today)
    there = snapshot.structure()
    with acting(actor), told(actor):
        _take_turns(revision.product_model_id)
        row = Revision.objects.select_for_update(of=("self",)).select_related("product_model").get(pk=revision.pk)
        if row.state != states.DRAFT:
            raise NotADraft(revision=str(row), state=row.state)
        model = snapshot.product_model(row)
        found = check(model, there.items, there.bills)
        blocking = [finding.text for finding in found if finding.blocks_release]
        if blocking:
            raise NotReleasable(revision=str(row), findings=" ".join(blocking))
        row.valid_from = valid_from or row.valid_from
        before = Revision.objects.filter(product_model=row.product_model, state=states.RELEASED)
        before.filter(valid_from__gte=row.valid_from).update(state=states.OBSOLETE)
        before.filter(Q(valid_until=None) | Q(valid_until__gt=row.valid_from)).update(valid_until=row.valid_from)
        row.state = states.RELEASED
        row.save(update_fields=["state", "valid_from"])
        row.product_model.name, row.product_model.end_item = model.name, Item.objects.get(code=model.end_item)
        row.product_model.save(update_fields=["name", "end_item"])
    return row


@begun_again_after_deadlock
def end_model(*, actor: Actor, product_model: ProductModel, on: date) -> None:
    """Take a model out of the programme: from the date on it can no longer be ordered. Orders that run are untouched."""
    with acting(actor):
        Revision.objects.filter(product_model=product_model, state=states.RELEASED, valid_until=None).update(valid_until=on)


def show_in_shop(*, actor: Actor, product_model: ProductModel, shown: bool) -> None:
    """Let everybody configure a model without signing in, or no longer."""
    with acting(actor):
        ProductModel.objects.filter(pk=product_model.pk).update(in_shop=shown)


def orderable_revisions(on: date) -> list[Revision]:
    """The revisions that can be ordered on a date, one for each model in the programme."""
    released = Revision.objects.filter(state=states.RELEASED, valid_from__lte=on).exclude(valid_until__lte=on)
    return list(released.select_related("product_model").order_by("product_model__code"))


def orderable_revision(model_code: str, on: date, released: snapshot.Released | None = None) -> Revision:
    """The revision of a model that is ordered on a date.

    Parameters
    ----------
    released
        The released revisions, where they are read already.

    Raises
    ------
    UnknownModel, ModelNotOrderable
        With the models that are known, or the reason.
    """
    if released is None:
        rows = Revision.objects.select_related("product_model").defer("document")  # large, and read once by its digest
        revisions = tuple(rows.filter(product_model__code=model_code, state=states.RELEASED))
    else:
        revisions = released.get(model_code, ())
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


def set_company(*, actor: Actor, **fields: Any) -> Company:
    """Change what holds for the whole company, such as its business date."""
    with acting(actor):
        company = Company.objects.get()
        for name, value in fields.items():
            setattr(company, name, value)
        company.full_clean()
        company.save()
    return company
