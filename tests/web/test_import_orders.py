"""Orders from files and programs: all of them, or every fault with its line and column and nothing at all."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from atoll import cli
from atoll.errors import BadInput
from atoll_web import invariants
from atoll_web.accounts.models import User
from atoll_web.accounts.services import create_token
from atoll_web.catalogue.models import LineDay
from atoll_web.sales import services as sales
from atoll_web.sales.models import Customer, Order, OrderLine, Promise
from tests.lamps import MONDAY, Lamps

pytestmark = pytest.mark.django_db

CSV = """\
order,customer,model,quantity,request_date,head,arm,extras,choices
PO-1,ACME,DL,2,2026-03-20,HEAD-L,ARM-L,,
PO-2,MUELLER,DL,,,,,CLAMP|BULB,cable=3
PO-1,,DL,1,,,,CLAMP,dimmer=DIMMER; cable=4
,ACME,DL,1,,,,,
"""
ORDERS = {
    "orders": [
        {
            "reference": "PO-1",
            "customer": "ACME",
            "lines": [
                {"model": "DL", "quantity": 2, "request_date": "2026-03-20", "choices": {"head": "HEAD-L", "arm": "ARM-L"}},
                {"model": "DL", "choices": {"extras": ["CLAMP"], "dimmer": "DIMMER", "cable": 4}},
            ],
        },
        {
            "reference": "PO-2",
            "customer": "MUELLER",
            "lines": [{"model": "DL", "choices": {"extras": ["CLAMP", "BULB"], "cable": 3}}],
        },
        {"customer": "ACME", "lines": [{"model": "DL"}]},
    ]
}


@pytest.fixture
def enter(company: Lamps) -> Callable[[str], list[sales.EnteredOrder]]:
    return lambda text: sales.import_orders(actor=company.actor("sales"), text=text)


def faults(call: Callable[[], object]) -> list[tuple[str, str]]:
    """Source and code of each fault; nothing may have been written."""
    before = Order.objects.count(), OrderLine.objects.count(), Promise.objects.count()
    with pytest.raises(BadInput) as caught:
        call()
    assert before == (Order.objects.count(), OrderLine.objects.count(), Promise.objects.count())
    return [(issue.source, issue.code) for issue in caught.value.issues]


def lines_there() -> list[tuple[Any, ...]]:
    rows = OrderLine.objects.select_related("order__customer", "configuration").order_by("order_id", "position")
    return [(r.order.customer.code, r.position, r.quantity, r.configuration.values, r.request_date) for r in rows]


def test_rows_of_one_reference_are_one_order_and_csv_says_the_same_as_json(enter: Callable[[str], Any], company: Lamps) -> None:
    found = enter(CSV)
    assert [(order.reference, order.lines) for order in found] == [("PO-1", 2), ("PO-2", 1), ("", 1)]
    assert found[0].total == 2 * 109 + 60 + 4 * 2 + 9 + 12
    from_csv = lines_there()
    assert (from_csv[1][3]["cable"], from_csv[2][3]["extras"]) == (4, ["CLAMP", "BULB"])
    seen = Order.objects.values_list("number", flat=True)
    for number in list(seen):
        sales.cancel(actor=company.actor("sales"), order=Order.objects.get(number=number))
    Order.objects.update(idempotency_key=None)
    enter(json.dumps(ORDERS))
    assert lines_there()[len(from_csv) :] == from_csv
    assert not [check for check in invariants.check() if check.violations]


def test_a_file_that_is_sent_again_enters_nothing_twice(enter: Callable[[str], Any]) -> None:
    text = CSV.rpartition(",ACME")[0]  # all rows with a reference
    first, again = enter(text), enter(text + "PO-3,ACME,DL,,,,,,\n")
    assert [order.number for order in again[:2]] == [order.number for order in first]
    assert [order.was_known for order in again] == [True, True, False]
    assert Order.objects.count() == 3


def test_a_preview_says_numbers_and_dates_and_leaves_nothing(company: Lamps) -> None:
    seen = sales.preview_import(actor=company.actor("sales"), text=CSV)
    assert [order.ship_date is not None for order in seen] == [True] * 3
    assert not Order.objects.exists()


def test_a_preview_uses_up_no_number_and_shows_none_that_nobody_gets(company: Lamps) -> None:
    before = company.order().number
    sales.import_orders(actor=company.actor("sales"), text="order,customer,model\nPO-1,ACME,DL\n")
    seen = sales.preview_import(actor=company.actor("sales"), text=CSV.replace("PO-1", "PO-3") + "PO-1,ACME,DL,1,,,,,\n")
    numbers = {order.reference: (order.number, order.was_known) for order in seen}
    entered = Order.objects.get(idempotency_key="PO-1").number
    assert numbers == {"PO-3": ("", False), "PO-2": ("", False), "": ("", False), "PO-1": (entered, True)}
    after = company.order().number
    assert int(after.removeprefix("SO-")) == int(before.removeprefix("SO-")) + 2


def test_every_fault_of_form_is_told_with_its_line_and_column(enter: Callable[[str], Any]) -> None:
    text = (
        "order;customer;model;quantity;request_date;choices;ship_complete\n"
        "A;ACME;DL;two;20.3.2026;head;maybe\n"
        'A;MUELLER;;1;;"cable=1; cable=2";\n'
        ";;DL;1;;;\n"
        f"{'x' * 81};ACME;DL;1;;;\n"
        "B;ACME;DL;1;;;;\n"
    )
    assert faults(lambda: enter(text)) == [
        ("line 2, column ship_complete", "not-yes-or-no"),
        ("line 2, column quantity", "not-a-number"),
        ("line 2, column request_date", "not-a-date"),
        ("line 2, column choices", "not-a-choice"),
        ("line 3, column customer", "another-customer"),
        ("line 3, column model", "missing"),
        ("line 3, column choices", "chosen-twice"),
        ("line 4, column customer", "missing"),
        ("line 5, column order", "too-long"),
        ("line 6", "too-many-cells"),
    ]


def test_every_fault_of_meaning_is_told_with_its_line_and_column(enter: Callable[[str], Any]) -> None:
    Customer.objects.filter(code="MUELLER").update(on_hold=True)
    text = (
        "order,customer,model,quantity,request_date,choices\n"
        "A,ACME,DL,0,,\n"
        "A,ACME,DL,-5,,\n"
        "B,NOBODY,DL,1,,\n"
        "C,MUELLER,DL,1,,\n"
        "D,ACME,XL,1,,\n"
        "E,ACME,DL,1,2026-03-01,\n"
        "E,ACME,DL,1,9999-12-31,\n"
        "E,ACME,DL,1,,head=HEAD-M\n"
        "E,ACME,DL,1,,head=HEAD-L; arm=ARM-S\n"
        "E,ACME,DL,999999999,,\n"
        "F,ACME,DL,1,,\n"
    )
    assert sorted(faults(lambda: enter(text)), key=lambda fault: int(fault[0].split(",")[0].removeprefix("line "))) == [
        ("line 2, column quantity", "quantity-not-positive"),
        ("line 3, column quantity", "quantity-not-positive"),
        ("line 4, column customer", "unknown-customer"),
        ("line 5, column customer", "customer-on-hold"),
        ("line 6, column model", "unknown-model"),
        ("line 7, column request_date", "request-date-in-the-past"),
        ("line 8, column request_date", "request-date-too-far"),
        ("line 9, column choices", "unknown-option"),
        ("line 10, column choices", "invalid-configuration"),
        ("line 11, column quantity", "quantity-not-positive"),
    ]


def test_faults_of_form_hide_neither_those_of_content_nor_those_of_lines_whose_customer_is_unknown(
    enter: Callable[[str], Any],
) -> None:
    text = (
        "order,customer,model,quantity,request_date,choices\n"
        "A,NOBODY,DL,0,2026-03-01,head=HEAD-M; cable=x\n"
        "B,ACME,DL,two,,head\n"
        ",,DL,0,,head; dimmer=none; colour=red\n"
        "C,ACME,,1,,\n"
    )
    assert faults(lambda: enter(text)) == [
        ("line 2, column customer", "unknown-customer"),
        ("line 2, column quantity", "quantity-not-positive"),
        ("line 2, column request_date", "request-date-in-the-past"),
        ("line 2, column choices", "unknown-option"),
        ("line 2, column choices", "unknown-option"),
        ("line 3, column quantity", "not-a-number"),
        ("line 3, column choices", "not-a-choice"),
        ("line 4, column customer", "missing"),
        ("line 4, column choices", "not-a-choice"),
        ("line 4, column quantity", "quantity-not-positive"),
        ("line 4, column choices", "unknown-feature"),
        ("line 5, column model", "missing"),
    ]


def test_a_fault_in_the_own_column_of_a_feature_is_told_there_with_what_the_column_takes(enter: Callable[[str], Any]) -> None:
    text = (
        "order,customer,model,quantity,head,arm,extras,colour,choices\n"
        "A,ACME,DL,1,HEAD-M,,,,\n"
        "A,ACME,DL,1,,,CLAMP+BULB,,\n"
        "A,ACME,DL,1,HEAD-L,ARM-S,,,\n"
        "A,ACME,DL,1,HEAD-L,,,,arm=ARM-S\n"
        "A,ACME,DL,1,,,,red,\n"
        "A,ACME,DL,0,HEAD-M,,,,cable=99\n"
        "A,ACME,DL,1,HEAD-S,,,,head=HEAD-S\n"
        "A,ACME,DL,1,,,,,strong arm\n"
    )
    with pytest.raises(BadInput) as refused:
        enter(text)
    assert [(issue.source, issue.code, issue.hint) for issue in refused.value.issues] == [
        ("line 2, column head", "unknown-option", "Write it into the column head like HEAD-S, or leave the cell empty."),
        ("line 3, column extras", "unknown-option", "Write it into the column extras like CLAMP|BULB, or leave the cell empty."),
        ("line 4, columns head, arm", "invalid-configuration", ""),
        ("line 5, columns head, choices", "invalid-configuration", ""),
        ("line 6, column colour", "unknown-feature", "Leave the cell empty, or write the code of a feature over the column."),
        ("line 7, column quantity", "quantity-not-positive", ""),
        ("line 7, column head", "unknown-option", "Write it into the column head like HEAD-S, or leave the cell empty."),
        ("line 7, column choices", "unknown-option", ""),
        ("line 8, columns head, choices", "chosen-twice", "Choose it in one of the two, and leave the other empty."),
        ("line 9, column choices", "not-a-choice", "Write choices like head=HEAD-S; extras=CLAMP|BULB."),
    ]


def test_a_reference_that_comes_again_with_another_order_is_told_at_its_line(enter: Callable[[str], Any]) -> None:
    enter("order,customer,model\nPO-1,ACME,DL\n")
    assert faults(lambda: enter("order,customer,model,quantity\nPO-1,ACME,DL,2\n")) == [
        ("line 2, column order", "idempotency-key-used")
    ]


def test_a_single_fault_is_told_with_its_place_too(enter: Callable[[str], Any]) -> None:
    assert faults(lambda: enter("customer,model,quantity\nACME,DL,1\nACME,DL,0\n")) == [
        ("line 3, column quantity", "quantity-not-positive")
    ]


def test_a_reference_of_another_customer_is_told_at_its_line(enter: Callable[[str], Any]) -> None:
    enter("order,customer,model\nPO-1,ACME,DL\n")
    assert faults(lambda: enter("order,customer,model\nPO-2,ACME,DL\nPO-1,MUELLER,DL\n")) == [
        ("line 3, column order", "idempotency-key-used")
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [("line 1, column customer", "missing-column"), ("line 1, column model", "missing-column")]),
        ("customer,model\n", [("file", "no-orders")]),
        ("customer,model,model\nACME,DL,DL\n", [("line 1, column model", "column-twice")]),
        ('customer,model\nACME,"DL\n', [("line 2", "bad-csv")]),
        ("customer,model\nACME,\0\n", [("file", "bad-text")]),
        ("{", [("file", "bad-json")]),
        ("[" * 100_000, [("file", "bad-json")]),
        ('{"orders": 5}', [("orders", "no-orders")]),
        ("[5]", [("orders.0", "not-an-object"), ("orders.0.lines", "no-lines")]),
        ('[{"customer": "ACME", "lines": [{"model": 5, "quantty": 1}]}]', [
            ("orders.0.lines.0.quantty", "unknown-field"),
            ("orders.0.lines.0.model", "wrong-kind"),
        ]),
        ('[{"customer": "ACME", "lines": [{"model": "DL", "quantity": 0}]}]', [
            ("orders.0.lines.0.quantity", "quantity-not-positive"),
        ]),
        ('[{"customer": "NOBODY", "lines": [{"model": "DL"}]}]', [("orders.0.customer", "unknown-customer")]),
        ('[{"customer": "ACME", "reference": "A", "lines": [{"model": "XL"}]}, {"reference": "A", "lines": []}]', [
            ("orders.0.reference", "reference-twice"),
            ("orders.0.lines.0.model", "unknown-model"),
            ("orders.1.lines", "no-lines"),
            ("orders.1.reference", "reference-twice"),
            ("orders.1.customer", "no-customer"),
        ]),
    ],
)  # fmt: skip
def test_what_is_no_file_of_orders_is_said(enter: Callable[[str], Any], text: str, found: list[tuple[str, str]]) -> None:
    assert faults(lambda: enter(text)) == found


def test_an_order_that_ships_complete_has_one_date_within_a_batch(enter: Callable[[str], Any]) -> None:
    enter(
        "order,customer,model,head,arm,ship_complete\nA,ACME,DL,,,\nB,ACME,DL,,,yes\nB,ACME,DL,HEAD-L,ARM-L,\nB,ACME,DL,HEAD-L,ARM-L,\n"
    )
    dates = Promise.objects.filter(line__order__idempotency_key="B").values_list("ship_date", flat=True)
    assert len(set(dates)) == 1
    assert set(dates) != set(Promise.objects.filter(line__order__idempotency_key="A").values_list("ship_date", flat=True))


def test_a_program_enters_a_batch_and_is_told_every_fault(company: Lamps) -> None:
    secret = create_token(user=User.objects.get(username="sales"), name="shop").secret
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def post(body: Any) -> Any:
        return client.post("/api/v1/orders/batch", json.dumps(body), content_type="application/json")

    made = post(ORDERS)
    assert (made.status_code, [order["reference"] for order in made.json()["orders"]]) == (201, ["PO-1", "PO-2", ""])
    assert [order["was_known"] for order in post(ORDERS).json()["orders"]] == [True, True, False]
    bad = post(
        {"orders": [{"customer": "ACME", "lines": [{"model": "DL", "quantity": 0}, {"model": "DL", "choices": {"head": "x"}}]}]}
    )
    assert bad.status_code == 422
    assert post({"orders": []}).json()["issues"][0]["source"] == "orders"
    order = ORDERS["orders"][0] | {"reference": "PO-9"}
    twice = post({"orders": [order, ORDERS["orders"][1] | {"reference": "PO-9"}]})
    assert [(fault["source"], fault["code"]) for fault in twice.json()["issues"]] == [
        ("orders.0.reference", "reference-twice"),
        ("orders.1.reference", "reference-twice"),
    ]
    assert (twice.status_code, Order.objects.count()) == (422, 4)
    assert [fault["source"] for fault in bad.json()["issues"]] == ["orders.0.lines.0.quantity", "orders.0.lines.1.choices"]


@pytest.mark.django_db(transaction=True)
def test_the_command_enters_a_file_or_says_what_is_wrong(company: Lamps, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(CSV, encoding="utf-8-sig")
    bad.write_text(CSV.replace("DL,2", "DL,0").replace("cable=3", "cable=99"), encoding="utf-8")
    run = CliRunner().invoke
    refused = run(cli.atoll, ["import-orders", str(bad)])
    assert refused.exit_code != 0
    assert [issue.source for issue in refused.exception.issues] == ["line 2, column quantity", "line 3, column choices"]
    checked = run(cli.atoll, ["import-orders", str(good), "--check", "--json"])
    assert [order["lines"] for order in json.loads(checked.stdout)["orders"]] == [2, 1, 1]
    assert not Order.objects.exists()
    assert "3 order(s) are entered." in run(cli.atoll, ["import-orders", str(good), "--user", "sales"]).output
    assert Order.objects.count() == 3
    known = CSV.rpartition(",ACME")[0] + "PO-3,ACME,DL,,,,,,\n"
    again = run(cli.atoll, ["import-orders", "-"], input=known.encode())
    assert "1 order(s) are entered. 2 order(s) were there already and stay as they are." in again.output
    assert again.output.count("(was there: confirmed)") == 2
    assert Order.objects.count() == 4
    broken = run(cli.atoll, ["import-orders", "-", "--check"], input=b"\xff")
    assert broken.exception.issues[0].source == "standard input"


def test_ten_thousand_lines_are_entered_in_one_call(company: Lamps, django_assert_max_num_queries: Callable[..., Any]) -> None:
    """In a calendar and with capacity for so many; the number of queries does not grow with them."""
    rows = [f"PO-{n // 4},ACME,DL,1,{MONDAY + timedelta(days=n % 50)},{1 + n % 5}" for n in range(10_000)]
    text = "\n".join(["order,customer,model,quantity,request_date,cable", *rows])
    LineDay.objects.update(capacity=1_000_000)
    with django_assert_max_num_queries(60):
        found = sales.import_orders(actor=company.actor("sales"), text=text)
    assert len(found) == 2_500
    assert OrderLine.objects.count() == 10_000
    assert not [check for check in invariants.check() if check.violations]
