"""The REST interface: what it answers, and how many queries it takes."""

from datetime import date, timedelta

import pytest

from atoll_web.accounts.models import Company
from atoll_web.catalogue.models import Item
from atoll_web.purchasing.models import PurchaseOrder
from atoll_web.runs.models import Run
from atoll_web.sales.api import LineDetail, OrderDetail
from atoll_web.sales.models import Order, Promise, Protection
from atoll_web.stock.models import Allocation, Move, Supply

MOST_QUERIES = 15


def order_of(*lines: dict, customer: str = "MUELLER") -> dict:
    return {"customer": customer, "lines": list(lines) or [{"model": "DL"}]}


# Catalogue


def test_models_name_the_revision_of_today(program):
    assert program("buyer").get("/models") == [
        {
            "code": "DL",
            "name": "Desk lamp",
            "end_item": "LAMP",
            "revision": "A",
            "valid_from": "2026-03-02",
            "valid_until": None,
        }
    ]
    document = program("buyer").get("/models/DL")["document"]
    assert [feature["code"] for feature in document["features"]][:2] == ["head", "arm"]


def test_configuring_completes_prices_and_says_what_else_is_possible(program):
    answer = program("buyer").post("/models/DL/configure", {"choices": {"arm": "ARM-L"}})
    assert answer["values"]["arm"] == "ARM-L"
    assert answer["values"]["head"] == "HEAD-S"
    assert answer["price"] == "79.00"  # 60 + 15 for the arm + 2 metres of cable at 2
    assert sum(float(part["amount"]) for part in answer["price_parts"]) == 79
    assert {line["item"]: line["quantity"] for line in answer["order_bill"]}["CABLE"] == 2
    heads = {candidate["value"]: candidate["possible"] for candidate in answer["domains"]["head"]}
    assert heads == {"HEAD-S": True, "HEAD-L": True}


def test_a_value_that_does_not_fit_the_other_choices_is_marked(program):
    answer = program("buyer").post("/models/DL/configure", {"choices": {"head": "HEAD-L", "arm": "ARM-L"}})
    arms = {candidate["value"]: candidate["possible"] for candidate in answer["domains"]["arm"]}
    assert arms == {"ARM-S": False, "ARM-L": True}


def test_choices_that_contradict_each_other_are_refused_with_the_rule_in_words(program):
    refused = program("buyer").post("/models/DL/configure", {"choices": {"head": "HEAD-L", "arm": "ARM-S"}}, expect=422)
    assert refused["code"] == "invalid-configuration"
    assert "The arm must carry the head" in refused["message"]
    assert refused["facts"]["rules"] == [{"name": "arm-carries-head", "text": "The arm must carry the head."}]
    assert sorted(refused["facts"]["choices"]) == [["arm", "ARM-S"], ["head", "HEAD-L"]]


def test_all_faults_of_choices_are_told_at_once(program):
    refused = program("buyer").post("/models/DL/configure", {"choices": {"head": "HEAD-X", "hat": "red"}}, expect=422)
    assert refused["code"] == "bad-input"
    assert len(refused["issues"]) == 2


def test_an_unknown_model_is_not_found_and_the_known_ones_are_named(program):
    refused = program("buyer").post("/models/XX/configure", expect=404)
    assert refused["code"] == "unknown-model"
    assert "DL" in refused["message"]


def test_a_bill_is_shown_downwards_and_upwards(program):
    bill = program("buyer").get("/bills/DRIVER")
    assert [(line["item"], line["quantity"]) for line in bill["components"]] == [("BOARD", 1), ("TRAFO", 1)]
    assert [line["item"] for line in bill["where_used"]] == ["FOOT"]
    assert program("buyer").get("/bills/NOPE", expect=404)["code"] == "not-found"


# Stock


def test_an_items_availability_follows_orders_and_purchases(company, program):
    company.order(3)
    program("buyer").post("/purchase-orders", {"wanted": [{"item": "HEAD-S", "quantity": 7}]}, expect=201)
    item = program("sales").get("/items/HEAD-S")
    assert {name: item[name] for name in ("on_hand", "allocated", "free", "scheduled_receipts", "required", "projected")} == {
        "on_hand": 20,
        "allocated": 3,
        "free": 17,
        "scheduled_receipts": 10,
        "required": 3,
        "projected": 27,
    }
    assert item["cost"] == "12.0000"
    assert [step["available"] for step in item["available_to_promise"]] == [17, 27]
    assert [supply["kind"] for supply in item["supplies"]] == ["on hand", "purchase"]


def test_an_item_can_be_promised_from_the_days_that_promises_count_on(company, program):
    """Fifty transformers are due on 12 March with a margin of four days; overdue since that day, they are counted on later. Five
    heads are kept for the trade.
    """
    program("buyer").post("/purchase-orders", {"wanted": [{"item": "TRAFO", "quantity": 50}]}, expect=201)
    sales = program("sales")
    item = sales.get("/items/TRAFO")
    assert [(one["due"], one["margin_days"]) for one in item["supplies"]] == [(None, 0), ("2026-03-12", 4)]
    assert item["available_to_promise"] == [{"day": None, "available": 2}, {"day": "2026-03-16", "available": 52}]
    Company.objects.update(business_date=date(2026, 3, 13))
    late = sales.get("/items/TRAFO")["available_to_promise"]
    assert late[1] == {"day": "2026-03-21", "available": 52}  # of nine days of 3/4 chance to be still late, 0.075 are left
    Protection.objects.create(customer_class="trade", item=Item.objects.get(code="HEAD-S"), quantity=5)
    assert sales.get("/items/HEAD-S")["available_to_promise"] == [{"day": None, "available": 15}]
    assert sales.get("/items/HEAD-S", customer="ACME")["available_to_promise"] == [{"day": None, "available": 20}]


def test_items_are_found_by_kind_and_words(program):
    found = program("sales").get("/items", search="driver")
    assert [item["code"] for item in found["items"]] == ["BOARD", "DRIVER", "FOOT"]
    assert program("sales").get("/items", kind="end item")["count"] == 1


def test_a_count_writes_the_difference_into_the_ledger(program):
    warehouse = program("warehouse")
    answer = warehouse.post("/items/CABLE/count", {"counted": 95, "reason": "reel was short"})
    assert answer["correction"]["quantity"] == 5
    assert warehouse.get("/items/CABLE")["on_hand"] == 95
    ledger = warehouse.get("/items/CABLE/moves")
    assert ledger["count"] == 2
    assert (ledger["items"][0]["source"], ledger["items"][0]["user"]) == ("MAIN", "warehouse")
    assert warehouse.post("/items/CABLE/count", {"counted": 95})["correction"] is None


def test_units_that_are_allocated_can_be_counted_away_and_who_needs_them_last_is_at_risk(company, program):
    order = company.order(8)
    assert program("warehouse").post("/items/CABLE/count", {"counted": 10})["correction"]["quantity"] == 90
    assert program("sales").get(f"/orders/{order.number}")["at_risk"]


def test_scrap_leaves_the_warehouse_and_more_than_there_is_is_refused(company, program):
    order = company.order(20, cable=5)
    warehouse = program("warehouse")
    assert warehouse.post("/items/CABLE/scrap", {"quantity": 100, "reason": "brittle"})["destination"] == "SCRAP"
    assert program("sales").get(f"/orders/{order.number}")["at_risk"]
    refused = warehouse.post("/items/CABLE/scrap", {"quantity": 1}, expect=409)
    assert (refused["code"], refused["facts"]["item"]) == ("not-enough-stock", "CABLE")


# Sales


def test_an_inquiry_answers_price_and_date_and_writes_nothing(program):
    answer = program("manager").post("/inquiries", {"model": "DL", "choices": {"arm": "ARM-L"}, "quantity": 2})
    assert (answer["unit_price"], answer["currency"]) == ("79.00", "EUR")
    assert answer["margin"] == {"amount": "27.00", "share": 0.3418}  # 12 + 14 + 2 + 24 = 52 of 79 are cost
    assert program("buyer").post("/inquiries", {"model": "DL"})["margin"] is None
    assert answer["ship_date"] > "2026-03-02"
    assert answer["filled_from_stock"] is True
    assert not Order.objects.exists()
    assert not Allocation.objects.exists()


def test_an_order_of_several_lines_is_promised_allocated_and_shown(program):
    sales = program("sales")
    lines = [{"model": "DL", "quantity": 2}, {"model": "DL", "choices": {"arm": "ARM-L", "extras": ["CLAMP"]}}]
    order = sales.post("/orders", order_of(*lines), expect=201)
    assert order == sales.get(f"/orders/{order['number']}")
    assert order["state"] == "confirmed"
    assert [line["position"] for line in order["lines"]] == [1, 2]
    second = order["lines"][1]
    assert second["values"]["extras"] == ["CLAMP"]
    assert second["promises"][0]["in_force"]
    assert second["promises"][0]["made_by"] == "sales"
    clamp = next(requirement for requirement in second["requirements"] if requirement["item"] == "CLAMP")
    assert [(a["kind"], a["quantity"]) for a in clamp["allocations"]] == [("on hand", 1)]
    assert second["slots"][0]["line"] == "L1"
    assert second["as_built"] == []


def test_a_key_sent_again_answers_the_same_order(program):
    sales = program("sales")
    first = sales.post("/orders", order_of(), expect=201, **{"Idempotency-Key": "web-1"})
    second = sales.post("/orders", order_of(), expect=201, **{"Idempotency-Key": "web-1"})
    assert first["number"] == second["number"]
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/orders", order_of({"model": "DL", "quantity": 50})),
        ("/orders", order_of({"model": "DL", "choices": {"arm": "ARM-L"}})),
        ("/orders", order_of({"model": "DL", "request_date": "2026-03-20"})),
        ("/orders", order_of({"model": "DL", "faster": "split:1"})),
        ("/orders", order_of({"model": "DL"}, {"model": "DL"})),
        ("/orders", order_of() | {"ship_complete": True}),
        ("/orders", order_of({"model": "DL", "delivery_group": "A"})),
        ("/orders", order_of(customer="ACME")),
        ("/quotes", order_of()),
    ],
)
def test_a_key_sent_with_another_request_is_refused(program, path, body):
    sales = program("sales")
    first = sales.post("/orders", order_of(), expect=201, **{"Idempotency-Key": "web-1"})
    refused = sales.post(path, body, expect=409, **{"Idempotency-Key": "web-1"})
    assert refused["code"] == "idempotency-key-used"
    assert refused["facts"] == {"key": "web-1", "order": first["number"]}
    assert Order.objects.count() == 1


def test_a_key_of_a_quote_holds_for_its_days_and_its_lever(program):
    sales = program("sales")
    two_large = {"model": "DL", "choices": {"head": "HEAD-L", "arm": "ARM-L"}, "quantity": 2}
    asked = order_of(two_large | {"faster": "split:1"}) | {"days": 3}
    first = sales.post("/quotes", asked, expect=201, **{"Idempotency-Key": "q"})
    assert sales.post("/quotes", asked, expect=201, **{"Idempotency-Key": "q"})["number"] == first["number"]
    for other in (asked | {"days": 4}, order_of(two_large) | {"days": 3}):
        assert sales.post("/quotes", other, expect=409, **{"Idempotency-Key": "q"})["code"] == "idempotency-key-used"


def test_a_key_whose_order_ended_is_told_so(program):
    sales = program("sales")
    order = sales.post("/orders", order_of(), expect=201, **{"Idempotency-Key": "web-1"})
    sales.post(f"/orders/{order['number']}/cancel")
    refused = sales.post("/orders", order_of(), expect=409, **{"Idempotency-Key": "web-1"})
    assert (refused["code"], refused["facts"]["state"]) == ("order-of-key-ended", "cancelled")


def test_a_key_from_before_requests_were_kept_answers_its_order(program):
    sales = program("sales")
    first = sales.post("/orders", order_of(), expect=201, **{"Idempotency-Key": "web-1"})
    Order.objects.update(request_digest=None)
    again = sales.post("/orders", order_of({"model": "DL", "quantity": 2}), expect=201, **{"Idempotency-Key": "web-1"})
    assert first["number"] == again["number"]


def test_a_key_of_another_customers_order_does_not_show_that_order(program):
    sales = program("sales")
    sales.post("/orders", order_of(), expect=201, **{"Idempotency-Key": "web-1"})
    refused = sales.post("/orders", order_of(customer="ACME"), expect=409, **{"Idempotency-Key": "web-1"})
    assert refused["code"] == "idempotency-key-used"


def test_orders_are_listed_by_state_and_customer_in_pages(company, program):
    for customer in ("MUELLER", "ACME", "ACME"):
        company.order(customer=customer)
    sales = program("sales")
    listed = sales.get("/orders", customer="ACME", limit=1)
    assert (listed["count"], len(listed["items"])) == (2, 1)
    assert listed["items"][0]["promise_date"] > "2026-03-02"
    sales.post(f"/orders/{listed['items'][0]['number']}/cancel")
    assert sales.get("/orders", state="cancelled")["count"] == 1
    assert sales.get("/orders", state="confirmed")["count"] == 2


def test_a_cancelled_order_gives_everything_back_and_cannot_be_cancelled_again(company, program):
    number = company.order(4).number
    sales = program("sales")
    assert sales.post(f"/orders/{number}/cancel")["state"] == "cancelled"
    assert not Allocation.objects.exists()
    refused = sales.post(f"/orders/{number}/cancel", expect=409)
    assert refused["code"] == "not-cancellable"
    assert sales.post(f"/orders/{number}/re-promise", expect=409)["code"] == "nothing-to-promise"
    assert sales.post("/orders/SO-999999/cancel", expect=404)["code"] == "not-found"


def test_a_late_delivery_puts_a_promise_at_risk_and_promising_anew_names_the_new_day(company, program):
    buyer, sales = program("buyer"), program("sales")
    (purchase,) = buyer.post("/purchase-orders", {"wanted": [{"item": "HEAD-L", "quantity": 5}]}, expect=201)
    number = company.order(3, head="HEAD-L", arm="ARM-L").number
    before = sales.get(f"/orders/{number}")
    assert not before["at_risk"]

    line = purchase["lines"][0]
    late = (Promise.objects.get().ship_date + timedelta(days=10)).isoformat()
    slipped = buyer.post(f"/purchase-orders/{purchase['number']}/slip", {"line": line["id"], "due": late})
    assert slipped["order"]["lines"][0]["due"] == late
    assert sales.get(f"/orders/{number}")["at_risk"]

    after = sales.post(f"/orders/{number}/re-promise")
    assert not after["at_risk"]
    assert after["promise_date"] > before["promise_date"]
    assert [promise["in_force"] for promise in after["lines"][0]["promises"]] == [False, True]


# Purchasing


def test_unknown_items_of_a_purchase_are_all_named_with_their_field(program):
    body = {"wanted": [{"item": "X", "quantity": 1}, {"item": "HEAD-S", "quantity": 1}, {"item": "Y", "quantity": 1}]}
    refused = program("buyer").post("/purchase-orders", body, expect=422)
    assert [issue["source"] for issue in refused["issues"]] == ["wanted.0.item", "wanted.2.item"]
    assert not PurchaseOrder.objects.exists()


def test_an_item_that_nobody_sells_cannot_be_bought(program):
    refused = program("buyer").post("/purchase-orders", {"wanted": [{"item": "FOOT", "quantity": 1}]}, expect=422)
    assert refused["code"] == "no-supplier"


def test_a_delivery_is_received_with_the_suppliers_serial_numbers(program):
    buyer = program("buyer")
    (order,) = buyer.post("/purchase-orders", {"wanted": [{"item": "TRAFO", "quantity": 5}]}, expect=201)
    line = order["lines"][0]["id"]
    path = f"/purchase-orders/{order['number']}/receive"
    serials = [f"T-{n}" for n in range(5)]

    beyond = buyer.post(path, {"deliveries": [{"line": line, "quantity": 6}]}, expect=409)
    assert beyond["code"] == "received-beyond-order"
    few = buyer.post(path, {"deliveries": [{"line": line, "quantity": 5, "numbers": ["T-1"]}]}, expect=422)
    assert few["code"] == "lots-do-not-match"

    received = buyer.post(path, {"deliveries": [{"line": line, "quantity": 5, "numbers": serials}]})
    assert (received["state"], received["lines"][0]["received"], received["lines"][0]["open"]) == ("received", 5, 0)
    moves = buyer.get("/items/TRAFO/moves", limit=5)["items"]
    assert sorted(move["lot"] for move in moves) == serials
    again = buyer.post(path, {"deliveries": [{"line": line, "quantity": 1, "numbers": ["T-1"]}]}, expect=409)
    assert again["code"] == "received-beyond-order"


def test_a_line_of_another_purchase_order_is_not_found(program):
    buyer = program("buyer")
    first, second = (
        buyer.post("/purchase-orders", {"wanted": [{"item": item, "quantity": 5}]}, expect=201)[0] for item in ("ARM-S", "ARM-L")
    )
    body = {"deliveries": [{"line": second["lines"][0]["id"], "quantity": 1}]}
    assert buyer.post(f"/purchase-orders/{first['number']}/receive", body, expect=404)["code"] == "not-found"


# From plan to shipment


def test_a_business_runs_from_order_to_shipment_over_the_api(company, program):
    manager = program("manager")
    number = manager.post("/orders", order_of({"model": "DL", "quantity": 2}), expect=201)["number"]
    (assembly,) = manager.post("/assembly-orders", {"lines": [f"{number}/1"]}, expect=201)
    assert assembly["state"] == "released"
    early = manager.post(f"/assembly-orders/{assembly['number']}/complete", expect=409)
    assert early["code"] == "wrong-state"

    kitted = manager.post(f"/assembly-orders/{assembly['number']}/kit")
    assert {line["item"] for line in kitted["kit"]} >= {"HEAD-S", "FOOT"}
    assert all(line["lot"] for line in kitted["kit"] if line["item"] == "HEAD-S")
    assert manager.post(f"/assembly-orders/{assembly['number']}/complete")["state"] == "completed"
    (shipment,) = manager.post("/shipments", {"lines": [f"{number}/1"]}, expect=201)
    assert (shipment["order"], len(shipment["units"])) == (number, 2)

    order = manager.get(f"/orders/{number}")
    assert order["state"] == "shipped"
    built = order["lines"][0]["as_built"]
    assert [unit["serial"] for unit in built] == shipment["units"]
    assert order.keys() == OrderDetail.model_fields.keys()  # the database writes it, so that nobody checks it on the way
    assert order["lines"][0].keys() == LineDetail.model_fields.keys()
    assert all(any(part["item"] == "FOOT" and part["lot"] for part in unit["contents"]) for unit in built)
    assert Move.objects.filter(reference=f"{number}/1", destination__kind="customer").count() == 2


def test_proposals_become_purchase_orders_and_build_orders(company, program):
    planner = program("planner")
    from atoll_web.planning import services as planning

    planning.plan(actor=company.actor("planner"))
    proposals = planner.get("/proposals", limit=200)["items"]
    assert proposals
    released = planner.post("/proposals/release", {"proposals": [proposal["id"] for proposal in proposals]})
    assert len(released["purchase_orders"]) == PurchaseOrder.objects.count() > 0
    assert planner.get("/proposals")["count"] == 0
    again = planner.post("/proposals/release", {"proposals": [proposals[0]["id"]]}, expect=409)
    assert again["code"] == "not-proposed"

    builds = [proposal for proposal in proposals if proposal["kind"] == "build"]
    assert builds
    opened = [planner.get(f"/build-orders/{number}") for number in released["build_orders"]]
    assert [build["state"] for build in opened] == ["planned"] * len(builds)
    assert not Supply.objects.filter(kind="planned", consumes__isnull=False).exists()
    told = planner.get("/proposals", state="released", kind="build", limit=200)["items"]
    assert sorted(row["reference"] for row in told) == sorted(released["build_orders"])


def test_a_released_build_stays_when_the_order_that_rested_on_it_is_cancelled(company, program):
    """The ninth lamp takes one of two feet that are built into stock."""
    from atoll_web.catalogue.models import Item
    from atoll_web.planning import services as planning
    from atoll_web.planning.models import PlannedOrder
    from atoll_web.sales import services as sales

    run = planning.plan(actor=company.actor("planner"))
    foot = Item.objects.get(code="FOOT")
    proposed = PlannedOrder.objects.create(run=run, item=foot, kind="build", quantity=2, due=company.today)
    planner = program("planner")
    (number,) = planner.post("/proposals/release", {"proposals": [proposed.pk]})["build_orders"]
    order = company.order(9)
    (supply,) = Supply.objects.filter(kind="build", item=foot)
    assert (supply.reference, supply.allocated) == (number, 1)
    sales.cancel(actor=company.actor("sales"), order=order)
    supply.refresh_from_db()
    assert (supply.quantity, supply.allocated) == (2, 0)
    assert planner.get(f"/build-orders/{number}")["state"] == "planned"


def test_a_build_is_opened_kitted_and_completed(company, program):
    from atoll_web.accounts.acting import acting
    from atoll_web.catalogue.models import Item
    from atoll_web.sales.services import plan_into_stock

    planner = company.actor("planner")
    with acting(planner):
        supply = plan_into_stock(planner, Item.objects.get(code="DRIVER"), 2)
    manager = program("manager")
    (build,) = manager.post("/build-orders", {"supplies": [supply.pk]}, expect=201)
    assert manager.post("/build-orders", {"supplies": [supply.pk]}, expect=404)["code"] == "not-found"
    assert manager.post(f"/build-orders/{build['number']}/kit")["state"] == "kitted"
    assert manager.post(f"/build-orders/{build['number']}/complete")["state"] == "completed"
    assert manager.get("/items/DRIVER")["on_hand"] == 4


def test_runs_are_listed_and_a_finished_one_cannot_be_cancelled(company, program):
    planner = program("planner")
    runs = planner.get("/runs")
    assert [run["kind"] for run in runs["items"]] == ["stock policies"]
    number = runs["items"][0]["id"]
    assert planner.get(f"/runs/{number}")["state"] == "done"
    assert planner.post(f"/runs/{number}/cancel", expect=409)["code"] == "not-cancellable"
    assert program("sales").post(f"/runs/{number}/cancel", expect=403)["code"] == "not-allowed"
    assert planner.get("/runs/999999", expect=404)["code"] == "not-found"


# Why, quotes, the order book

TWO_LARGE = {"model": "DL", "choices": {"head": "HEAD-L", "arm": "ARM-L"}, "quantity": 2}


def test_a_line_is_explained_as_on_its_page(program, signed_in):
    sales = program("sales")
    number = sales.post("/orders", order_of({"model": "DL"}, TWO_LARGE), expect=201)["number"]
    told = sales.get(f"/orders/{number}/lines/2/explain")
    assert told == signed_in("sales").get(f"/orders/{number}/2/why.json").json()
    assert (told["line"], told["ship_date"], told["causes"]) == (f"{number}/2", "2026-03-18", [])
    assert [step["item"] for step in told["path"]] == ["HEAD-L"]
    heads = [(peg["kind"], peg["units"]) for peg in told["pegs"] if peg["item"] == "HEAD-L"]
    assert sorted(heads) == [("on hand", 1), ("planned", 1)]
    assert sales.get(f"/orders/{number}/lines/3/explain", expect=404)["code"] == "not-found"


def test_quotes_are_listed_with_what_they_come_to(program):
    sales = program("sales")
    sales.post("/orders", order_of(), expect=201)
    for lines in ([{"model": "DL"}], [TWO_LARGE, {"model": "DL"}]):
        sales.post("/quotes", order_of(*lines) | {"days": 3}, expect=201)
    found = sales.get("/quotes")
    assert [(q["total"], q["state"], q["expires_at"][:10]) for q in found["items"]] == [
        ("282.00", "quoted", "2026-03-05"),
        ("64.00", "quoted", "2026-03-05"),
    ]
    first = found["items"][0]
    assert first["pdf"] == sales.get(f"/quotes/{first['number']}")["pdf"]
    assert first["promise_date"] == "2026-03-18"
    sales.post(f"/quotes/{first['number']}/accept")
    assert [q["number"] for q in sales.get("/quotes", state="confirmed")["items"]] == [first["number"]]
    assert sales.get("/quotes", customer="ACME")["count"] == 0


def test_an_order_tells_the_levers_taken_for_it(program):
    asked = order_of({"model": "DL"}, TWO_LARGE | {"faster": "option:head=HEAD-S"})
    first, second = program("sales").post("/orders", asked, expect=201)["lines"]
    assert first["levers"] == []
    assert [(one["kind"], one["cost"], one["currency"]) for one in second["levers"]] == [("option", "-60.00", "EUR")]


def test_the_order_book_is_listed_and_an_order_gets_another_place(program):
    sales = program("sales")
    numbers = [sales.post("/orders", order_of(TWO_LARGE), expect=201)["number"] for _ in range(3)]
    book = sales.get("/order-book")["items"]
    assert [(row["place"], row["number"]) for row in book] == list(enumerate(numbers, 1))
    assert (book[0]["units"], book[0]["value"], book[0]["promised"]) == (2, "218.00", "2026-03-18")
    moved = program("planner").post("/order-book/move", {"places": {numbers[2]: 1}}, expect=202)
    assert (moved["state"], moved["policy"]) == ("proposed", "sequence")
    assert [row["number"] for row in sales.get("/order-book")["items"]] == numbers
    program("planner").post(f"/proposals/{moved['id']}/apply")
    assert [row["number"] for row in sales.get("/order-book")["items"]] == [numbers[2], numbers[0], numbers[1]]
    assert sales.post("/order-book/move", {"places": {"SO-9": 1}}, expect=409)["code"] == "not-in-book"
    for places in ({}, {numbers[0]: 0}):
        assert sales.post("/order-book/move", {"places": places}, expect=422)["code"] == "bad-request"
    assert program("buyer").post("/order-book/move", {"places": {numbers[0]: 1}}, expect=403)["code"] == "not-allowed"


# Queries


@pytest.mark.parametrize("orders", [1, 6])
def test_no_answer_takes_more_queries_when_there_is_more_to_tell(company, program, orders, django_assert_max_num_queries):
    manager = program("manager")
    for _ in range(orders):
        body = order_of({"model": "DL"}, {"model": "DL", "choices": {"head": "HEAD-L", "arm": "ARM-L"}})
        number = manager.post("/orders", body, expect=201)["number"]
    manager.post("/purchase-orders", {"wanted": [{"item": item, "quantity": 5} for item in ("TRAFO", "ARM-S")]}, expect=201)
    run = Run.objects.get().pk
    for path in (
        "/me",
        "/models",
        "/models/DL",
        "/items",
        "/items/HEAD-L",
        "/items/HEAD-L/moves",
        "/bills/FOOT",
        "/supplies",
        "/customers",
        "/orders",
        "/quotes",
        "/order-book",
        f"/orders/{number}",
        f"/orders/{number}/lines/2/explain",
        "/purchase-orders",
        "/proposals",
        "/build-orders",
        "/assembly-orders",
        "/runs",
        f"/runs/{run}",
    ):
        with django_assert_max_num_queries(MOST_QUERIES):
            manager.get(path)
    with django_assert_max_num_queries(MOST_QUERIES):
        manager.post("/models/DL/configure", {"choices": {"arm": "ARM-L"}})
