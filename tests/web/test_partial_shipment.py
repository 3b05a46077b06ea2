"""Units of a line leave as they are finished; the line and its order are shipped with the last of them."""

import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from atoll_web.accounts.acting import acting
from atoll_web.assembly import services as assembly
from atoll_web.assembly.errors import NotFinished, NotLeft, UnitNotFinished, WrongState
from atoll_web.assembly.models import AsBuilt, FinalAssemblyOrder
from atoll_web.assembly.services import Part
from atoll_web.sales import services as sales
from atoll_web.sales.errors import ShipsComplete
from atoll_web.sales.models import Order, OrderLine, Shipment, ShippedUnit
from atoll_web.stock.models import Balance, Lot
from tests.lamps import Lamps
from tests.web.test_corrections import nothing_is_violated


def begun(company: Lamps, order: Order) -> OrderLine:
    """The first line of an order, with its kit laid out."""
    line = order.lines.first()
    made = assembly.release(actor=company.actor("planner"), lines=[line])
    assembly.kit(actor=company.actor("warehouse"), orders=made)
    return line


def assemble(company: Lamps, line: OrderLine, units: int | None = None) -> None:
    assembly.complete(actor=company.actor("assembler"), orders=[line.assembly_order], units=units)


def ship(company: Lamps, line: OrderLine, units: int | None = None, serials: tuple[str, ...] = ()) -> list[Shipment]:
    return assembly.ship_parts(actor=company.actor("warehouse"), parts=[Part(line, units, serials)])


def state(line: OrderLine) -> tuple[str, str]:
    """Of the line and its order."""
    row = OrderLine.objects.select_related("order").get(pk=line.pk)
    return row.state, row.order.state


def finished() -> int:
    return sum(Balance.objects.filter(location__kind="finished").values_list("quantity", flat=True))


def test_an_order_is_shipped_with_the_last_unit_and_not_before(company):
    """3 of 5 lamps leave, then the other 2."""
    line = begun(company, company.order(5))
    assemble(company, line)
    ship(company, line, 3)
    assert (state(line), finished(), ShippedUnit.objects.count()) == (("assembled", "in assembly"), 2, 3)
    assert nothing_is_violated()
    ship(company, line)
    assert (state(line), finished(), Shipment.objects.count()) == (("shipped", "shipped"), 0, 2)
    assert nothing_is_violated()


def test_units_leave_while_the_others_are_still_assembled(company):
    line = begun(company, company.order(5))
    assemble(company, line, 2)
    ship(company, line, 1)
    assert (state(line), finished()) == (("in assembly", "in assembly"), 1)
    assert nothing_is_violated()
    assemble(company, line, 1)
    assemble(company, line)
    ship(company, line)
    assert state(line) == ("shipped", "shipped")
    assert nothing_is_violated()


def test_each_unit_contains_its_share_of_the_kit_however_many_are_finished_at_once(company):
    """5 lamps with 2 metres of cable each: 10 metres, 5 heads with 5 numbers."""
    line = begun(company, company.order(5))
    for units in (2, 1, 2):
        assemble(company, line, units)
    cables = AsBuilt.objects.filter(item__code="CABLE").values_list("quantity", flat=True)
    heads = AsBuilt.objects.filter(item__code="HEAD-S").values_list("lot", flat=True)
    assert (list(cables), len(set(heads))) == ([2] * 5, 5)
    assert FinalAssemblyOrder.objects.get().state == "completed"


def test_the_units_that_were_packed_are_named_by_their_numbers(company):
    line = begun(company, company.order(3))
    assemble(company, line)
    last = Lot.objects.filter(item__code="LAMP").order_by("-pk").first()
    ship(company, line, serials=(last.number,))
    assert ShippedUnit.objects.get().unit == last
    with pytest.raises(UnitNotFinished, match=last.number):
        ship(company, line, serials=(last.number,))


def test_no_more_units_leave_than_are_finished(company):
    line = begun(company, company.order(3))
    with pytest.raises(NotFinished):
        ship(company, line, 1)
    assemble(company, line, 2)
    with pytest.raises(NotFinished, match="2 finished unit"):
        ship(company, line, 3)
    with pytest.raises(NotFinished):
        ship(company, line, 0)
    with pytest.raises(WrongState):
        assembly.ship(actor=company.actor("warehouse"), lines=[line])


def test_no_more_units_are_assembled_than_are_left(company):
    line = begun(company, company.order(3))
    assemble(company, line, 2)
    with pytest.raises(NotLeft, match="1 unit"):
        assemble(company, line, 2)
    with pytest.raises(NotLeft):
        assemble(company, line, 0)


def test_an_order_that_ships_complete_does_not_leave_in_parts(company):
    lines = [sales.NewLine("DL", {}, 2)]
    order = sales.enter_order(actor=company.actor("sales"), customer="MUELLER", lines=lines, ship_complete=True)
    line = begun(company, order)
    assemble(company, line)
    with pytest.raises(ShipsComplete):
        ship(company, line, 1)
    ship(company, line, 2)
    assert state(line) == ("shipped", "shipped")


def write(company: Lamps, sql: str) -> None:
    """By hand, and to the end of the transaction."""
    with transaction.atomic(), acting(company.actor("admin")), connection.cursor() as cursor:
        cursor.execute(f"{sql}; SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_refuses_a_line_that_is_shipped_without_its_units(company):
    line = begun(company, company.order(3))
    assemble(company, line)
    ship(company, line, 2)
    by_hand = "UPDATE sales_orderline SET state = 'shipped', shipped_on = now(); UPDATE sales_order SET state = 'shipped'"
    with pytest.raises(IntegrityError, match="without all its units"):
        write(company, by_hand)


def test_the_database_refuses_a_last_unit_that_leaves_its_line_behind(company):
    line = begun(company, company.order(1))
    assemble(company, line)
    shipment = Shipment.objects.create(
        number="S", order=line.order, at=company.actor("admin").at, user=company.actor("admin").user
    )
    with pytest.raises(IntegrityError, match="shipped with its last unit"), transaction.atomic():
        ShippedUnit.objects.create(shipment=shipment, line=line, unit=Lot.objects.get(item__code="LAMP"))


def test_the_database_refuses_an_order_that_is_left_behind_by_its_lines(company):
    """The first line is shipped, and the second cancelled by hand."""
    lines = [sales.NewLine("DL", {}), sales.NewLine("DL", {})]
    order = sales.enter_order(actor=company.actor("sales"), customer="MUELLER", lines=lines)
    line = begun(company, order)
    assemble(company, line)
    ship(company, line)
    by_hand = """
    UPDATE sales_promise SET in_force = false WHERE line_id IN (SELECT id FROM sales_orderline WHERE position = 2);
    UPDATE sales_orderline SET state = 'cancelled' WHERE position = 2
    """
    with pytest.raises(IntegrityError, match="shipped when all its lines are shipped or cancelled"):
        write(company, by_hand)


def test_the_database_refuses_a_shipped_order_with_lines_to_come(company):
    line = begun(company, company.order(1))
    assemble(company, line)
    with pytest.raises(IntegrityError, match="shipped when all its lines are shipped or cancelled"):
        write(company, "UPDATE sales_order SET state = 'shipped'")


def test_a_program_ships_some_units_or_those_that_it_names(company, signed_in):
    line = begun(company, company.order(4))
    assemble(company, line)
    client, name = signed_in("warehouse"), f"{line.order.number}/1"
    answer = client.post("/api/v1/shipments", {"parts": [{"line": name, "units": 2}]}, content_type="application/json")
    assert answer.status_code == 201
    assert len(answer.json()[0]["units"]) == 2
    last = Lot.objects.filter(item__code="LAMP").order_by("-pk").first().number
    answer = client.post("/api/v1/shipments", {"parts": [{"line": name, "serials": [last]}]}, content_type="application/json")
    assert answer.json()[0]["units"] == [last]
    told = client.get(f"/api/v1/orders/{line.order.number}").json()["lines"][0]
    assert (told["state"], told["shipped_units"]) == ("assembled", 3)
    answer = client.post("/api/v1/shipments", {"lines": [name]}, content_type="application/json")
    assert (answer.status_code, state(line)) == (201, ("shipped", "shipped"))
    for wrong in ({}, {"lines": [name], "parts": [{"line": name, "units": 1}]}):
        assert client.post("/api/v1/shipments", wrong, content_type="application/json").status_code == 422


def test_a_program_reports_units_as_they_are_finished(company, signed_in):
    line = begun(company, company.order(4))
    url = f"/api/v1/assembly-orders/{line.assembly_order.number}/complete"
    answer = signed_in("assembler").post(f"{url}?units=3", content_type="application/json")
    assert (answer.json()["state"], answer.json()["finished"]) == ("kitted", 3)
    assert signed_in("assembler").post(url, content_type="application/json").json()["state"] == "completed"


def test_units_are_reported_and_shipped_on_the_page_of_their_assembly_order(company, signed_in):
    line = begun(company, company.order(4))
    number = line.assembly_order.number
    signed_in("assembler").post(reverse("complete-assembly", args=[number]), {"units": "3"})
    client = signed_in("warehouse")
    client.post(reverse("ship-line", args=[line.pk]), {"units": "2"})
    page = client.get(reverse("assembly-order", args=[number])).content.decode()
    assert "3 of 4 finished, 2 shipped" in page
    assert "2 of 4 units shipped" in client.get(reverse("order", args=[line.order.number])).content.decode()
    assert state(line) == ("in assembly", "in assembly")


def leaving(client) -> dict[str, dict[str, str]]:
    """What the page of ready work offers to ship: by the name of its button the address and the units that go with it."""
    page = client.get("/work").content.decode()
    offered = re.findall(r'<form method="post" action="([^"]+/ship)">(.*?)aria-label="([^"]+)"', page, re.DOTALL)
    units = {name: re.search(r'name="units" value="(\d+)"', form) for _, form, name in offered}
    return {name: {"action": action} | ({"units": units[name][1]} if units[name] else {}) for action, _, name in offered}


def test_ready_work_offers_the_units_of_a_line_that_are_finished(company, signed_in):
    line = begun(company, company.order(5))
    client = signed_in("warehouse")
    assert leaving(client) == {}
    assemble(company, line, 2)
    button, task = leaving(client).popitem()
    assert (button, task["units"]) == (f"Ship 2 of 5 {line}", "2")
    client.post(task["action"], {"units": task["units"], "from": "work"})
    assert (state(line), leaving(client)) == (("in assembly", "in assembly"), {})
    assemble(company, line)
    assert [*leaving(client)] == [f"Ship 3 of 5 {line}"]


def test_an_order_that_ships_complete_leaves_at_one_press_when_all_of_it_is_finished(company, signed_in):
    lines = [sales.NewLine("DL", {}), sales.NewLine("DL", {}, 2)]
    order = sales.enter_order(actor=company.actor("sales"), customer="MUELLER", lines=lines, ship_complete=True)
    first, second = order.lines.order_by("position")
    made = assembly.release(actor=company.actor("planner"), lines=[first, second])
    assembly.kit(actor=company.actor("warehouse"), orders=made)
    client = signed_in("warehouse")
    assemble(company, first)
    assert leaving(client) == {}
    assemble(company, second)
    (button,), (task,) = zip(*leaving(client).items(), strict=True)
    assert button == f"Ship {order.number}"
    page = client.post(task["action"], {"from": "work"}, follow=True).content.decode()
    assert f"{order.number} is on the way to" in page
    assert (state(first), state(second)) == (("shipped", "shipped"), ("shipped", "shipped"))
