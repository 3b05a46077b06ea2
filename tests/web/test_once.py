"""Requests that are sent again with their idempotency key: carried out once, answered the same, and looked up."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from atoll_web.accounts import keys
from atoll_web.accounts.acting import acting
from atoll_web.accounts.errors import KeyUsed
from atoll_web.accounts.models import AnsweredRequest, Company
from atoll_web.catalogue.models import Item, Revision
from atoll_web.planning import services as planning
from atoll_web.purchasing.models import PurchaseOrder, PurchaseOrderLine, Receipt
from atoll_web.sales import services
from atoll_web.sales.errors import NothingToPropose
from atoll_web.sales.models import Customer, Order, OrderLine
from atoll_web.sales.services import Asked, NewLine, plan_into_stock, take
from atoll_web.stock.models import Balance, Move
from tests.at_once import at_once

ORDER = {"customer": "MUELLER", "lines": [{"model": "DL"}]}
KEY = {"Idempotency-Key": "k-1"}


def ordered(program, **more) -> str:
    return program("sales").post("/orders", ORDER | more, expect=201)["number"]


# What is read as a key


@pytest.mark.parametrize("header", ["", "  ", "bestellung-ü", "a\tb"])
@pytest.mark.parametrize("path", ["/orders", "/orders/batch"])
def test_a_header_that_is_no_key_is_refused_and_nothing_is_entered(program, header, path):
    """The server hands on an empty text for a header that is not ASCII: taken for none, it would let an order in twice."""
    body = ORDER if path == "/orders" else {"orders": [ORDER]}
    refused = program("sales").post(path, body, expect=422, **{"Idempotency-Key": header})
    assert refused["code"] == "unreadable-key"
    assert "`idempotency_key` of the body" in refused["message"]
    assert not Order.objects.exists()


def test_a_key_in_the_body_may_be_any_text_and_counts_like_one_in_the_header(program):
    sales = program("sales")
    first = sales.post("/orders", ORDER | {"idempotency_key": "Bestellung Müller"}, expect=201)
    assert sales.post("/orders", ORDER | {"idempotency_key": "Bestellung Müller"}, expect=201)["number"] == first["number"]
    other = sales.post("/orders", ORDER | {"idempotency_key": "k-1"}, expect=201)
    assert sales.post("/orders", ORDER, expect=201, **KEY)["number"] == other["number"]
    assert sales.post("/orders", ORDER | {"idempotency_key": "k-1"}, expect=201, **KEY)["number"] == other["number"]
    assert Order.objects.count() == 2


def test_header_and_body_that_say_different_keys_are_refused(program):
    refused = program("sales").post("/orders", ORDER | {"idempotency_key": "k-2"}, expect=422, **KEY)
    assert (refused["code"], refused["facts"]) == ("keys-differ", {"header": "k-1", "body": "k-2"})
    assert not Order.objects.exists()


def test_a_key_is_read_however_its_field_is_written(company, program):
    warehouse = program("warehouse")
    body = r'{"quantity": 3, "idempotency\u005fkey": "k-1"}'
    first, again = (
        warehouse.client.post("/api/v1/items/CABLE/scrap", body, content_type="application/json").json() for _ in range(2)
    )
    assert first == again == warehouse.get("/keys/k-1")["carried_out"][0]["answer"]


# The first answer comes before all that may have changed


def test_a_key_is_answered_although_the_customer_is_on_hold_meanwhile(program):
    sales = program("sales")
    quoted = sales.post("/quotes", ORDER | {"days": 3, "idempotency_key": "q"}, expect=201)
    first = sales.post("/orders", ORDER, expect=201, **KEY)
    batch = {"orders": [ORDER | {"reference": "PO-1"}]}
    entered = sales.post("/orders/batch", batch, expect=201)
    Customer.objects.update(on_hold=True)
    assert sales.post("/orders", ORDER, expect=201, **KEY) == first
    assert sales.post("/quotes", ORDER | {"days": 3, "idempotency_key": "q"}, expect=201) == quoted
    assert sales.post("/orders/batch", batch, expect=201)["orders"] == [entered["orders"][0] | {"was_known": True}]
    assert sales.post("/orders", ORDER, expect=409)["code"] == "customer-on-hold"


# Other requests


def test_a_change_that_is_sent_again_adds_its_line_once(program):
    sales, number = program("sales"), ordered(program)
    added = {"added": [{"model": "DL", "choices": {"head": "HEAD-L", "arm": "ARM-L"}}]}
    first = sales.post(f"/orders/{number}/change", added, **KEY)
    assert sales.post(f"/orders/{number}/change", added, **KEY) == first
    assert sales.post(f"/orders/{number}/change", added | {"idempotency_key": "k-1"}) == first
    assert OrderLine.objects.count() == 2
    assert not AnsweredRequest.objects.exclude(status=200).exists()


def test_a_cancellation_that_is_sent_again_is_answered_as_it_was_first(program):
    sales, number = program("sales"), ordered(program)
    first = sales.post(f"/orders/{number}/cancel", **KEY)
    assert first["state"] == "cancelled"
    assert sales.post(f"/orders/{number}/cancel", **KEY) == first
    assert sales.post(f"/orders/{number}/cancel", expect=409)["code"] == "not-cancellable"


def test_a_quote_is_accepted_once(program):
    sales = program("sales")
    number = sales.post("/quotes", ORDER | {"days": 3}, expect=201)["number"]
    first = sales.post(f"/quotes/{number}/accept", {"idempotency_key": "k-1"})
    assert sales.post(f"/quotes/{number}/accept", {"idempotency_key": "k-1"}) == first


def test_a_batch_without_references_is_entered_once(program):
    sales = program("sales")
    first = sales.post("/orders/batch", {"orders": [ORDER, ORDER]}, expect=201, **KEY)
    assert sales.post("/orders/batch", {"orders": [ORDER, ORDER]}, expect=201, **KEY) == first
    assert Order.objects.count() == 2


@pytest.mark.parametrize(("path", "body"), [("/items/CABLE/scrap", {"quantity": 3}), ("/items/CABLE/count", {"counted": 7})])
def test_a_count_and_scrap_are_booked_once(program, path, body):
    warehouse = program("warehouse")
    first = warehouse.post(path, body, **KEY)
    moves = Move.objects.count()
    warehouse.post("/items/CABLE/scrap", {"quantity": 1})
    assert warehouse.post(path, body, **KEY) == first
    assert Move.objects.count() == moves + 1


def test_what_is_bought_received_and_slipped_is_so_once(program):
    buyer, warehouse = program("buyer"), program("warehouse")
    wanted = {"wanted": [{"item": "ARM-S", "quantity": 20}]}
    (first,) = buyer.post("/purchase-orders", wanted, expect=201, **KEY)
    assert buyer.post("/purchase-orders", wanted, expect=201, **KEY) == [first]
    assert PurchaseOrder.objects.count() == 1
    line = PurchaseOrderLine.objects.get()
    slip = {"line": line.pk, "due": str(line.supply.due + timedelta(days=7)), "idempotency_key": "k-2"}
    assert buyer.post(f"/purchase-orders/{first['number']}/slip", slip) == buyer.post(
        f"/purchase-orders/{first['number']}/slip", slip
    )
    arrived = {"deliveries": [{"line": line.pk, "quantity": 5}]}
    for _ in range(2):
        warehouse.post(f"/purchase-orders/{first['number']}/receive", arrived, **{"Idempotency-Key": "k-3"})
    assert [receipt.quantity for receipt in Receipt.objects.all()] == [5]


def test_an_order_is_released_kitted_completed_and_shipped_once(program):
    number = ordered(program, lines=[{"model": "DL", "quantity": 2}])
    line = f"{number}/1"
    (made,) = program("planner").post("/assembly-orders", {"lines": [line], "idempotency_key": "r"}, expect=201)
    assert program("planner").post("/assembly-orders", {"lines": [line], "idempotency_key": "r"}, expect=201) == [made]
    path = f"/assembly-orders/{made['number']}"
    for role, action in (("warehouse", "kit"), ("assembler", "complete?units=1")):
        first = program(role).post(f"{path}/{action}", **{"Idempotency-Key": action})
        assert program(role).post(f"{path}/{action}", **{"Idempotency-Key": action}) == first
    assert program("sales").get(f"{path}")["finished"] == 1
    part = {"parts": [{"line": line, "units": 1}], "idempotency_key": "s"}
    assert program("warehouse").post("/shipments", part, expect=201) == program("warehouse").post("/shipments", part, expect=201)
    assert OrderLine.objects.get().shipped_units.count() == 1


def twice(program, path: str, body=None, expect: int = 200):
    """What a request with a key is answered, also when it is sent again."""
    key = {"Idempotency-Key": path}
    first = program.post(path, body, expect=expect, **key)
    assert program.post(path, body, expect=expect, **key) == first
    return first


def test_what_is_proposed_is_bought_built_and_completed_once(company, program):
    planner, manager = company.actor("planner"), program("manager")
    with acting(planner):
        supply = plan_into_stock(planner, Item.objects.get(code="DRIVER"), 2)
    (build,) = twice(manager, "/build-orders", {"supplies": [supply.pk]}, expect=201)
    for action in ("kit", "complete"):
        twice(manager, f"/build-orders/{build['number']}/{action}")
    assert manager.get("/items/DRIVER")["on_hand"] == 4
    planning.plan(actor=planner)
    proposals = [proposal["id"] for proposal in manager.get("/proposals", limit=200)["items"]]
    released = twice(manager, "/proposals/release", {"proposals": proposals})
    assert len(released["purchase_orders"]) == PurchaseOrder.objects.count() > 0


def test_proposals_of_promises_and_of_kits_are_applied_once(program):
    planner, numbers = program("planner"), [ordered(program), ordered(program)]
    moved = planner.post("/order-book/move", {"places": {numbers[1]: 1}}, expect=202)
    assert twice(planner, f"/proposals/{moved['id']}/apply")["state"] == "applied"
    assert [row["number"] for row in planner.get("/order-book")["items"]] == numbers[::-1]
    proposed = planner.post("/kit-proposals", {"by": "due"}, expect=201)
    assert len(twice(planner, f"/kit-proposals/{proposed['id']}/apply", expect=201)) == 2


def test_a_draft_is_begun_once(program):
    for _ in range(2):
        program("planner").post("/models/DL/drafts", {"revision": "A"}, expect=201, **KEY)
    assert Revision.objects.count() == 2


# Keys that do not fit, refusals


def test_a_key_of_another_request_or_of_somebody_else_is_refused(program):
    sales, (one, two) = program("sales"), (ordered(program), ordered(program))
    sales.post(f"/orders/{one}/cancel", **KEY)
    refused = sales.post(f"/orders/{two}/cancel", expect=409, **KEY)
    assert (refused["code"], refused["facts"]["request"]) == ("key-used", f"POST /api/v1/orders/{one}/cancel")
    foreign = program("warehouse").post("/items/CABLE/scrap", {"quantity": 1}, expect=409, **KEY)
    assert (foreign["code"], foreign["facts"]["request"]) == ("key-used", "of somebody else")
    assert sales.get(f"/orders/{two}")["state"] == "confirmed"
    assert program("warehouse").get("/keys/k-1")["carried_out"] == []


@pytest.mark.parametrize("path", ["/orders", "/quotes"])
def test_a_key_of_an_order_is_refused_for_another_request(program, path):
    sales, days = program("sales"), {"days": 5} if path == "/quotes" else {}
    number = sales.post(path, ORDER | days, expect=201, **KEY)["number"]
    refused = sales.post(f"/orders/{number}/cancel", expect=409, **KEY)
    assert (refused["code"], refused["facts"]["request"]) == ("key-used", f"order {number}")
    assert Order.objects.get().state in ("confirmed", "quoted")
    assert sales.post(path, ORDER | days, expect=201, **KEY)["number"] == number


@pytest.mark.parametrize(("path", "more"), [("/orders", {}), ("/quotes", {"days": 5})])
def test_a_key_of_another_request_is_refused_for_an_order(program, path, more):
    sales, number = program("sales"), ordered(program)
    sales.post(f"/orders/{number}/cancel", **KEY)
    refused = sales.post(path, ORDER | more, expect=409, **KEY)
    assert (refused["code"], refused["facts"]["request"]) == ("key-used", f"POST /api/v1/orders/{number}/cancel")
    foreign = program("admin").post(path, ORDER | more, expect=409, **KEY)
    assert (foreign["code"], foreign["facts"]["request"]) == ("key-used", "of somebody else")
    assert Order.objects.count() == 1


def test_a_key_of_another_request_is_refused_for_an_order_with_what_makes_it_earlier(fast_heads, program):
    sales, number = program("sales"), ordered(program)
    sales.post(f"/orders/{number}/cancel", **KEY)
    asked = Asked(NewLine("DL", {"head": "HEAD-L", "arm": "ARM-L"}, 2), "express:HEAD-L")
    with pytest.raises(KeyUsed):
        take(actor=fast_heads.actor("sales"), customer="MUELLER", asked=[asked], idempotency_key="k-1")
    assert Order.objects.count() == 1


def test_a_key_of_another_request_is_refused_as_a_reference_with_all_that_is_wrong_with_a_batch(program):
    sales, number = program("sales"), ordered(program)
    sales.post(f"/orders/{number}/cancel", **KEY)
    batch = [ORDER | {"reference": "k-1"}, ORDER | {"customer": "NOBODY"}]
    told = sales.post("/orders/batch", {"orders": batch}, expect=422)["issues"]
    assert [(one["source"], one["code"]) for one in told] == [("orders.0", "key-used"), ("orders.1.customer", "unknown-customer")]
    assert Order.objects.count() == 1


def test_a_batch_may_have_the_key_of_one_of_its_orders(program):
    """It is one request, however it is looked at."""
    sales, body = program("sales"), {"orders": [ORDER | {"reference": "k-1"}]}
    first = sales.post("/orders/batch", body, expect=201, **KEY)
    assert sales.post("/orders/batch", body, expect=201, **KEY) == first
    assert Order.objects.count() == 1


def test_a_refusal_leaves_the_key_free(program):
    sales, number = program("sales"), ordered(program)
    sales.post(f"/orders/{number}/change", {"lines": [{"position": 9, "quantity": 2}]}, expect=422, **KEY)
    assert not AnsweredRequest.objects.exists()
    sales.post(f"/orders/{number}/change", {"lines": [{"position": 1, "quantity": 2}]}, **KEY)
    assert OrderLine.objects.get().quantity == 2


def test_a_quote_whose_time_is_over_ends_when_somebody_wants_to_accept_it_with_a_key(company, program):
    sales = program("sales")
    number = sales.post("/quotes", ORDER | {"days": 1}, expect=201)["number"]
    Company.objects.update(business_date=company.today + timedelta(days=2))
    refused = sales.post(f"/quotes/{number}/accept", expect=409, **KEY)
    assert refused["code"] == "quote-expired"
    assert Order.objects.get().state == "expired"
    assert not AnsweredRequest.objects.exists()


def test_what_is_refused_when_its_answer_is_made_is_taken_back(program, monkeypatch):
    def refused(*_: object) -> None:
        raise NothingToPropose

    monkeypatch.setattr(services, "lines_at_risk", refused)
    there = Balance.objects.get(item__code="PLATE", location__kind="stock").quantity
    program("warehouse").post("/items/PLATE/scrap", {"quantity": 1, "reason": "bent"}, expect=409, **KEY)
    assert Balance.objects.get(item__code="PLATE", location__kind="stock").quantity == there
    assert not AnsweredRequest.objects.exists()


def test_without_a_role_or_a_token_nothing_is_answered_by_a_key(program, client):
    sales, number = program("sales"), ordered(program)
    sales.post(f"/orders/{number}/cancel", **KEY)
    assert client.post(f"/api/v1/orders/{number}/cancel", {}, headers=KEY).status_code == 401
    assert client.get("/api/v1/keys/k-1").status_code == 401
    assert (
        program("assembler").post(f"/orders/{number}/cancel", expect=403, **{"Idempotency-Key": "k-2"})["code"] == "not-allowed"
    )
    assert AnsweredRequest.objects.count() == 1


# Looking up


def test_what_became_of_a_key_is_looked_up_without_sending_the_request_again(program):
    sales = program("sales")
    order = sales.post("/orders", ORDER | {"idempotency_key": "PO 7/ü"}, expect=201)
    (found,) = sales.get("/keys/PO 7/ü")["carried_out"]
    assert (found["request"], found["order"], found["status"], found["answer"]) == ("", order["number"], 201, order)
    cancelled = sales.post(f"/orders/{order['number']}/cancel", **KEY)
    (found,) = sales.get("/keys/k-1")["carried_out"]
    assert found["request"] == f"POST /api/v1/orders/{order['number']}/cancel"
    assert (found["order"], found["status"], found["answer"]) == ("", 200, cancelled)
    assert sales.get("/keys/never-sent")["carried_out"] == []


def test_keys_are_forgotten_after_a_month(program):
    sales, number = program("sales"), ordered(program)
    sales.post(f"/orders/{number}/cancel", **KEY)
    assert keys.forget_answers() == 0
    AnsweredRequest.objects.update(at=timezone.now() - timedelta(days=keys.DAYS_KEPT, minutes=1))
    assert keys.forget_answers() == 1
    assert sales.get("/keys/k-1")["carried_out"] == []


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_sent_twice_at_the_same_time_is_carried_out_once(company, program):
    warehouse, answers = program("warehouse"), []

    def scrap() -> None:
        try:
            answers.append(warehouse.post("/items/CABLE/scrap", {"quantity": 3}, **KEY))
        finally:
            connection.close()

    before = Move.objects.count()
    threads = [threading.Thread(target=scrap) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert all(answer == answers[0] for answer in answers)
    assert Move.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_of_an_order_and_another_request_with_one_key_at_the_same_time_one_is_carried_out(company, program):
    before = Move.objects.count()
    posts = [(program("sales").client, "orders", ORDER), (program("warehouse").client, "items/CABLE/scrap", {"quantity": 3})]
    for n in range(8):

        def post(number: int, key: str = f"k-{n}") -> int:
            client, path, body = posts[number % 2]
            sent = client.post(f"/api/v1/{path}", body, content_type="application/json", headers={"Idempotency-Key": key})
            return sent.status_code

        assert at_once(post, 4) in ([201, 409, 201, 409], [409, 200, 409, 200])
    assert Order.objects.count() + Move.objects.count() - before == 8
