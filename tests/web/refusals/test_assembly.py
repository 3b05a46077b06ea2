"""Invariant 5: what was assembled is recorded as built, and no unit is used or shipped twice."""

import psycopg

from atoll_web.assembly.models import AsBuilt, KitLine
from atoll_web.sales.models import Shipment, ShippedUnit
from atoll_web.stock.models import Lot


def built_in(unit: Lot, lot: Lot) -> str:
    keys = f"{unit.pk}, {lot.item_id}, {lot.pk}, 1"
    return f"INSERT INTO assembly_asbuilt (unit_id, item_id, lot_id, quantity) VALUES ({keys})"


def test_the_record_of_what_was_built_never_changes(workshop, refused):
    unit, lot = workshop.serial("pc", "P1"), workshop.serial("cpu", "C1")
    AsBuilt.objects.create(unit=unit, item=lot.item, lot=lot, quantity=1)
    with refused("refuses to .*update"):
        AsBuilt.objects.update(unit=workshop.serial("pc", "P2"))
    with refused("refuses to .*delete"):
        AsBuilt.objects.all().delete()


def test_a_serial_number_is_in_one_unit(workshop, refused):
    lot = workshop.serial("cpu", "C1")
    AsBuilt.objects.create(unit=workshop.serial("pc", "P1"), item=lot.item, lot=lot, quantity=1)
    with refused("lot_not_used_twice"):
        AsBuilt.objects.create(unit=workshop.serial("pc", "P2"), item=lot.item, lot=lot, quantity=1)


def test_a_lot_is_used_up_to_its_quantity(workshop, refused):
    lot = workshop.serial("memory", "M1", quantity=3)
    AsBuilt.objects.create(unit=workshop.serial("pc", "P1"), item=lot.item, lot=lot, quantity=2)
    with refused("lot_not_used_twice"):
        AsBuilt.objects.create(unit=workshop.serial("pc", "P2"), item=lot.item, lot=lot, quantity=2)
    lot.refresh_from_db()
    assert lot.used == 2


def test_of_two_assemblers_who_build_in_a_serial_number_at_once_one_is_refused(open_workshop, rivals):
    lot = open_workshop.serial("cpu", "C1")
    units = [open_workshop.serial("pc", number) for number in ("P1", "P2")]
    assert rivals.meet(*(built_in(unit, lot) for unit in units)) == [psycopg.errors.CheckViolation]
    assert AsBuilt.objects.count() == 1


def test_what_is_numbered_is_recorded_by_its_number(workshop, refused):
    unit, kit = workshop.serial("pc", "P1"), workshop.serial("kit", "K1")
    with refused("names a lot of it"):
        AsBuilt.objects.create(unit=unit, item=workshop.items["cpu"], quantity=1)
    with refused("names a lot of it"):
        AsBuilt.objects.create(unit=unit, item=workshop.items["cpu"], lot=kit, quantity=1)
    with refused("names a lot of it"):
        AsBuilt.objects.create(unit=kit, item=kit.item, lot=kit, quantity=1)
    assert AsBuilt.objects.create(unit=unit, item=workshop.items["case"], quantity=1).pk


def test_a_kit_line_belongs_to_one_order(workshop, refused):
    with refused("kit_belongs_to_one_order"):
        KitLine.objects.create(item=workshop.items["case"], quantity=1)


def test_of_two_shipments_of_a_unit_at_once_one_is_refused(open_workshop, rivals):
    line, unit = open_workshop.released_line(), open_workshop.serial("pc", "P1")
    shipments = [
        Shipment.objects.create(number=number, order=line.order, at=open_workshop.actor.at, user=open_workshop.actor.user)
        for number in ("SH-1", "SH-2")
    ]
    ship = "INSERT INTO sales_shippedunit (shipment_id, line_id, unit_id) VALUES ({}, {}, {})"
    statements = [ship.format(shipment.pk, line.pk, unit.pk) for shipment in shipments]
    assert rivals.meet(*statements) == [psycopg.errors.UniqueViolation]
    assert ShippedUnit.objects.count() == 1


def test_a_unit_leaves_for_a_customer_once(workshop, refused):
    unit = workshop.serial("pc", "P1")
    workshop.move("pc", 1, "production", "finished", lot=unit)
    workshop.move("pc", 1, "finished", "customer", lot=unit)
    with refused("no_negative_stock"):
        workshop.move("pc", 1, "finished", "customer", lot=unit)
