"""Orders are made by what a process has read last, as long as that still holds."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from atoll_web.planning.models import StockPolicy
from atoll_web.purchasing.models import SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales.errors import CustomerOnHold, UnknownCustomer
from atoll_web.sales.models import Customer, Order, Promise
from atoll_web.sales.services import NewLine, entering
from atoll_web.stock.models import Allocation
from tests.at_once import assert_nothing_is_violated
from tests.lamps import Lamps

pytestmark = pytest.mark.django_db(transaction=True)

LARGE = {"head": "HEAD-L", "arm": "ARM-L"}

MANY = 50
"""More than there is of anything."""


@pytest.fixture
def at_once(company: Lamps, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """After one order, for each of the next ones whether it was entered by what was read before."""
    company.order(1)
    company.order(1)  # the first one may have moved what the company reads
    found: list[bool] = []
    enter: Callable[..., list[Order] | None] = entering._enter_at_once

    def told(*arguments: object) -> list[Order] | None:
        rows = enter(*arguments)
        found.append(rows is not None)
        return rows

    monkeypatch.setattr(entering, "_enter_at_once", told)
    return found


def test_an_order_is_entered_by_what_was_read_before(company: Lamps, at_once: list[bool]) -> None:
    order = company.order(1)
    assert at_once == [True]
    assert Promise.objects.filter(line__order=order, in_force=True).count() == 1
    assert_nothing_is_violated()


def test_a_lead_time_that_changed_is_read_again(company: Lamps, at_once: list[bool]) -> None:
    before = sales.inquire(line=NewLine("DL", {}, MANY), today=company.today).ship_date
    for row in SupplierItem.objects.all():
        row.lead_time_days += 14
        row.save()
    asked = sales.inquire(line=NewLine("DL", {}, MANY), today=company.today).ship_date
    order = company.order(MANY)
    promised = Promise.objects.get(line__order=order, in_force=True).ship_date
    assert at_once == [True]  # the inquiry has read it
    assert promised == asked >= before + timedelta(days=14)


def test_a_lead_time_that_changed_elsewhere_is_noticed_by_the_order(company: Lamps, at_once: list[bool]) -> None:
    before = sales.inquire(line=NewLine("DL", {}, MANY), today=company.today).ship_date
    for row in SupplierItem.objects.all():
        row.lead_time_days += 14
        row.save()
    promised = Promise.objects.get(line__order=company.order(MANY), in_force=True).ship_date
    assert at_once == [False]
    assert promised >= before + timedelta(days=14)
    assert_nothing_is_violated()


def asked_for_the_end_of_april(company: Lamps) -> Order:
    """An order that waits eight weeks for the only large head there is; a new one takes two."""
    line = NewLine("DL", LARGE, request_date=company.today + timedelta(days=59))
    return sales.enter_order(actor=company.actor("sales"), customer="MUELLER", lines=[line])


def set_base_stock(units: int) -> None:
    StockPolicy.objects.filter(item__code="HEAD-L").update(base_stock=units)


@pytest.mark.parametrize(("level", "is_left"), [(None, True), (1, True), (0, False)])
def test_an_order_that_may_wait_leaves_what_is_kept_in_stock(company: Lamps, level: int | None, *, is_left: bool) -> None:
    if level is None:
        StockPolicy.objects.all().delete()
    else:
        set_base_stock(level)
    before = sales.inquire(line=NewLine("DL", LARGE), today=company.today).ship_date
    asked_for_the_end_of_april(company)
    after = sales.inquire(line=NewLine("DL", LARGE), today=company.today).ship_date
    assert (after == before) == is_left
    assert_nothing_is_violated()


def test_a_stock_level_that_changed_is_noticed(company: Lamps) -> None:
    asked_for_the_end_of_april(company)
    set_base_stock(0)
    order = asked_for_the_end_of_april(company)
    assert Allocation.objects.filter(
        requirement__demand__order_line__order=order, supply__kind="on hand", supply__item__code="HEAD-L"
    ).exists()


def test_a_customer_put_on_hold_is_refused(company: Lamps, at_once: list[bool]) -> None:
    Customer.objects.update(on_hold=True)
    with pytest.raises(CustomerOnHold):
        company.order(1)
    assert at_once == [False]
    assert Order.objects.count() == 2


def test_a_key_that_was_sent_before_gets_its_order(company: Lamps, at_once: list[bool]) -> None:
    def entered(key: str) -> Order:
        line = NewLine("DL", {}, 1)
        return sales.enter_order(actor=company.actor("sales"), customer="MUELLER", lines=[line], idempotency_key=key)

    first, other, again = entered("A"), entered("B"), entered("A")
    assert (first.pk, at_once) == (again.pk, [True, True, False])
    assert other.pk != first.pk
    assert Order.objects.count() == 4


def test_a_quote_that_expired_gives_its_supply_to_the_next_order(company: Lamps, at_once: list[bool]) -> None:
    actor = company.actor("sales")
    held = sales.quote(actor=actor, customer="MUELLER", lines=[NewLine("DL", {}, 1)], days=1)
    company.order(1)
    Order.objects.filter(pk=held.pk).update(expires_at=actor.at - timedelta(seconds=1))
    company.order(1)
    held.refresh_from_db()
    assert held.state == "expired"
    assert_nothing_is_violated()


def test_nothing_is_committed_inside_the_transaction_of_others(company: Lamps, at_once: list[bool]) -> None:
    @transaction.atomic
    def both() -> None:
        company.order(1)
        sales.enter_order(actor=company.actor("sales"), customer="NOBODY", lines=[NewLine("DL", {}, 1)])

    with pytest.raises(UnknownCustomer):
        both()
    assert at_once == [True, False]
    assert Order.objects.count() == 2
