"""Quotes through API, pages and PDF; the promise page; why a line is late; `atoll promise`."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from atoll.cli import atoll
from atoll_web.accounts.models import Company
from atoll_web.catalogue.models import Item
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales import tasks
from atoll_web.sales.models import Customer, LeverTaken, Order
from atoll_web.sales.quote_pdf import quote_pdf
from atoll_web.sales.services import NewLine
from atoll_web.stock.models import Allocation
from tests.lamps import MONDAY, Lamps

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
TWO_LARGE = {"model": "DL", "choices": {"head": "HEAD-L", "arm": "ARM-L"}, "quantity": 2}
ADDRESS = "/configure/DL/promise?" + urlencode({"f.head": "HEAD-L", "f.arm": "ARM-L", "quantity": 2, "customer": "ACME"})


def text(response: object) -> str:
    """The page's text without its tags, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def post(client: Client, address: str, content: object, **headers: str) -> object:
    return client.post(f"/api/v1{address}", json.dumps(content), content_type="application/json", headers=headers)


@pytest.fixture
def sales_client(company: Lamps, signed_in: SignIn) -> Client:
    return signed_in("sales")


def quoted(company: Lamps, *lines: NewLine, days: int = 7) -> Order:
    lines = lines or (NewLine("DL", {"head": "HEAD-L", "arm": "ARM-L"}, 2),)
    return sales.quote(actor=company.actor("sales"), customer="MUELLER", lines=lines, days=days)


def test_the_api_tells_dates_reasons_sureness_and_what_is_faster(sales_client: Client) -> None:
    answer = post(sales_client, "/promises", {"lines": [{"model": "DL"}, TWO_LARGE]}).json()
    assert (answer["complete_on"], answer["total"]) == ("2026-03-18", "282.00")
    line = answer["lines"][1]
    assert (line["ship_date"], line["price"], line["confidence"]) == ("2026-03-18", "218.00", 1)
    assert line["binding"]["item"] == "HEAD-L"
    assert [(one["key"], one["ship_date"], one["cost"]) for one in line["faster"]] == [
        ("option:head=HEAD-S", "2026-03-04", "-60.00"),
        ("split:1", "2026-03-04", "0.00"),
    ]
    assert not Allocation.objects.exists()


def test_the_api_answers_what_it_can_and_refuses_an_order_line_by_line(sales_client: Client) -> None:
    SupplierItem.objects.filter(item__code="DIMMER").delete()
    dimmed = {"model": "DL", "choices": {"dimmer": "DIMMER"}, "quantity": 6}
    answer = post(sales_client, "/promises", {"lines": [dimmed, {"model": "DL", "request_date": "2026-03-03"}]}).json()
    (line,), (refused,) = answer["lines"], answer["refused"]
    assert (line["position"], line["ship_date"], line["request_date"], line["days_late"]) == (2, "2026-03-04", "2026-03-03", 1)
    assert (refused["position"], refused["code"], refused["faster"][0]["key"]) == (1, "cannot-promise", "option:dimmer=none")
    assert "DIMMER is short" in refused["reason"]
    assert answer["complete_on"] is None
    order = post(sales_client, "/orders", {"customer": "ACME", "lines": [{"model": "DL"}, dimmed]})
    assert (order.status_code, order.json()["code"]) == (409, "cannot-promise")
    assert [(issue["source"], issue["code"]) for issue in order.json()["issues"]] == [("line 2", "cannot-promise")]


def test_the_promise_page_says_what_would_make_a_line_possible(sales_client: Client) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").delete()
    page = sales_client.get(ADDRESS)
    assert "HEAD-L is short and can neither be bought nor built in time" in text(page)
    assert "Possible if…" in text(page)
    fields = {"f.head": "HEAD-L", "f.arm": "ARM-L", "quantity": 2, "customer": "ACME", "idempotency_key": "possible"}
    taken = sales_client.post("/configure/DL/take", fields | {"take": "order option:head=HEAD-S"})
    assert "no date without it" in text(sales_client.get(taken.url))


def test_a_quote_holds_until_it_is_accepted(sales_client: Client, company: Lamps) -> None:
    asked = {"customer": "ACME", "lines": [TWO_LARGE | {"faster": "option:head=HEAD-S"}], "days": 3}
    made = post(sales_client, "/quotes", asked, **{"Idempotency-Key": "q1"})
    assert made.status_code == 201
    assert post(sales_client, "/quotes", asked, **{"Idempotency-Key": "q1"}).json()["number"] == made.json()["number"]
    quote = made.json()
    assert (quote["state"], quote["expires_at"][:10], quote["promise_date"]) == ("quoted", "2026-03-05", "2026-03-04")
    assert LeverTaken.objects.get().cost == -60
    assert Allocation.objects.exists()
    number = quote["number"]
    accepted = post(sales_client, f"/quotes/{number}/accept", {})
    assert (accepted.status_code, accepted.json()["state"]) == (200, "confirmed")
    assert post(sales_client, f"/quotes/{number}/accept", {}).status_code == 409
    assert sales_client.get(f"/api/v1/quotes/{number}").json()["promise_date"] == "2026-03-04"
    pdf = sales_client.get(quote["pdf"])
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")


def test_what_the_api_refuses(sales_client: Client, company: Lamps) -> None:
    number = quoted(company, days=1).number
    Company.objects.update(business_date=MONDAY + timedelta(days=2))
    expired = post(sales_client, f"/quotes/{number}/accept", {})
    assert (expired.status_code, expired.json()["code"]) == (409, "quote-expired")
    for days in (0, 91, -1):
        refused = post(sales_client, "/quotes", {"customer": "ACME", "lines": [TWO_LARGE], "days": days})
        assert (refused.status_code, refused.json()["code"]) == (422, "quote-without-days")
    gone = post(sales_client, "/orders", {"customer": "ACME", "lines": [TWO_LARGE | {"faster": "express:HEAD-L"}]})
    assert (gone.status_code, gone.json()["code"]) == (409, "no-longer-offered")
    assert sales_client.get("/api/v1/quotes/SO-999999").status_code == 404
    absurd = post(sales_client, "/promises", {"lines": [TWO_LARGE | {"request_date": "9999-12-31"}]})
    assert (absurd.status_code, absurd.json()["code"]) == (422, "request-date-too-far")
    Customer.objects.filter(code="ACME").update(on_hold=True)
    held = post(sales_client, "/quotes", {"customer": "ACME", "lines": [TWO_LARGE]})
    assert (held.status_code, held.json()["code"]) == (409, "customer-on-hold")


def test_who_may_not_order_may_not_quote(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("assembler")
    assert post(client, "/quotes", {"customer": "ACME", "lines": [TWO_LARGE]}).status_code == 403
    page = client.get(ADDRESS)
    assert "Sales may order and quote" in text(page)
    assert client.post("/configure/DL/take", {"take": "order "}).status_code == 403


def test_the_promise_page_shows_all_and_takes_a_lever_with_one_click(sales_client: Client) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    sales_client.get(ADDRESS)
    with CaptureQueriesContext(connection) as queries:
        page = sales_client.get(ADDRESS)
    assert len(queries) <= 18
    words = text(page)
    for expected in (
        "Ships 18 Mar 2026",
        "HEAD-L is short",
        "95.0 % sure",
        "Held back by",
        "Small head",
        "express",
        "+40.00 EUR",
    ):
        assert expected in words
    assert sales_client.get(ADDRESS.replace("promise?", "promise.json?")).json()["lines"][0]["binding"]["item"] == "HEAD-L"
    fields = {"f.head": "HEAD-L", "f.arm": "ARM-L", "quantity": 2, "customer": "ACME", "days": 5, "idempotency_key": "page"}
    missing = sales_client.post("/configure/DL/take", fields | {"customer": "", "take": "quote "})
    assert missing.status_code == 422
    refused = sales_client.post("/configure/DL/take", fields | {"take": "quote express:HEAD-L"})
    assert (refused.status_code, "a quote cannot hold it" in text(refused)) == (422, True)
    taken = sales_client.post("/configure/DL/take", fields | {"take": "order express:HEAD-L"})
    order = Order.objects.get()
    assert (taken.status_code, taken.url) == (302, f"/orders/{order.number}")
    assert "Buy HEAD-L from Nord-Teile GmbH express" in text(sales_client.get(taken.url))


def test_configure_hands_over_to_the_promise(sales_client: Client) -> None:
    page = sales_client.get("/configure/DL?f.head=HEAD-L&f.arm=ARM-L&quantity=2").content.decode()
    assert 'href="/configure/DL/promise?f.head=HEAD-L&amp;f.arm=ARM-L&amp;quantity=2"' in page


@pytest.mark.parametrize(
    "query", ["quantity=0", "quantity=x", "f.head=NOTHING", "request_date=9999-12-31", "f.head=HEAD-L&f.arm=ARM-S"]
)
def test_what_cannot_be_promised_is_said_on_the_page(sales_client: Client, query: str) -> None:
    page = sales_client.get(f"/configure/DL/promise?{query}")
    assert (page.status_code, 'role="alert"' in page.content.decode()) == (200, True)


def test_quotes_are_listed_accepted_printed_and_cancelled(sales_client: Client, company: Lamps) -> None:
    first, second = quoted(company), quoted(company, NewLine("DL", {}))
    with CaptureQueriesContext(connection) as queries:
        page = sales_client.get("/quotes")
    assert len(queries) <= 12
    assert first.number in text(page)
    assert "9 Mar 2026" in text(page)
    shown = text(sales_client.get(f"/orders/{first.number}"))
    assert "Held until" in shown
    assert "Accept quote" in shown
    assert sales_client.post(f"/quotes/{first.number}/accept").url == f"/orders/{first.number}"
    sales_client.post(f"/orders/{second.number}/cancel")
    assert list(Order.objects.order_by("id").values_list("state", flat=True)) == ["confirmed", "cancelled"]
    printed = sales_client.get(f"/quotes/{first.number}.pdf")
    assert printed["Content-Disposition"] == f'inline; filename="{first.number}.pdf"'
    assert sales_client.get("/quotes/SO-999999.pdf").status_code == 404


def test_the_task_expires_quotes(company: Lamps) -> None:
    quote = quoted(company, days=1)
    tasks.deliver_again(timestamp=0)
    quote.refresh_from_db()
    assert quote.state == "quoted"
    Company.objects.update(business_date=MONDAY + timedelta(days=2))
    tasks.deliver_again(timestamp=0)
    quote.refresh_from_db()
    assert quote.state == "expired"
    assert not Allocation.objects.exists()


def test_the_task_does_nothing_without_a_company(db: None) -> None:
    tasks.deliver_again(timestamp=0)


def test_the_same_quote_gives_the_same_bytes_with_all_letters(company: Lamps) -> None:
    Customer.objects.filter(code="MUELLER").update(name="Müller — Ψηφία Свет مصباح 灯 🙂")
    quote = quoted(company, *[NewLine("DL", {"engraving": "for Anna"}, 2)] * 8)
    quote = Order.objects.select_related("customer").get(pk=quote.pk)
    pdf = quote_pdf(quote)
    assert pdf == quote_pdf(quote)
    assert pdf.count(b"/Type /Page\n") == 2  # eight lines with their choices do not fit on one
    Order.objects.filter(pk=quote.pk).update(ship_complete=True)
    assert quote_pdf(Order.objects.select_related("customer").get(pk=quote.pk)) != pdf


def test_a_late_line_names_its_cause_with_a_link(sales_client: Client, company: Lamps) -> None:
    purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(Item.objects.get(code="HEAD-L"), 5)])
    line = PurchaseOrderLine.objects.get()
    number = company.order(2, head="HEAD-L", arm="ARM-L").number
    assert sales_client.get(f"/orders/{number}/1/why.json").json()["causes"] == []
    purchasing.slip(actor=company.actor("buyer"), line=line, due=date(2026, 3, 30))
    (cause,) = sales_client.get(f"/orders/{number}/1/why.json").json()["causes"]
    assert cause["link"] == f"/purchase-orders/{line.order.number}"
    assert cause["words"] == "2 × HEAD-L come on 30 Mar 2026, but are needed on 16 Mar 2026."
    sales.repromise(actor=company.actor("planner"))
    page = sales_client.get(f"/orders/{number}/1/why")
    assert "Why it is late" in text(page)
    assert "Promised anew on 2 Mar 2026" in text(page)
    assert 'href="/items/HEAD-L"' in page.content.decode()
    assert "Critical path" in text(page)


def run(*arguments: str) -> object:
    return CliRunner().invoke(atoll, ["promise", *arguments], standalone_mode=False)


def test_the_command_tells_date_reason_sureness_and_alternatives(company: Lamps) -> None:
    arguments = ("DL", "--choose", "head=HEAD-L", "--choose", "arm=ARM-L", "--quantity", "2")
    told = json.loads(run(*arguments, "--json").stdout)
    assert (told["promised"], told["ship_date"], told["schema_version"]) == (True, "2026-03-18", 1)
    assert [one["key"] for one in told["faster"]] == ["option:head=HEAD-S", "split:1"]
    words = run(*arguments, "--customer", "ACME", "--date", "2026-03-10").stdout
    assert "2 × DL ships on 2026-03-18, 218.00 EUR." in words
    assert "Faster: 2026-03-04 for -60.00 EUR: Head: Small head" in words


def test_the_command_ends_with_1_when_nothing_can_be_promised(company: Lamps) -> None:
    answer = run("DL", "--quantity", "5000", "--json")
    assert answer.return_value == 1
    assert json.loads(answer.stdout)["promised"] is False
