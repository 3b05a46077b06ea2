"""The REST interface: how it refuses, in documents that name the place, the cause and the remedy."""

import pytest

from atoll_web.api import _unfit
from atoll_web.sales import services
from atoll_web.sales.models import Customer, Order
from tests.web.test_api import order_of


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (order_of({"model": "XX"}), 404, "unknown-model"),
        (order_of({"model": "DL", "quantity": 0}), 422, "quantity-not-positive"),
        (order_of({"model": "DL", "request_date": "2026-03-01"}), 422, "request-date-in-the-past"),
        (order_of({"model": "DL", "choices": {"head": "HEAD-X"}}), 422, "unknown-option"),
        (order_of({"model": "DL", "choices": {"head": "HEAD-L", "arm": "ARM-S"}}), 422, "invalid-configuration"),
        (order_of({"model": "DL", "quantity": 90_000}), 409, "cannot-promise"),
        (order_of(customer="NEMO"), 422, "unknown-customer"),
        ({"customer": "MUELLER", "lines": []}, 422, "no-lines"),
    ],
)
def test_an_order_that_cannot_be_taken_leaves_nothing_behind(program, body, status, code):
    refused = program("sales").post("/orders", body, expect=status)
    assert refused["code"] == code
    assert refused["message"]
    assert not Order.objects.exists()


def test_nothing_is_ordered_for_a_customer_on_hold(program):
    Customer.objects.filter(code="ACME").update(on_hold=True)
    assert program("sales").post("/orders", order_of(customer="ACME"), expect=409)["code"] == "customer-on-hold"
    assert not Order.objects.exists()


@pytest.mark.parametrize("value", [1.5, -1, 10**30, 9, "", "x", [], ["x"], True, None, {}, float("nan"), float("inf"), "2\x00"])
def test_a_strange_number_of_metres_is_refused_in_words(program, value):
    refused = program("sales").post("/orders", order_of({"model": "DL", "choices": {"cable": value}}), expect=422)
    assert refused["code"] in {"unknown-option", "bad-request", "bad-input"}
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "choices",
    [
        {"head": "\0"},
        {"\0": "x"},
        {"x" * 20_000: "x"},
        {"engraving": "a\0"},
        {"engraving": "x" * 20_000},
        {"engraving": "<b>Anna</b>"},
        {"engraving": "\ud800"},
        {"head": ["HEAD-L"]},
        {"head": {"a": 1}},
        {"extras": [["CLAMP"]]},
        ["head"],
    ],
)
def test_strange_choices_are_refused_in_words_that_stay_short(program, choices):
    refused = program("buyer").post("/models/DL/configure", {"choices": choices}, expect=422)
    assert refused["code"] in {"unknown-feature", "unknown-option", "bad-request"}
    assert len(refused["message"]) < 400


@pytest.mark.parametrize(
    ("path", "body", "code", "field"),
    [
        ("/items/CABLE/count", {"counted": 1_000_001}, "bad-request", "counted"),
        ("/purchase-orders", {"wanted": [{"item": "HEAD-S", "quantity": 10**12}]}, "bad-request", "wanted.0.quantity"),
        ("/orders", order_of(customer="MUELL\x00ER"), "out-of-range", "customer"),
        ("/orders", order_of(customer="MUELL\ud800ER"), "out-of-range", "customer"),
        ("/promises", {"customer": "\udfff", "lines": [{"model": "DL"}]}, "out-of-range", "customer"),
    ],
)
def test_what_the_database_cannot_hold_is_refused_in_words(program, path, body, code, field):
    refused = program("manager").post(path, body, expect=422)
    assert (refused["code"], [issue["source"] for issue in refused["issues"]]) == (code, [field])
    assert field in refused["message"]


def test_fields_that_no_column_holds_are_found_at_any_depth():
    body = {"lines": [{"quantity": 1 << 31, "choices": {"text": ["fine", "\0"]}}, 7], "note": "\ud800", "is": True, "of": None}
    assert list(_unfit(body)) == ["lines.0.quantity", "lines.0.choices.text.1", "note"]


def test_a_body_that_is_too_large_and_a_fault_of_ours_are_told_as_documents(program, monkeypatch, settings):
    sales = program("sales")
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
    large = sales.post("/orders", order_of(customer="x" * 2_000_000), expect=413)
    assert (large["code"], large["message"]) == ("too-large", "The request has more than 2 MB.")
    assert sales.post("/orders/batch", {"orders": ["x" * 2_000_000]}, expect=413)["code"] == "too-large"

    def fail(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(services, "take", fail)
    monkeypatch.setattr(services, "inquire", fail)
    sales.client.raise_request_exception = False
    assert sales.post("/orders", order_of(), expect=500)["code"] == "failed"
    assert sales.post("/inquiries", {"model": "DL"}, expect=500)["hint"].startswith("Try again")


def test_faults_of_several_lines_are_told_together(program):
    refused = program("sales").post("/orders", order_of({"model": "DL", "quantity": 0}, {"model": "XX"}), expect=422)
    assert [(issue["source"], issue["code"]) for issue in refused["issues"]] == [
        ("lines.0.quantity", "quantity-not-positive"),
        ("lines.1.model", "unknown-model"),
    ]


def test_all_that_is_wrong_with_an_order_is_told_at_once(program):
    """The customer, the quantity, the date, two choices that are none, and the conflict of those that are some."""
    choices = {"colour": "red", "head": "HEAD-L", "arm": "ARM-S", "dimmer": "nobody"}
    lines = [{"model": "DL", "quantity": 0, "request_date": "2026-03-01", "choices": choices}]
    for path, body in (("/orders", {}), ("/quotes", {"days": 91})):
        refused = program("sales").post(path, order_of(*lines, customer="NOBODY") | body, expect=422)
        assert [(issue["source"], issue["code"]) for issue in refused["issues"]] == [
            *([("days", "quote-without-days")] if body else []),
            ("customer", "unknown-customer"),
            ("lines.0.quantity", "quantity-not-positive"),
            ("lines.0.request_date", "request-date-in-the-past"),
            ("lines.0.choices.colour", "unknown-feature"),
            ("lines.0.choices.dimmer", "unknown-option"),
            ("lines.0.choices", "invalid-configuration"),
        ]


def test_a_fault_in_the_form_of_a_request_names_its_field(program):
    body = {"customer": "MUELLER", "lines": [{"model": "DL", "quantity": "many", "colour": "red"}]}
    refused = program("sales").post("/orders", body, expect=422)
    assert refused["code"] == "bad-request"
    assert {issue["source"] for issue in refused["issues"]} == {"lines.0.quantity", "lines.0.colour"}
    assert program("sales").get("/orders", expect=422, limit=1000)["issues"][0]["source"] == "limit"


def test_what_is_no_json_is_refused_in_words(company, program):
    response = program("sales").client.post("/api/v1/orders", '{"customer": }', content_type="application/json")
    assert response.status_code == 400
    refused = response.json()
    assert refused["code"] == "bad-request"
    assert "line 1 column 14" in refused["message"]
    assert refused["hint"]


def test_a_form_and_an_address_that_nothing_can_have_are_refused_as_documents(company, program):
    sales = program("sales")
    for address in ("/orders", "/orders/batch", "/inquiries"):
        response = sales.client.post(f"/api/v1{address}", {"customer": "MUELLER"})  # as a browser sends a form
        assert (response.status_code, response.json()["code"]) == (400, "bad-request"), address
    assert sales.get("/orders/%00", expect=422)["code"] == "out-of-range"


def test_an_address_or_method_that_nothing_serves_is_told_as_a_document(program):
    sales = program("sales")
    assert sales.get("/nothing", expect=404)["code"] == "unknown-address"
    refused = sales.client.delete("/api/v1/orders")
    assert (refused.status_code, refused.json()["code"]) == (405, "method-not-allowed")
    assert refused["Allow"] in refused.json()["hint"]
    assert sales.client.get("/api/v2/orders").json()["code"] == "unknown-address"
    assert "text/html" in sales.client.get("/nothing").get("Content-Type", "text/html")


@pytest.mark.parametrize("path", ["/inquiries", "/orders/batch", "/orders/SO-1/change"])
def test_a_way_to_be_earlier_is_refused_where_none_is_taken(program, path):
    line = {"model": "DL", "faster": "bogus"}
    body = {
        "/inquiries": line,
        "/orders/batch": {"orders": [order_of(line)]},
        "/orders/SO-1/change": {"added": [line]},
    }[path]
    (fault,) = program("sales").post(path, body, expect=422)["issues"]
    assert (fault["source"].rpartition(".")[2], fault["code"]) == ("faster", "extra-forbidden")


def test_a_second_subscription_of_a_name_is_refused_in_words(program):
    manager = program("manager")
    manager.post("/subscriptions/customers", {}, expect=201)
    refused = manager.post("/subscriptions/customers", {}, expect=409)
    assert (refused["code"], refused["facts"]) == ("subscription-name-taken", {"name": "Customers"})
