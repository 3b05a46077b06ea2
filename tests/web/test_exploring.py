"""What can be promised for a basket, why, how surely, and what would be faster: examples worked by hand on the lamps."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from atoll.errors import BadInput
from atoll_web import invariants
from atoll_web.purchasing.models import SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales.errors import (
    CustomerOnHold,
    NoLines,
    QuantityNotPositive,
    RequestDateInThePast,
    TooManyLines,
)
from atoll_web.sales.models import Customer, Order, Promise
from atoll_web.sales.services import NewLine
from atoll_web.stock.models import Allocation
from tests.lamps import MONDAY, Lamps

pytestmark = pytest.mark.django_db

LARGE = {"head": "HEAD-L", "arm": "ARM-L"}
TWO_LARGE = NewLine("DL", LARGE, 2)


def explore(*lines: NewLine, **options: object) -> sales.Explored:
    return sales.explore(lines=lines, today=MONDAY, **options)


def levers(line: sales.LineExplored) -> dict[str, tuple[date, Decimal]]:
    """Date and cost of what would be faster, by key."""
    return {one.key: (one.ship_date, one.cost) for one in line.faster}


def violations() -> list[str]:
    return [example for check in invariants.check() for example in check.examples]


def test_a_basket_has_a_date_for_each_line_and_one_for_all(company: Lamps) -> None:
    found = explore(NewLine("DL", {}), TWO_LARGE)
    # A head that is ordered tomorrow night comes on 17 March; assembly then, shipment the day after.
    assert [line.ship_date for line in found.lines] == [date(2026, 3, 4), date(2026, 3, 18)]
    assert found.complete_on == date(2026, 3, 18)
    assert [line.price for line in found.lines] == [64, 218]
    assert (found.total, found.currency) == (282, "EUR")
    together = explore(NewLine("DL", {}), TWO_LARGE, ship_complete=True)
    assert {line.ship_date for line in together.lines} == {date(2026, 3, 18)}
    assert not Order.objects.exists()
    assert not Allocation.objects.exists()


def test_a_basket_is_promised_like_its_order(company: Lamps) -> None:
    lines = [NewLine("DL", LARGE, 1), TWO_LARGE, NewLine("DL", {}, 9), NewLine("DL", {}, 30)]
    explored = explore(*lines)
    order = sales.enter_order(actor=company.actor("sales"), customer="MUELLER", lines=lines)
    promised = Promise.objects.filter(line__order=order).order_by("line").values_list("ship_date", "need_date", "reason")
    assert [(one.ship_date, one.need_date, one.reason) for one in explored.lines] == list(promised)


def test_the_item_that_binds_is_named_with_the_critical_path(company: Lamps) -> None:
    (line,) = explore(TWO_LARGE).lines
    assert (line.binding.cause, line.binding.item, line.binding.reference) == ("material", "HEAD-L", "")
    assert [(step.step, step.what) for step in line.path] == [("shipment", ""), ("assembly", "L1"), ("purchase", "HEAD-L")]
    assert "HEAD-L is short" in line.reason


def test_what_cannot_be_asked_is_refused_with_the_facts(company: Lamps) -> None:
    with pytest.raises(NoLines):
        explore()
    with pytest.raises(TooManyLines):
        explore(*[NewLine("DL", {})] * 51)
    with pytest.raises(QuantityNotPositive):
        explore(NewLine("DL", {}, 0))
    with pytest.raises(RequestDateInThePast):
        explore(NewLine("DL", {}, 1, MONDAY - timedelta(days=1)))
    with pytest.raises(BadInput) as both:
        explore(NewLine("DL", {}, 0), NewLine("DL", {}, -1))
    assert [issue.source for issue in both.value.issues] == ["lines.0.quantity", "lines.1.quantity"]
    with pytest.raises(BadInput) as every:
        explore(NewLine("DL", {"head": "x"}, 0, MONDAY - timedelta(days=1)), NewLine("XL", {}), customer="NOBODY")
    assert [(issue.source, issue.code) for issue in every.value.issues] == [
        ("customer", "unknown-customer"),
        ("lines.0.quantity", "quantity-not-positive"),
        ("lines.0.request_date", "request-date-in-the-past"),
        ("lines.0.choices", "unknown-option"),
        ("lines.1.model", "unknown-model"),
    ]
    Customer.objects.filter(code="ACME").update(on_hold=True)
    with pytest.raises(CustomerOnHold):
        explore(NewLine("DL", {}), customer="ACME")


def test_a_line_that_cannot_be_promised_leaves_the_others_their_dates(company: Lamps) -> None:
    """Five dimmers are there, and nobody sells any more."""
    SupplierItem.objects.filter(item__code="DIMMER").delete()
    dimmed = NewLine("DL", {"dimmer": "DIMMER"}, 6)
    found = explore(NewLine("DL", {}), dimmed, TWO_LARGE)
    assert [(line.position, line.ship_date) for line in found.lines] == [(1, date(2026, 3, 4)), (3, date(2026, 3, 18))]
    assert (found.complete_on, found.total) == (None, 282)
    (refused,) = found.refused
    assert (refused.position, refused.line, refused.price) == (2, dimmed, 456)
    reason = "DIMMER is short and has no preferred supplier; enter one, or mark one as preferred, under Master data"
    assert str(refused.refusal) == f"No date can be promised for line 2, DL: {reason}."
    assert [(one.key, one.ship_date) for one in refused.faster] == [("option:dimmer=none", date(2026, 3, 4))]
    assert found.at[2] is refused
    others = explore(NewLine("DL", {}), TWO_LARGE).lines
    assert found.lines == (others[0], replace(others[1], position=3))


def test_an_order_refuses_as_a_whole_and_names_each_refused_line(company: Lamps) -> None:
    SupplierItem.objects.filter(item__code="DIMMER").delete()
    dimmed = NewLine("DL", {"dimmer": "DIMMER"}, 6)
    with pytest.raises(BadInput) as refused:
        sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=[dimmed, NewLine("DL", {}), dimmed])
    assert [issue.source for issue in refused.value.issues] == ["lines.0", "lines.2"]
    assert not Order.objects.exists()


def test_faults_are_raised_or_told_line_by_line(company: Lamps) -> None:
    lines = [NewLine("DL", {}, 0), NewLine("DL", {}), NewLine("NO", {}), NewLine("DL", {}, 5000)]
    with pytest.raises(BadInput):
        explore(*lines)
    found = explore(*lines, with_faults=True)
    assert [(line.position, line.refusal.code) for line in found.refused] == [
        (1, "quantity-not-positive"),
        (3, "unknown-model"),
        (4, "cannot-promise"),
    ]
    assert [line.position for line in found.lines] == [2]
    nothing = explore(NewLine("DL", {}, 0), with_faults=True)
    assert (nothing.lines, nothing.complete_on, nothing.currency) == ((), None, "EUR")


def test_lines_that_ship_together_say_what_they_wait_for(company: Lamps) -> None:
    found = explore(TWO_LARGE, NewLine("DL", {}), ship_complete=True)
    first, second = found.lines
    assert (first.binding.cause, second.binding.cause) == ("material", "delivery")
    assert second.reason == f"Waits for line 1, with which it ships: {first.reason}"
    wished = explore(replace(TWO_LARGE, request_date=date(2026, 4, 20)), NewLine("DL", {}), ship_complete=True)
    assert [line.binding.cause for line in wished.lines] == ["request", "delivery"]
    assert "Waits for line 1, with which it ships: As late as the requested date allows" in wished.lines[1].reason
    (alone,) = explore(NewLine("DL", {}), ship_complete=True).lines
    assert alone.binding.cause == "nothing"


def test_a_line_that_is_promised_anew_says_that_it_keeps_its_day(company: Lamps) -> None:
    wished = NewLine("DL", {}, 1, date(2026, 4, 20))
    order = sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=[wished])
    Promise.objects.update(at_risk=True)
    sales.repromise(actor=company.actor("planner"), lines=[*order.lines.all()])
    promise = Promise.objects.get(in_force=True)
    assert (promise.ship_date, promise.reason) == (date(2026, 4, 20), "Keeps the day that it had.")


def test_the_number_of_queries_does_not_grow_with_quantity_or_receipts(company: Lamps) -> None:
    explore(TWO_LARGE)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        explore(TWO_LARGE)
    assert len(queries) <= 8
