"""Invariant 2: supply is never over-allocated, under any number of concurrent writers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from atoll_web.catalogue.models import Item
from atoll_web.stock.models import Allocation, Demand, Requirement, Supply

TUESDAY, WEDNESDAY, FRIDAY = date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 6)


def allocation(requirement: Requirement, supply: Supply, quantity: int) -> str:
    columns, values = "requirement_id, supply_id, quantity", f"{requirement.pk}, {supply.pk}, {quantity}"
    return f"INSERT INTO stock_allocation ({columns}) VALUES ({values})"


def test_not_more_than_a_supply_has_is_allocated(workshop, refused):
    supply = workshop.supply("case", 5, TUESDAY)
    workshop.allocate(workshop.requirement("case", 3, FRIDAY), supply, 3)
    with refused("supply_not_over_allocated"):
        workshop.allocate(workshop.requirement("case", 3, FRIDAY), supply, 3)
    supply.refresh_from_db()
    assert supply.allocated == 3


def test_of_two_writers_who_allocate_the_last_unit_one_is_refused(open_workshop, rivals):
    supply = open_workshop.supply("case", 1, TUESDAY)
    one, other = (open_workshop.requirement("case", 1, FRIDAY) for _ in range(2))
    assert rivals.meet(allocation(one, supply, 1), allocation(other, supply, 1)) == [psycopg.errors.CheckViolation]
    supply.refresh_from_db()
    assert (supply.allocated, Allocation.objects.count()) == (1, 1)


def test_of_many_writers_exactly_as_many_succeed_as_there_are_units(open_workshop):
    supply = open_workshop.supply("case", 5, TUESDAY)
    requirements = [open_workshop.requirement("case", 1, FRIDAY) for _ in range(12)]

    def succeeds(requirement: Requirement) -> bool:
        try:
            open_workshop.allocate(requirement, supply, 1)
        except IntegrityError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as writers:
        assert sum(writers.map(succeeds, requirements)) == 5
    supply.refresh_from_db()
    assert supply.allocated == Allocation.objects.aggregate(units=Sum("quantity"))["units"] == 5


def test_a_supply_does_not_shrink_below_what_is_allocated_meanwhile(open_workshop, rivals):
    supply = open_workshop.supply("case", 5, TUESDAY)
    shrink = f"UPDATE stock_supply SET quantity = 4 WHERE id = {supply.pk}"
    taken = allocation(open_workshop.requirement("case", 5, FRIDAY), supply, 5)
    assert rivals.meet(taken, shrink) == [psycopg.errors.CheckViolation]
    supply.refresh_from_db()
    assert (supply.quantity, supply.allocated) == (5, 5)


def test_an_allocation_grown_by_update_counts(workshop, refused):
    row = workshop.allocate(workshop.requirement("case", 9, FRIDAY), workshop.supply("case", 5, TUESDAY), 5)
    with refused("supply_not_over_allocated"):
        Allocation.objects.filter(pk=row.pk).update(quantity=6)


def test_an_allocation_moved_to_another_supply_is_counted_there(workshop):
    first, second = (workshop.supply("case", 5, TUESDAY) for _ in range(2))
    row = workshop.allocate(workshop.requirement("case", 4, FRIDAY), first, 4)
    Allocation.objects.filter(pk=row.pk).update(supply=second)
    assert list(Supply.objects.order_by("id").values_list("allocated", flat=True)) == [0, 4]
    row.delete()
    assert Supply.objects.filter(allocated=0).count() == 2


def test_a_requirement_gets_no_more_than_it_takes(workshop, refused):
    requirement = workshop.requirement("case", 3, FRIDAY)
    with refused("more allocated and issued than it requires"):
        workshop.allocate(requirement, workshop.supply("case", 5, TUESDAY), 4)
    Requirement.objects.filter(pk=requirement.pk).update(issued=2)
    with refused("more allocated and issued than it requires"):
        workshop.allocate(requirement, workshop.supply("case", 5, TUESDAY), 2)
    workshop.allocate(requirement, workshop.supply("case", 5, TUESDAY), 1)
    with refused("more allocated and issued than it requires"):
        Requirement.objects.filter(pk=requirement.pk).update(issued=3)
    with refused("requirement_not_over_issued"):
        Requirement.objects.filter(pk=requirement.pk).update(issued=4)


def test_two_writers_do_not_meet_a_requirement_twice(open_workshop, rivals):
    requirement = open_workshop.requirement("case", 3, FRIDAY)
    first, second = (allocation(requirement, open_workshop.supply("case", 5, TUESDAY), 3) for _ in range(2))
    assert rivals.meet(first, second) == [psycopg.errors.CheckViolation]
    assert Allocation.objects.count() == 1


@contextmanager
def held(supply: Supply) -> Iterator[None]:
    """Somebody else has locked the supply."""
    with transaction.atomic():
        Supply.objects.select_for_update().get(pk=supply.pk)
        yield


def test_writers_take_what_they_share_in_one_order_whatever_their_plans(open_workshop, rivals):
    case, kit = open_workshop.items["case"], open_workshop.items["kit"]
    Supply.objects.bulk_create([Supply(item=kit, kind="purchase", quantity=1, due=TUESDAY) for _ in range(1000)])
    against_their_keys = [Supply(pk=9_000 - n, item=case, kind="purchase", quantity=9, due=TUESDAY) for n in range(3)]
    supplies = Supply.objects.bulk_create(against_their_keys)
    rivals.second.execute("SET enable_nestloop = off; SET enable_mergejoin = off")  # finds rows as they lie
    rivals.second.commit()

    def taking() -> str:
        requirement = open_workshop.requirement("case", 3, FRIDAY)
        rows = ", ".join(f"({requirement.pk}, {supply.pk}, 1)" for supply in supplies)
        return f"INSERT INTO stock_allocation (requirement_id, supply_id, quantity) VALUES {rows}"

    assert rivals.race(taking(), taking(), held(supplies[1])) == []
    assert set(Supply.objects.exclude(item=kit).values_list("allocated", flat=True)) == {2}


def test_what_an_allocation_names_is_there_and_stays(workshop, refused):
    requirement, supply = workshop.requirement("case", 3, FRIDAY), workshop.supply("case", 5, TUESDAY)
    with refused("requirement that is not there"):
        Allocation.objects.create(requirement_id=987, supply=supply, quantity=1)
    with refused("supply that is not there"):
        Allocation.objects.create(requirement=requirement, supply_id=987, quantity=1)
    workshop.allocate(requirement, supply, 3)
    for row in (requirement, supply):
        with refused("is still named in stock_allocation"):
            type(row).objects.filter(pk=row.pk)._raw_delete("default")


def test_what_a_requirement_names_is_there_and_stays(workshop, refused):
    requirement = workshop.requirement("case", 3, FRIDAY)
    with refused("demand names a row of stock_demand that is not there"):
        Requirement.objects.create(demand_id=987, item=requirement.item, quantity=1)
    with refused("item names a row of catalogue_item that is not there"):
        Requirement.objects.create(demand=Demand.objects.create(kind="order line", need_date=FRIDAY), item_id=987, quantity=1)
    for row in (requirement.demand, requirement.item):
        with refused("is still named in"):
            type(row).objects.filter(pk=row.pk)._raw_delete("default")


def test_an_item_does_not_go_while_somebody_requires_it(open_workshop, rivals):
    demand = Demand.objects.create(kind="order line", need_date=FRIDAY)
    item = Item.objects.create(code="bolt", name="Bolt", kind="component")
    required = "INSERT INTO stock_requirement (demand_id, item_id, quantity, issued) VALUES ({}, {}, 1, 0)"
    gone = f"DELETE FROM catalogue_item WHERE id = {item.pk}"
    assert rivals.meet(required.format(demand.pk, item.pk), gone) == [psycopg.errors.ForeignKeyViolation]
    assert Requirement.objects.filter(item=item).exists()


def test_nobody_requires_an_item_that_is_about_to_go(open_workshop, rivals):
    demand = Demand.objects.create(kind="order line", need_date=FRIDAY)
    item = Item.objects.create(code="bolt", name="Bolt", kind="component")
    required = f"INSERT INTO stock_requirement (demand_id, item_id, quantity, issued) VALUES ({demand.pk}, {item.pk}, 1, 0)"
    assert rivals.meet(f"DELETE FROM catalogue_item WHERE id = {item.pk}", required) == [psycopg.errors.ForeignKeyViolation]
    assert not Item.objects.filter(pk=item.pk).exists()


def test_a_requirement_is_not_met_by_another_item(workshop, refused):
    with refused("supply of another item"):
        workshop.allocate(workshop.requirement("case", 3, FRIDAY), workshop.supply("kit", 5, TUESDAY), 1)


def test_neither_side_of_an_allocation_becomes_another_item(workshop, refused):
    workshop.allocate(workshop.requirement("case", 3, FRIDAY), workshop.supply("case", 5, TUESDAY), 3)
    with refused("refuses to .*update"):
        Supply.objects.update(item=workshop.items["kit"])
    with refused("refuses to .*update"):
        Requirement.objects.update(item=workshop.items["kit"])


def test_allocated_units_are_not_written_by_hand(workshop, refused):
    workshop.allocate(workshop.requirement("case", 3, FRIDAY), workshop.supply("case", 5, TUESDAY), 3)
    with refused("allocated is a sum"):
        Supply.objects.update(allocated=0)


def test_a_supply_does_not_begin_with_allocated_units(workshop, refused):
    with refused("allocated is a sum"):
        Supply.objects.create(item=workshop.items["case"], kind="purchase", quantity=5, allocated=5, due=TUESDAY)


def test_a_supply_that_something_rests_on_is_not_deleted(open_workshop, rivals):
    supply = open_workshop.supply("case", 5, TUESDAY)
    open_workshop.allocate(open_workshop.requirement("case", 3, FRIDAY), supply, 3)
    delete = f"DELETE FROM stock_supply WHERE id = {supply.pk}"
    assert rivals.meet("SELECT 1", delete) == [psycopg.errors.ForeignKeyViolation]


@pytest.mark.parametrize(("kind", "due"), [("on hand", TUESDAY), ("purchase", None), ("build", None), ("planned", None)])
def test_only_what_is_on_hand_has_no_due_date(workshop, refused, kind, due):
    if kind == "on hand":
        workshop.move("case", 5, "supplier", "stock")
        with refused("supply_due"):
            Supply.objects.filter(kind="on hand").update(due=due)
    else:
        with refused("supply_due"):
            workshop.supply("case", 5, due, kind)


def test_a_supply_is_of_a_known_kind(workshop, refused):
    with refused("supply_kind_is_known"):
        workshop.supply("case", 5, TUESDAY, "gift")


def test_an_item_has_one_on_hand_supply(workshop, refused):
    workshop.move("case", 5, "supplier", "stock")
    with refused("refuses to .*insert"):
        Supply.objects.create(item=workshop.items["case"], kind="on hand")


def test_a_build_does_not_rest_on_what_is_due_after_it_begins(workshop, refused):
    build = workshop.supply("kit", 1, FRIDAY, "build")
    with refused("a build cannot rest on"):
        workshop.allocate(workshop.requirement("case", 1, TUESDAY, build), workshop.supply("case", 5, WEDNESDAY), 1)


def test_a_build_does_not_yield_before_it_begins(workshop, refused):
    with refused("be due before it begins"):
        workshop.requirement("case", 1, FRIDAY, workshop.supply("kit", 1, WEDNESDAY, "build"))
