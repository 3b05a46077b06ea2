"""What is planned in one call for several orders is built together, and shrinks to what is still needed."""

from itertools import combinations

import pytest
from django.db import transaction
from django.db.models import F

from atoll_web import invariants
from atoll_web.accounts.acting import acting
from atoll_web.sales import services as sales
from atoll_web.sales.held import held_by
from atoll_web.sales.models import Order, OrderLine
from atoll_web.sales.services.releasing import give_back
from atoll_web.stock.models import Requirement, Supply
from tests.lamps import Lamps


@pytest.fixture
def orders(company: Lamps) -> list[Order]:
    """Orders of more lamps than there are feet, and drivers and transformers to build them from."""
    asked = [sales.NewOrder("MUELLER", [sales.NewLine("DL", {}, quantity)]) for quantity in (3, 5, 4, 6)]
    return sales.enter_orders(actor=company.actor("sales"), orders=asked)


def builds(code: str) -> list[tuple[int, dict[str, int]]]:
    """Units of each planned build of an item, and what its kit takes."""
    rows = Supply.objects.filter(item__code=code, kind="planned", consumes__isnull=False).order_by("due")
    kits = Requirement.objects.values_list("demand__builds", "item__code", "quantity")
    return [(row.quantity, {item: units for supply, item, units in kits if supply == row.pk}) for row in rows]


def test_orders_of_one_call_share_a_build_of_an_item_for_a_day(orders: list[Order]) -> None:
    assert sum(units for units, _ in builds("FOOT")) == 3 + 5 + 4 + 6 - 8
    assert all(kit == {"DRIVER": units, "PLATE": 2 * units} for units, kit in builds("FOOT"))
    assert all(kit == {"TRAFO": units, "BOARD": units} for units, kit in builds("DRIVER"))
    days = Supply.objects.filter(kind="planned", consumes__isnull=False).values_list("item", "due", "consumes__need_date")
    assert len(days) == len(set(days)) < 10
    assert not any(check.violations for check in invariants.check().checks)


def test_a_build_shrinks_to_what_the_others_take_and_its_kit_with_it(company: Lamps, orders: list[Order]) -> None:
    sales.cancel(actor=company.actor("sales"), order=orders[2])
    assert sum(units for units, _ in builds("FOOT")) == 3 + 5 + 6 - 8
    assert all(kit == {"DRIVER": units, "PLATE": 2 * units} for units, kit in builds("FOOT"))
    assert all(kit == {"TRAFO": units, "BOARD": units} for units, kit in builds("DRIVER"))
    assert not Supply.objects.filter(kind="planned").exclude(quantity=F("allocated")).exists()
    assert not any(check.violations for check in invariants.check().checks)
    for order in (orders[3], orders[1], orders[0]):
        sales.cancel(actor=company.actor("sales"), order=order)
    assert not Supply.objects.filter(kind="planned").exists()
    assert not Supply.objects.exclude(allocated=0).exists()


def test_what_lines_hold_is_what_becomes_free_when_they_give_it_back(company: Lamps, orders: list[Order]) -> None:
    company.order(2)  # builds of its own, beside those that are shared
    before = dict(Supply.objects.exclude(kind="planned").values_list("id", F("quantity") - F("allocated")))
    lines = list(OrderLine.objects.order_by("id"))
    for chosen in (some for size in range(1, len(lines) + 1) for some in combinations(lines, size)):
        held = held_by([line.pk for line in chosen], [line.demand_id for line in chosen])
        with transaction.atomic(), acting(company.actor("planner")):
            give_back(chosen)
            after = dict(Supply.objects.exclude(kind="planned").values_list("id", F("quantity") - F("allocated")))
            shrunk = Supply.objects.filter(id__in=held.planned)
            assert not shrunk.exclude(quantity=F("allocated")).exists()
            transaction.set_rollback(True)
        assert {key: after[key] - before[key] for key in after if after[key] != before[key]} == held.units
