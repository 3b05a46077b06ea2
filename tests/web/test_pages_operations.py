"""The pages of stock, purchasing, planning, assembly and runs: what they show, what their forms do, whom they let do it."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from atoll_web import home
from atoll_web.accounts.models import Company
from atoll_web.assembly import services as assembly
from atoll_web.assembly.models import BuildOrder, FinalAssemblyOrder
from atoll_web.catalogue.models import BillLine, Item
from atoll_web.lists import csv_answer
from atoll_web.planning import services as planning
from atoll_web.planning.models import Forecast, PlannedOrder, StockPolicy
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrder, PurchaseOrderLine
from atoll_web.runs import services as runs
from atoll_web.runs.models import Run
from atoll_web.sales.models import Order, OrderLine, Promise
from atoll_web.stock import services as stock
from atoll_web.stock.models import Lot, Move, Supply
from atoll_web.words import in_words
from tests.lamps import MONDAY, Lamps

SignIn = Callable[[str], Client]

LISTS = (
    "items",
    "moves",
    "lots",
    "purchase-orders",
    "suppliers",
    "planned-orders",
    "stock-policies",
    "build-orders",
    "assembly-orders",
    "shipments",
    "runs",
)
PAGES = ("morning", "proposals", "forecasts", "risks", "capacity", "work")


@pytest.fixture
def played(company: Lamps) -> Lamps:
    """A lamp has been shipped, another is laid out, and three large heads, which nobody had ordered, are on a purchase order."""
    first, second = company.order(1), company.order(1)
    released = assembly.release(actor=company.actor("planner"), lines=OrderLine.objects.filter(order__in=[first, second]))
    assembly.kit(actor=company.actor("warehouse"), orders=released)
    assembly.complete(actor=company.actor("assembler"), orders=released[:1])
    assembly.ship(actor=company.actor("warehouse"), lines=list(first.lines.all()))
    company.order(4, head="HEAD-L", arm="ARM-L")
    release_everything(company)
    return company


def release_everything(company: Lamps) -> None:
    """The evening: what planning proposes is bought and built."""
    planning.plan(actor=company.actor("planner"))
    proposed = PlannedOrder.objects.filter(state="proposed")
    planning.plan_builds(actor=company.actor("planner"), planned=proposed.filter(kind="build"))
    supplies = Supply.objects.filter(kind="planned", consumes__isnull=False)
    assembly.open_builds(actor=company.actor("planner"), supplies=list(supplies))
    planning.release_purchases(actor=company.actor("buyer"), planned=proposed.filter(kind="purchase"))


def seen(client: Client, path: str) -> str:
    """The page's text, without markup and with single spaces; it must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return text_of(answer.content.decode())


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("&#x27;", "'").replace("&amp;", "&").split())


def press(client: Client, path: str, **fields: str | list[str]) -> str:
    """What the next page says after a form was sent."""
    answer = client.post(path, fields, follow=True)
    assert answer.status_code == 200, (path, answer.status_code)
    return text_of(answer.content.decode())


def line_of(item: str) -> PurchaseOrderLine:
    return PurchaseOrderLine.objects.select_related("order").get(item__code=item)


# Looking


def test_every_page_is_open_to_everyone_signed_in_and_takes_at_most_15_queries(played: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    objects = [
        reverse("item", args=["HEAD-L"]),
        reverse("item", args=["FOOT"]),
        reverse("supplier", args=["NORD"]),
        reverse("purchase-order", args=[line_of("HEAD-L").order.number]),
        reverse("build-order", args=[BuildOrder.objects.first().number]),
        *(reverse("assembly-order", args=[row.number]) for row in FinalAssemblyOrder.objects.all()),
        reverse("lot", args=[Lot.objects.filter(item__code="LAMP").first().pk]),
        reverse("run", args=[Run.objects.first().pk]),
    ]
    twins = [f"{path}.json" for path in objects] + [reverse(f"{name}-json") for name in (*LISTS, "capacity")]
    line = [reverse(name, args=["L1"]) for name in ("line-calendar", "line-calendar-json")]
    day = reverse("capacity-day", args=["L1", MONDAY.isoformat()])
    for path in [*map(reverse, (*LISTS, *PAGES)), *objects, *twins, f"{reverse('capacity')}?by=day", day, *line]:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path)
        assert answer.status_code == 200, path
        assert len(queries) <= 15, (path, len(queries), [query["sql"][:120] for query in queries])


def test_a_list_and_its_spreadsheet_show_the_same_rows(played: Lamps, signed_in: SignIn) -> None:
    client = signed_in("buyer")
    for name in LISTS:
        rows = client.get(f"/{name}.json").json()["rows"]
        table = csv.DictReader(StringIO(client.get(f"/{name}.csv").getvalue().decode()))
        assert [*table] == [{column: "" if value is None else str(value) for column, value in row.items()} for row in rows], name
        assert rows, name


def test_the_rows_of_a_spreadsheet_are_sent_many_at_a_time() -> None:
    sent = [*csv_answer("numbers", ["n"], ([n] for n in range(10_000))).streaming_content]
    assert len(sent) == 21
    assert b"".join(sent).decode().split() == ["n", *map(str, range(10_000))]


@pytest.mark.parametrize("name", LISTS)
def test_every_list_sorts_searches_and_filters(played: Lamps, signed_in: SignIn, name: str) -> None:
    client = signed_in("planner")
    page = client.get(f"/{name}").content.decode()
    queries = re.findall(r'href="\?(sort=[^"&]+)"', page)
    flags = [f"{flag}=1" for flag in re.findall(r'id="if-([^"]+)"', page)]
    facets = re.findall(r'<select id="by-[^"]+" name="([^"]+)">.*?<option value="([^"]+)">', page, re.DOTALL)
    assert queries
    for query in [*queries, *flags, *(f"{facet}={value}" for facet, value in facets), "q=a"]:
        assert client.get(f"/{name}?{query}").status_code == 200, query


def test_facets_count_each_value_once(played: Lamps, signed_in: SignIn) -> None:
    page = signed_in("buyer").get("/suppliers").content.decode()
    assert text_of(page).count("DE (1)") == 1
    states = re.findall(r"sent \((\d+)\)", text_of(signed_in("buyer").get("/purchase-orders").content.decode()))
    assert states == [str(PurchaseOrder.objects.count())]


def test_nobody_sees_an_item_before_signing_in(company: Lamps, client: Client) -> None:
    assert client.get("/items/FOOT").url == "/sign-in?next=/items/FOOT"


@pytest.mark.parametrize(
    "path",
    [
        "/items/CABLE?page=x",
        "/items/CABLE?page=99999999999",
        "/capacity?from=9999-12-31",
        "/capacity?from=0001-01-01&by=day",
        "/capacity?from=soon&by=year",
        "/purchase-orders/new?item=%3Cb%3E",
        "/risks/promised?at=2026-03-02T00:00&by=nobody",
    ],
)
def test_an_odd_address_still_shows_the_page(company: Lamps, signed_in: SignIn, path: str) -> None:
    answer = signed_in("buyer").get(path)
    assert answer.status_code == 200
    assert "<b>" not in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/risks/promised?at=x", "/items/NONE", "/lots/0", "/purchase-orders/PO-9", "/runs/0", "/capacity/L1/2026-99-99"]
)
def test_what_does_not_exist_is_not_found(company: Lamps, signed_in: SignIn, path: str) -> None:
    assert signed_in("sales").get(path).status_code == 404


def test_the_menu_begins_with_the_work_of_the_role(company: Lamps, signed_in: SignIn) -> None:
    def first_group(role: str) -> str:
        menu = signed_in(role).get("/items").content.decode().split('aria-label="Pages"')[1]
        return re.findall(r'<p class="group"[^>]*>([^<]+)</p>', menu)[0]

    assert [first_group(role) for role in ("sales", "planner", "buyer", "assembler", "warehouse")] == [
        "Sell",
        "Plan",
        "Buy",
        "Build and ship",
        "Build and ship",
    ]


def test_an_item_is_netted_over_the_weeks_as_by_hand(company: Lamps, signed_in: SignIn) -> None:
    # One large head is there, four are promised; they come by fives, 14 days after today.
    company.order(4, head="HEAD-L", arm="ARM-L")
    need = Order.objects.get().lines.get().demand.need_date
    week = (need - MONDAY).days // 7
    record = signed_in("planner").get("/items/HEAD-L.json").json()
    table = record["table"]
    assert table["weeks"][0] == MONDAY.isoformat()
    assert week == 2
    assert table["gross"][:4] == [0, 0, 4, 0]
    assert table["net"][:4] == [0, 0, 3, 0]
    assert table["planned_receipts"][:4] == [0, 0, 5, 0]
    assert table["planned_releases"][:4] == [5, 0, 0, 0]
    assert table["projected"][:4] == [1, 1, 2, 2]
    assert table["without"][:4] == [1, 1, -3, -3]
    # To the next promise, what this one planned is supply: 1 + 3 - 4 leaves nothing, and what is there is needed later.
    assert table["available_to_promise"][:4] == [0, 0, 0, 0]
    there = record["supplies"][0]
    assert (there["kind"], there["free"]) == ("on hand", 0)
    assert there["allocations"] == [{"for": f"{Order.objects.get()}/1", "units": 1, "need_date": need.isoformat()}]


def test_a_planned_build_requires_its_components_once(company: Lamps, signed_in: SignIn) -> None:
    # Ten lamps take ten feet, eight are there. The promise planned two, which take four plates; netting plans the same two.
    company.order(10)
    client = signed_in("planner")
    assert sum(client.get("/items/FOOT.json").json()["table"]["planned_receipts"]) == 2
    plates = client.get("/items/PLATE.json").json()["table"]
    assert (sum(plates["gross"]), sum(plates["net"])) == (4, 0)


def test_an_item_page_tells_structure_suppliers_and_history(company: Lamps, signed_in: SignIn) -> None:
    item = Item.objects.get(code="TRAFO")
    item.cost = Decimal("9.50")
    item.save()
    page = seen(signed_in("sales"), "/items/TRAFO")
    assert "Goes into DRIVER Driver, tested , 1 each" in page
    assert "Pièces du Sud preferred 9.00 EUR, 10 days, at least 5, in steps of 5" in page
    assert "cost from 9.0000 to 9.5000" in page


def test_an_item_page_tells_what_an_item_is_an_alternate_of(company: Lamps, signed_in: SignIn) -> None:
    dimmer = Item.objects.get(code="DIMMER")
    BillLine.objects.filter(parent__code="DRIVER", component__code="TRAFO").update(alternates=[dimmer.pk])
    client = signed_in("sales")
    assert "Goes into DRIVER Driver, tested , 1 each, as an alternate of TRAFO" in seen(client, "/items/DIMMER")
    assert "as an alternate of" not in seen(client, "/items/TRAFO")
    uses = {code: client.get(f"/items/{code}.json").json()["where_used"] for code in ("DIMMER", "TRAFO")}
    assert {code: [use["alternate_of"] for use in found] for code, found in uses.items()} == {"DIMMER": ["TRAFO"], "TRAFO": [""]}


@pytest.mark.parametrize("code", ["HEAD-S", "CABLE", "FOOT"])
def test_an_item_names_the_product_models_that_have_it(company: Lamps, signed_in: SignIn, code: str) -> None:
    # As the item of an option, of a quantity, and of a line of the super bill.
    assert signed_in("sales").get(f"/items/{code}.json").json()["models"] == [{"code": "DL", "name": "Desk lamp"}]
    assert signed_in("sales").get("/items/BOARD.json").json()["models"] == []


def test_capacity_is_the_sum_of_the_days(company: Lamps, signed_in: SignIn) -> None:
    company.order(3)
    found = signed_in("planner").get("/capacity.json").json()
    minutes = sum(slot.minutes for slot in OrderLine.objects.get().slots.all())
    assert sum(cells[0]["reserved"] for cells in (row["minutes"] for row in found["rows"])) == minutes
    assert found["rows"][0]["minutes"][0]["capacity"] == 5 * 480


# At the door


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("sales", "/items/CABLE/count"),
        ("sales", "/moves/1/reverse"),
        ("assembler", "/purchase-orders/PO-000001/receive"),
        ("warehouse", "/purchase-orders/PO-000001/1/slip"),
        ("warehouse", "/purchase-orders/new"),
        ("buyer", "/proposals/plan"),
        ("sales", "/proposals/release"),
        ("buyer", "/proposals/open"),
        ("buyer", "/forecasts/save"),
        ("buyer", "/stock-policies/compute"),
        ("buyer", "/risks/promise"),
        ("assembler", "/build-orders/BO-000001/kit"),
        ("warehouse", "/build-orders/BO-000001/complete"),
        ("assembler", "/assembly-orders/FA-000001/kit"),
        ("warehouse", "/assembly-orders/FA-000001/complete"),
        ("warehouse", "/order-lines/1/release"),
        ("assembler", "/order-lines/1/ship"),
    ],
)
def test_a_role_without_the_capability_is_turned_away(company: Lamps, signed_in: SignIn, role: str, path: str) -> None:
    answer = signed_in(role).post(path)
    assert answer.status_code == 403
    assert f"Your user {role}" in answer.content.decode()


def test_a_buyer_may_not_release_builds_nor_a_planner_without_the_right_stop_others_runs(
    company: Lamps, signed_in: SignIn
) -> None:
    company.order(10)
    planning.plan(actor=company.actor("planner"))
    assert signed_in("buyer").post("/proposals/release", {"all": "build"}).status_code == 403
    run = planning.request_plan(actor=company.actor("planner"))
    assert signed_in("sales").post(f"/runs/{run.pk}/cancel").status_code == 403
    assert not BuildOrder.objects.exists()
    run.refresh_from_db()
    assert run.state == "queued"


def test_a_form_is_not_sent_by_following_a_link(company: Lamps, signed_in: SignIn) -> None:
    assert signed_in("manager").get("/items/CABLE/count").status_code == 405


# The warehouse


def test_a_count_brings_the_ledger_in_line_and_is_taken_back(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("warehouse")
    assert "The ledger of CABLE agrees with the count." in press(client, "/items/CABLE/count", counted="97")
    move = Move.objects.latest("pk")
    assert client.get("/items/CABLE.json").json()["on_hand"] == 97
    assert f"Move {move.pk} is reversed." in press(client, f"/moves/{move.pk}/reverse")
    assert client.get("/items/CABLE.json").json()["on_hand"] == 100
    assert "was reversed before" in press(client, f"/moves/{move.pk}/reverse")


def test_a_wrong_count_is_refused_and_one_below_what_is_allocated_puts_promises_at_risk(
    company: Lamps, signed_in: SignIn
) -> None:
    company.order(10, cable=5)
    client = signed_in("warehouse")
    assert "Counted: “many” is not a whole number" in press(client, "/items/CABLE/count", counted="many")
    assert "There is no lot “X1” of HEAD-S" in press(client, "/items/HEAD-S/count", counted="1", lot="X1")
    serial = Lot.objects.filter(item__code="HEAD-S").first().number
    assert "5 unit(s) need 5 number(s), 1 were given" in press(client, "/items/HEAD-S/count", counted="5", lot=serial)
    assert client.get("/items/CABLE.json").json()["on_hand"] == 100
    press(client, "/items/CABLE/count", counted="10")
    assert client.get("/items/CABLE.json").json()["on_hand"] == 10
    assert Promise.objects.get(in_force=True).at_risk
    assert "are scrapped" in press(client, "/items/CABLE/scrap", quantity="3")
    assert "is not a whole number" in press(client, "/items/CABLE/scrap", quantity="0")


def test_a_counted_serial_number_that_went_on_is_not_taken_back(company: Lamps, signed_in: SignIn) -> None:
    lot = Lot.objects.filter(item__code="HEAD-S").earliest("pk")
    opening = Move.objects.get(lot=lot)
    order = company.order(1)
    released = assembly.release(actor=company.actor("planner"), lines=list(order.lines.all()))
    assembly.kit(actor=company.actor("warehouse"), orders=released)
    assert "MAIN holds only 0 unit(s)" in press(signed_in("warehouse"), f"/moves/{opening.pk}/reverse")


def test_moves_of_a_document_are_not_reversed_by_hand(played: Lamps, signed_in: SignIn) -> None:
    shipped = Move.objects.get(destination__kind="customer")
    assert signed_in("warehouse").post(f"/moves/{shipped.pk}/reverse").status_code == 404


def test_a_delivery_is_received_in_part_with_its_serial_numbers(played: Lamps, signed_in: SignIn) -> None:
    line = line_of("HEAD-L")
    client, path = signed_in("warehouse"), f"/purchase-orders/{line.order.number}"
    page = press(client, f"{path}/receive", **{f"quantity-{line.pk}": "2", f"numbers-{line.pk}": "H-1, H-2"})
    assert "is in stock" in page
    line.refresh_from_db()
    assert line.received == 2
    assert {lot.origin for lot in Lot.objects.filter(number__in=["H-1", "H-2"])} == {line.order.number}
    assert "need 1 number(s), 2 were given" in press(
        client, f"{path}/receive", **{f"quantity-{line.pk}": "1", f"numbers-{line.pk}": "H-3 H-4"}
    )
    assert "H-1 of HEAD-L exist already" in press(
        client, f"{path}/receive", **{f"quantity-{line.pk}": "1", f"numbers-{line.pk}": "H-1"}
    )
    assert "Enter how many units arrived" in press(client, f"{path}/receive", **{f"quantity-{line.pk}": "0"})
    assert "H-1" in client.get("/items/HEAD-L").content.decode()


# The buyer


def test_a_delivery_that_slips_says_which_promises_are_at_risk_and_they_are_promised_again(
    played: Lamps, signed_in: SignIn
) -> None:
    Company.objects.update(business_date=MONDAY + timedelta(days=7))  # so that buying once more comes too late as well
    line = line_of("HEAD-L")
    promise = Promise.objects.filter(in_force=True).latest("pk")
    later = line.supply.due + timedelta(days=14)
    page = press(signed_in("buyer"), f"/purchase-orders/{line.order.number}/{line.pk}/slip", due=later.isoformat())
    assert f"HEAD-L is expected on {in_words(later)} now." in page
    assert f"At risk now: {promise.line}" in page
    assert f"instead of {in_words(promise.ship_date)}" in page
    client = signed_in("planner")
    assert f"{promise.line.order.number} Müller & Cie" in seen(client, "/risks")
    assert promise.line.order.number in seen(client, "/morning")
    page = press(client, "/risks/promise", line=[str(promise.line_id)])
    anew = Promise.objects.get(line=promise.line, in_force=True)
    assert anew.ship_date > promise.ship_date
    assert f"later {(anew.ship_date - promise.ship_date).days} days" in page
    assert "None: everything that orders and quotes rest on comes in time." in seen(client, "/risks")


def test_a_line_whose_assembly_should_have_begun_is_at_risk(played: Lamps, signed_in: SignIn) -> None:
    """Nobody has entered a slip: the heads are still said to come in time."""
    promise = Promise.objects.filter(in_force=True).latest("pk")
    late = promise.ship_date + timedelta(days=1)
    Company.objects.update(business_date=late)
    client = signed_in("planner")
    assert f"{promise.line.order.number} Müller & Cie" in seen(client, "/risks")
    press(client, "/risks/promise", all="1")
    assert Promise.objects.get(line=promise.line, in_force=True).ship_date > late


def test_a_delivery_cannot_move_into_the_past(played: Lamps, signed_in: SignIn) -> None:
    line = line_of("HEAD-L")
    path = f"/purchase-orders/{line.order.number}/{line.pk}/slip"
    assert "2026-03-01" in press(signed_in("buyer"), path, due="2026-03-01")
    assert "“soon” is not a date" in press(signed_in("buyer"), path, due="soon")
    line.supply.refresh_from_db()
    assert line.supply.due == line.first_due


def test_a_purchase_with_faults_names_all_of_them_and_keeps_what_was_entered(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("buyer")
    answer = client.post("/purchase-orders/new", {"item": ["CABLE", "NONE", "BULB"], "quantity": ["12", "3", "-1"]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "There is no item “NONE”" in page
    assert "Units of BULB: “-1” is not a whole number from 1" in page
    assert 'value="CABLE"' in page
    assert 'value="12"' in page
    assert not PurchaseOrder.objects.exists()
    page = press(client, "/purchase-orders/new", item=["CABLE", "TRAFO"], quantity=["12", "1"])
    assert {(line.item.code, line.quantity) for line in PurchaseOrderLine.objects.select_related("item")} == {
        ("CABLE", 15),
        ("TRAFO", 5),
    }
    assert PurchaseOrder.objects.count() == 2


def test_nothing_wanted_and_an_item_that_nobody_sells_are_refused(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("buyer")
    assert "Enter at least one item" in text_of(client.post("/purchase-orders/new").content.decode())
    answer = client.post("/purchase-orders/new", {"item": "FOOT", "quantity": "1"})
    assert answer.status_code == 422
    assert "FOOT" in text_of(answer.content.decode())


def test_a_supplier_is_as_punctual_as_its_receipts_were(played: Lamps, signed_in: SignIn) -> None:
    # Two lines of one supplier: one comes on its day, the other three days late.
    rows = PurchaseOrderLine.objects.filter(order__supplier__code="NORD").select_related("supply__item", "order", "item")
    lines = list(rows[:2])
    days = [lines[0].first_due, lines[1].first_due + timedelta(days=3)]
    for line, day in zip(lines, days, strict=True):
        actor = played.actor("warehouse", day)
        purchasing.receive(actor=actor, deliveries=[purchasing.Delivery(line, line.quantity)])
    found = signed_in("buyer").get("/suppliers/NORD.json").json()
    assert (found["receipts"], found["learned_on_time"], found["learned_delay_days"]) == (2, 0.5, 3.0)


# The planner


def test_proposals_are_released_to_purchase_and_build_orders(company: Lamps, signed_in: SignIn) -> None:
    company.order(10)
    planning.plan(actor=company.actor("planner"))
    client = signed_in("planner")
    builds = PlannedOrder.objects.filter(kind="build", state="proposed")
    purchases = PlannedOrder.objects.filter(kind="purchase", state="proposed")
    chosen, wanted = builds.first(), purchases.count()
    assert "Nothing was chosen" in press(client, "/proposals/release")
    assert "Released: BO-" in press(client, "/proposals/release", proposal=[str(chosen.pk)])
    chosen.refresh_from_db()
    assert chosen.state == "released"
    assert BuildOrder.objects.filter(item=chosen.item).exists()
    assert "Released: PO-" in press(client, "/proposals/release", all="purchase")
    assert (purchases.count(), PurchaseOrderLine.objects.count()) == (0, wanted)
    assert "Opened: BO-" in press(client, "/proposals/open")
    assert not Supply.objects.filter(kind="planned", consumes__isnull=False).exists()


def test_plan_now_asks_the_worker_for_a_run_that_can_be_stopped(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("planner")
    page = press(client, "/proposals/plan")
    run = Run.objects.first()
    assert (run.kind, run.state) == ("replenishment", "queued")
    assert "waits for the worker" in page
    assert f"Run {run.pk} was asked to stop." in press(client, f"/runs/{run.pk}/cancel")
    assert "only a queued or running one can be cancelled" in press(client, f"/runs/{run.pk}/cancel")


def test_forecasts_are_saved_and_levels_follow(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("planner")
    answer = client.post("/forecasts/save", {"weekly-DL": "a lot", "lumpiness-DL": "1.5"})
    assert answer.status_code == 422
    assert 'value="a lot"' in answer.content.decode()
    assert "Units a week of Desk lamp: “a lot” is not a number" in text_of(answer.content.decode())
    before = StockPolicy.objects.get(item__code="FOOT").base_stock
    press(client, "/forecasts/save", **{"weekly-DL": "40", "lumpiness-DL": "2"})
    assert (Forecast.objects.get().weekly_units, Forecast.objects.get().units_per_order) == (40, 2)
    assert "The new levels are in force" in press(client, "/stock-policies/compute", fill_rate="95")
    assert StockPolicy.objects.get(item__code="FOOT").base_stock > before
    assert "is not a number from 1 to 99.9" in press(client, "/stock-policies/compute", fill_rate="nan")


# The lines


def test_an_order_goes_through_the_house_by_the_buttons_of_ready_work(company: Lamps, signed_in: SignIn) -> None:
    order = company.order(2)
    line = order.lines.get()
    Company.objects.update(business_date=line.demand.need_date)
    for role, button, state in [
        ("planner", "Release", "in assembly"),
        ("warehouse", "Lay out kit", "in assembly"),
        ("assembler", "Assembled", "assembled"),
        ("warehouse", "Ship", "shipped"),
    ]:
        client = signed_in(role)
        page = client.get("/work").content.decode()
        action = re.search(rf'action="([^"]+)">(?:(?!</form>).)*aria-label="{button} ', page, re.DOTALL)
        assert action, (role, button)
        assert "Ready work" in press(client, action[1], **{"from": "work"})
        line.refresh_from_db()
        assert line.state == state
    units = [unit["serial"] for unit in client.get(f"/assembly-orders/{line.assembly_order}.json").json()["units"]]
    assert len(units) == 2


def test_ready_work_tells_what_is_missing_and_a_second_press_is_refused(company: Lamps, signed_in: SignIn) -> None:
    line = company.order(1).lines.get()
    client = signed_in("planner")
    assert "is released to its line" in press(client, f"/order-lines/{line.pk}/release")
    assert "only a confirmed line is released" in press(client, f"/order-lines/{line.pk}/release")
    late = company.order(4, head="HEAD-L", arm="ARM-L")
    Company.objects.update(business_date=late.lines.get().demand.need_date)
    assert f"{late}/1 lacks 3 × HEAD-L" in seen(client, "/work")


def test_genealogy_leads_from_a_bought_serial_number_to_the_customer_and_back(company: Lamps, signed_in: SignIn) -> None:
    # Eight feet are in stock; the ninth and tenth are built ahead of their order, each with a driver which is built ahead too.
    company.order(10)
    release_everything(company)
    for _ in range(3):  # drivers, feet, then whatever waited for these
        ready = [b for b in BuildOrder.objects.filter(state="planned") if not stock.shortages([b.supply.consumes])]
        assembly.kit_builds(actor=company.actor("warehouse"), orders=ready)
        assembly.complete_builds(actor=company.actor("assembler"), orders=ready)
    foot = Lot.objects.filter(item__code="FOOT", origin__startswith="BO").first()
    order = Order.objects.get()
    released = assembly.release(actor=company.actor("planner"), lines=list(order.lines.all()))
    assembly.kit(actor=company.actor("warehouse"), orders=released)
    assembly.complete(actor=company.actor("assembler"), orders=released)
    assembly.ship(actor=company.actor("warehouse"), lines=list(order.lines.all()))
    client = signed_in("sales")
    down = client.get(f"/lots/{foot.pk}.json").json()
    driver = next(part for part in down["contents"] if part["item"] == "DRIVER")
    assert down["origin"].startswith("BO-")
    up = client.get(f"/lots/{driver['lot']}.json").json()
    (unit,) = up["went_into"]
    (lamp,) = unit["went_into"]
    assert (unit["serial"], lamp["item"], lamp["shipped"]["order"]) == (foot.number, "LAMP", order.number)
    assert "Müller & Cie" in seen(client, f"/lots/{driver['lot']}")


# Runs


def test_the_picture_of_a_run_comes_only_from_the_folder_of_reports(company: Lamps, signed_in: SignIn, tmp_path: Path) -> None:
    inside, outside = home.folder("reports") / "test-picture.svg", tmp_path / "secret.svg"
    for file in (inside, outside):
        file.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    client, actor = signed_in("sales"), company.actor("manager")

    def run_with(picture: str) -> Run:
        run = runs.create(actor=actor, kind="demonstration", parameters={})
        return runs.carry_out(actor=actor, run=run, work=lambda _report: {"turns": 7.5, "files": {"Picture": picture}})

    try:
        shown = run_with(str(inside))
        answer = client.get(f"/runs/{shown.pk}/picture.svg")
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
        assert "7.5 turns a year" in seen(client, f"/runs/{shown.pk}")
        for picture in (str(outside), str(home.folder("reports") / ".." / outside.name), str(tmp_path / "none.svg")):
            assert client.get(f"/runs/{run_with(picture).pk}/picture.svg").status_code == 404
    finally:
        inside.unlink()
