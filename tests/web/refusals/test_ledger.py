"""Invariant 1: the ledger is append-only, balances are its sums, nothing physical falls below zero."""

import psycopg
import pytest
from django.db import connection
from django.db.models import Sum

from atoll_web.catalogue.models import Item
from atoll_web.stock import correcting
from atoll_web.stock.errors import LotsDoNotMatch
from atoll_web.stock.models import Balance, Location, Lot, Move, Supply

TABLES_OF_RECORD = (
    "accounts_statechange",
    "stock_move",
    "stock_balance",
    "stock_allocation",
    "catalogue_configuration",
    "catalogue_orderbillline",
    "sales_promise",
    "sales_slotreservation",
    "assembly_asbuilt",
)


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_move_is_never_edited(workshop, refused):
    move = workshop.move("case", 5, "supplier", "stock")
    with refused("refuses to .*update"):
        Move.objects.filter(pk=move.pk).update(quantity=4)


def test_a_move_is_never_deleted(workshop, refused):
    workshop.move("case", 5, "supplier", "stock")
    with refused("refuses to .*delete"):
        execute("DELETE FROM stock_move")


@pytest.mark.parametrize("table", TABLES_OF_RECORD)
def test_no_table_of_record_is_emptied_alone(workshop, refused, commit, table):
    commit()
    with refused("can only be emptied together with the company"):
        execute(f"TRUNCATE {table} CASCADE")


def test_the_whole_business_may_be_cleared_at_once(workshop, commit):
    workshop.move("case", 5, "supplier", "stock")
    commit()
    execute(f"TRUNCATE accounts_company, {', '.join(TABLES_OF_RECORD)} CASCADE")
    assert not Move.objects.exists()


def test_balances_sum_to_zero_over_all_locations(workshop):
    workshop.move("case", 9, "supplier", "stock")
    workshop.move("case", 4, "stock", "line")
    workshop.move("case", 3, "line", "production")
    workshop.move("case", 1, "stock", "scrap")
    held = dict(Balance.objects.values_list("location__kind", "quantity"))
    assert held == {"supplier": -9, "stock": 4, "line": 1, "production": 3, "scrap": 1}
    assert Balance.objects.aggregate(units=Sum("quantity"))["units"] == 0


def test_on_hand_supply_follows_the_stock_location(workshop):
    workshop.move("case", 9, "supplier", "stock")
    workshop.move("case", 4, "stock", "line")
    assert Supply.objects.get(kind="on hand").quantity == 5


def test_a_balance_is_not_written_by_hand(workshop, refused):
    workshop.move("case", 9, "supplier", "stock")
    with refused("refuses to .*update"):
        Balance.objects.update(quantity=100)
    with refused("refuses to .*delete"):
        execute("DELETE FROM stock_balance")
    with refused("refuses to .*insert"):
        Balance.objects.create(item=workshop.items["kit"], location=workshop.places["stock"], quantity=1, physical=True)


def test_on_hand_supply_is_not_written_by_hand(workshop, refused):
    workshop.move("case", 9, "supplier", "stock")
    with refused("refuses to .*update"):
        Supply.objects.filter(kind="on hand").update(quantity=100)
    with refused("refuses to .*update"):
        Supply.objects.filter(kind="on hand").update(kind="purchase", due="2026-03-04")
    with refused("refuses to .*delete"):
        Supply.objects.filter(kind="on hand").delete()
    with refused("refuses to .*insert"):
        Supply.objects.create(item=workshop.items["kit"], kind="on hand", quantity=1)


@pytest.mark.parametrize("place", ["stock", "line", "finished"])
def test_nothing_physical_falls_below_zero(workshop, refused, place):
    workshop.move("case", 5, "supplier", place)
    with refused("no_negative_stock"):
        workshop.move("case", 6, place, "scrap")


def test_a_serial_number_leaves_a_place_once(workshop, refused):
    lot = workshop.serial("cpu", "C1")
    workshop.move("cpu", 1, "supplier", "stock", lot=lot)
    workshop.move("cpu", 1, "supplier", "stock", lot=workshop.serial("cpu", "C2"))
    workshop.move("cpu", 1, "stock", "line", lot=lot)
    with refused("no_negative_stock"):
        workshop.move("cpu", 1, "stock", "line", lot=lot)


def test_a_serial_number_arrives_once(workshop, refused):
    lot = workshop.serial("cpu", "C1")
    workshop.move("cpu", 1, "supplier", "stock", lot=lot)
    for place in ("stock", "line"):
        with refused("more units than it has"):
            workshop.move("cpu", 1, "supplier", place, lot=lot)


def test_of_two_receipts_at_once_of_a_serial_number_one_is_refused(open_workshop, rivals):
    lot, places, user = open_workshop.serial("cpu", "C1"), open_workshop.places, open_workshop.actor.user
    keys = f"{lot.item_id}, {lot.pk}, 1, {places['supplier'].pk}, {places['stock'].pk}, now(), 'rival', {user.pk}"
    columns = "item_id, lot_id, quantity, source_id, destination_id, at, reference, user_id"
    assert rivals.meet(f"INSERT INTO stock_move ({columns}) VALUES ({keys})") == [psycopg.errors.CheckViolation]
    assert Balance.objects.get(lot=lot).quantity == 1


def test_of_two_issues_at_once_of_the_last_units_one_is_refused(open_workshop, rivals):
    entry = open_workshop.move("case", 5, "supplier", "stock")
    keys = f"{entry.item_id}, 4, {entry.destination_id}, {open_workshop.places['line'].pk}, now(), 'rival', {entry.user_id}"
    issue = f"INSERT INTO stock_move (item_id, quantity, source_id, destination_id, at, reference, user_id) VALUES ({keys})"
    assert rivals.meet(issue) == [psycopg.errors.CheckViolation]
    assert Balance.objects.get(location__kind="stock").quantity == 1
    assert Balance.objects.aggregate(units=Sum("quantity"))["units"] == 0


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_move_takes_at_least_one_unit(workshop, refused, quantity):
    with refused("check constraint"):
        workshop.move("case", quantity, "supplier", "stock")


def test_a_move_goes_somewhere(workshop, refused):
    with refused("move_goes_somewhere"):
        workshop.move("case", 1, "stock", "stock")


def test_a_reversing_move_is_the_opposite(workshop, refused):
    entry = workshop.move("case", 5, "supplier", "stock")
    with refused("the opposite of the one before"):
        workshop.move("case", 4, "stock", "supplier", reverses=entry)
    workshop.move("case", 5, "stock", "supplier", reverses=entry)
    with refused("reverses_id"):
        workshop.move("case", 5, "stock", "supplier", reverses=entry)


def test_a_numbered_item_moves_by_its_own_lots(workshop, refused):
    memory = workshop.serial("memory", "M1", quantity=20)
    with refused("moves by its own lots"):
        workshop.move("cpu", 1, "supplier", "stock")
    with refused("moves by its own lots"):
        workshop.move("cpu", 1, "supplier", "stock", lot=memory)
    with refused("moves by its own lots"):
        workshop.move("case", 1, "supplier", "stock", lot=memory)
    with refused("a serial number alone"):
        workshop.move("cpu", 2, "supplier", "stock", lot=workshop.serial("cpu", "C1"))


def test_a_numbered_item_is_not_counted_without_its_lot(workshop):
    with pytest.raises(LotsDoNotMatch, match="cpu is tracked by serial"):
        correcting.count(actor=workshop.actor, item=workshop.items["cpu"], counted=3)


def test_a_serial_number_is_one_unit_of_a_numbered_item(workshop, refused):
    with refused("a lot of one unit"):
        workshop.serial("cpu", "C1", quantity=2)
    with refused("only a numbered item has lots"):
        workshop.serial("case", "A1")


def test_a_number_exists_once_and_stays(workshop, refused):
    lot = workshop.serial("memory", "M1", quantity=20)
    with refused("lot_number_once_per_item"):
        workshop.serial("memory", "M1")
    with refused("refuses to .*update"):
        Lot.objects.filter(pk=lot.pk).update(quantity=21)
    with refused("used is a sum"):
        Lot.objects.filter(pk=lot.pk).update(used=3)


def test_what_balances_rest_on_stays(workshop, refused):
    workshop.move("case", 5, "supplier", "stock")
    with refused("so its tracking stays"):
        Item.objects.filter(code="case").update(tracking="serial")
    with refused("refuses to .*update"):
        Location.objects.filter(kind="stock").update(kind="scrap")
    assert Item.objects.filter(code="memory").update(tracking="serial") == 1
