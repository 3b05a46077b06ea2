"""Invariant 4: a released configuration satisfies its model's rules as they stood, and never changes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import partial

from django.db.models import Max, Min

from atoll.errors import AtollError
from atoll_web.accounts.models import StateChange
from atoll_web.catalogue.models import BillLine, Configuration, OrderBillAlternate, OrderBillLine, Revision
from atoll_web.catalogue.services import digest, ranked, resolve
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
        "A promised order line is configured under a released revision, not before its first day.",
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
Ordered = tuple[Configuration, list[date]]


def recompute() -> list[Check]:
    """Check what needs the configuration engine: documents, rules, keys and order bills."""
    ordered = _ordered()
    return [
        _check(
            "released_document_is_unchanged",
            "A revision's document has the digest with which it was kept.",
            _documents(),
        ),
        _check(
            "configuration_satisfies_rules",
            "Each configuration is valid under its revision on the first and the last day on which it was ordered.",
            (_fault(one, partial(_invalid, one, day)) for one, days in ordered for day in days),
        ),
        _check(
            "order_bill_follows_configuration",
            "Each configuration has the order bill that its choices resolve to.",
            _bills(ordered),
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


def _ordered() -> list[Ordered]:
    """Every configuration with the first and the last day of its orders; one never ordered with its revision's first day."""
    lines = OrderLine.objects.exclude(state="draft").values_list("configuration")
    spans = lines.annotate(Min("order__ordered_at"), Max("order__ordered_at"))
    days = {key: sorted({first.date(), last.date()}) for key, first, last in spans}
    rows = Configuration.objects.select_related("revision__product_model").order_by("id")
    return [(row, days.get(row.pk, [row.revision.valid_from])) for row in rows]


def _fault(configuration: Configuration, find: Callable[[], str]) -> Fault:
    """What is wrong with a configuration in words, also when the engine refuses it."""
    try:
        wrong = find()
    except AtollError as refusal:
        wrong = str(refusal)
    return f"{configuration}: {wrong}" if wrong else None


def _invalid(configuration: Configuration, on: date) -> str:
    again = resolve(configuration.revision, configuration.values, on)
    if again.values != configuration.values:
        return f"its choices are not complete, or not in their kept form, on {on}"
    return "" if again.key == configuration.key else f"its choices have the key {again.key} on {on}"


def _bills(ordered: Iterable[Ordered]) -> Iterator[Fault]:
    """Order bills against the bills of material; those older than the last change of a bill have followed other ones."""
    kept: dict[int, dict[object, object]] = defaultdict(dict)
    for configuration, item, quantity in OrderBillLine.objects.values_list("configuration_id", "item_id", "quantity"):
        kept[configuration][item] = quantity
    fields = ("configuration_id", "item_id", "alternate_id", "rank", "on_request")
    for configuration, item, other, rank, on_request in OrderBillAlternate.objects.values_list(*fields):
        kept[configuration][item, other] = rank, on_request
    newer = _newer_than_bills()
    for configuration, days in ordered:
        if newer is None or configuration.pk in newer:
            yield _fault(configuration, partial(_wrong_bill, configuration, days[0], kept[configuration.pk]))


def _newer_than_bills() -> set[int] | None:
    """Configurations that were first ordered after the last change of a bill; None when no bill ever changed."""
    changed = BillLine.pgh_event_model.objects.aggregate(last=Max("pgh_created_at"))["last"]
    if changed is None:
        return None
    journal = StateChange.objects.filter(entity=OrderLine._meta.db_table, from_state="", recorded_at__gte=changed)
    return set(OrderLine.objects.filter(id__in=journal.values("entity_id")).values_list("configuration", flat=True))


def _wrong_bill(configuration: Configuration, on: date, kept: Mapping[object, object]) -> str:
    again = resolve(configuration.revision, configuration.values, on)
    right = {**again.bill, **{(item, other): (rank, on_request) for item, rank, other, on_request in ranked(again)}}
    differing = sorted(str(item) for item in kept.keys() | right.keys() if kept.get(item) != right.get(item))
    return f"its order bill differs in the items {', '.join(differing)}" if differing else ""
