"""Invariant 4: a released configuration satisfies its model's rules as they stood, and never changes."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime

from django.db.models import Max, Min

from atoll.configure import order_bill
from atoll.errors import AtollError
from atoll_web.accounts.models import StateChange
from atoll_web.catalogue import snapshot
from atoll_web.catalogue.models import BillLine, Configuration, OrderBillLine, Revision
from atoll_web.catalogue.services import digest
from atoll_web.invariants.query import Query
from atoll_web.invariants.report import MOST_EXAMPLES, Check
from atoll_web.sales.models import OrderLine

QUERIES = (
    Query(
        "equal_configurations_are_one",
        4,
        "No two configurations of a revision have the same key or the same choices.",
        "SELECT 1 FROM catalogue_configuration",
        """
        SELECT concat('revision ', revision_id, ' has ', count(*), ' configurations with key ', key)
        FROM catalogue_configuration GROUP BY revision_id, key HAVING count(*) > 1
        UNION ALL
        SELECT concat('revision ', revision_id, ' has ', count(*), ' configurations ', values)
        FROM catalogue_configuration GROUP BY revision_id, values HAVING count(*) > 1
        """,
    ),
    Query(
        "only_released_models_are_ordered",
        4,
        "A promised order line is configured under a revision that was released, on a day on which it was valid.",
        "SELECT 1 FROM sales_orderline WHERE state <> 'draft'",
        """
        SELECT concat('order line ', l.id, ' of ', (o.ordered_at AT TIME ZONE 'UTC')::date, ' rests on revision ', v.name,
                      ' (', v.state, ') from ', v.valid_from, ' to ', v.valid_until)
        FROM sales_orderline l JOIN sales_order o ON o.id = l.order_id
        JOIN catalogue_configuration c ON c.id = l.configuration_id JOIN catalogue_revision v ON v.id = c.revision_id
        WHERE l.state <> 'draft' AND (v.state = 'draft' OR (o.ordered_at AT TIME ZONE 'UTC')::date < v.valid_from)
        """,
    ),
)

Fault = str | None


def recompute() -> list[Check]:
    """Check what needs the configuration engine: documents, rules, keys and order bills."""
    return [
        _check("released_document_is_unchanged", "A revision's document has the digest with which it was kept.", _documents()),
        _check(
            "configuration_satisfies_rules",
            "Each ordered configuration is valid under its revision on its order dates.",
            _rules(),
        ),
        _check(
            "order_bill_follows_configuration", "Each configuration has the order bill that its choices resolve to.", _bills()
        ),
    ]


def _check(name: str, sentence: str, faults: Iterable[Fault]) -> Check:
    found = list(faults)
    broken = [fault for fault in found if fault is not None]
    return Check(name, 4, sentence, rows=len(found), violations=len(broken), examples=tuple(broken[:MOST_EXAMPLES]))


def _documents() -> Iterator[Fault]:
    for revision in Revision.objects.select_related("product_model").order_by("id"):
        agrees = digest(revision.document) == revision.digest
        yield None if agrees else f"the document of {revision} has another digest than {revision.digest}"


def _rules() -> Iterator[Fault]:
    """Each configuration on the first and on the last day of its orders; one that nobody ordered, on its revision's first day."""
    ordered = (
        OrderLine.objects.exclude(state="draft")
        .values_list("configuration")
        .annotate(Min("order__ordered_at"), Max("order__ordered_at"))
    )
    spans = {key: (first, last) for key, first, last in ordered}
    for configuration in _configurations():
        for day in _days(configuration, spans.get(configuration.pk)):
            yield _fault(configuration, lambda c=configuration, d=day: _invalid(c, d))


def _days(configuration: Configuration, span: tuple[datetime, datetime] | None) -> list[date]:
    if span is None:
        return [configuration.revision.valid_from]
    return sorted({moment.date() for moment in span})


def _configurations() -> list[Configuration]:
    return list(Configuration.objects.select_related("revision__product_model").order_by("id"))


def _fault(configuration: Configuration, find: Callable[[], str]) -> Fault:
    """What is wrong with a configuration in words, also when the engine refuses it."""
    try:
        wrong = find()
    except AtollError as refusal:
        wrong = str(refusal)
    return f"{configuration}: {wrong}" if wrong else None


def _invalid(configuration: Configuration, on: date) -> str:
    again = snapshot.configurator(configuration.revision, on).configuration(configuration.values)
    if dict(again.as_dict()) != configuration.values:
        return f"its choices are not complete, or not in their kept form, on {on}"
    return "" if again.key == configuration.key else f"its choices have the key {again.key} on {on}"


def _bills() -> Iterator[Fault]:
    """Order bills against the bills of material; those older than the last change of a bill have followed other ones."""
    kept: dict[int, dict[int, int]] = {}
    for configuration, item, quantity in OrderBillLine.objects.values_list("configuration_id", "item_id", "quantity"):
        kept.setdefault(configuration, {})[item] = quantity
    newer = _newer_than_bills()
    for configuration in _configurations():
        if newer is None or configuration.pk in newer:
            yield _fault(configuration, lambda c=configuration: _wrong_bill(c, kept.get(c.pk, {})))


def _newer_than_bills() -> set[int] | None:
    """Configurations that were first ordered after the last change of a bill; None when no bill ever changed."""
    changed = BillLine.pgh_event_model.objects.aggregate(last=Max("pgh_created_at"))["last"]
    if changed is None:
        return None
    journal = StateChange.objects.filter(entity=OrderLine._meta.db_table, from_state="", recorded_at__gte=changed)
    return set(OrderLine.objects.filter(id__in=journal.values("entity_id")).values_list("configuration", flat=True))


def _wrong_bill(configuration: Configuration, kept: dict[int, int]) -> str:
    revision, there = configuration.revision, snapshot.structure()
    choice = snapshot.configurator(revision, revision.valid_from).configuration(configuration.values)
    bill = order_bill(snapshot.product_model(revision), choice, there.bills, there.items)
    right = {there.keys[line.item]: line.quantity for line in bill.lines}
    if kept == right:
        return ""
    differing = sorted(there.codes[item] for item in kept.keys() | right.keys() if kept.get(item) != right.get(item))
    return f"its order bill differs in {', '.join(differing)}"
