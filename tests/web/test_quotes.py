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
from django.utils.html import escape

from atoll.cli import atoll
from atoll.configure import Need
from atoll_web.accounts.models import Company
from atoll_web.catalogue.models import Item
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales import tasks
from atoll_web.sales.availability import Availability
from atoll_web.sales.errors import CannotPromise, NothingToPromise, QuoteExpired
from atoll_web.sales.models import Customer, LeverTaken, Order, Promise
from atoll_web.sales.quote_pdf import quote_pdf
from atoll_web.sales.services import NewLine
from atoll_web.stock.models import Allocation, Lot, Supply
from atoll_web.words import in_words
from tests.lamps import MONDAY, Lamps

pytestmark = pytest.mark.django_db

SignIn = Callable[[str], Client]
TWO_LARGE = {"model": "DL", "choices": {"head": "HEAD-L", "arm": "ARM-L"}, "quantity": 2}
ADDRESS = "/configure/DL/promise?" + urlencode({"f.head": "HEAD-L", "f.arm": "ARM-L", "quantity": 2, "customer": "ACME"})


def text(response: object) -> str:
    """The page's text without its tags, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def count(company: Lamps, code: str) -> None:
    """All numbered units of an item are gone."""
    for lot in Lot.objects.filter(item__code=code):
        sales.count(actor=company.actor("warehouse"), item=lot.item, counted=0, lot=lot)


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
    assert refused["item"] == "DIMMER"
    assert answer["complete_on"] is None
    order = post(sales_client, "/orders", {"customer": "ACME", "lines": [{"model": "DL"}, dimmed]})
    assert (order.status_code, order.json()["code"]) == (409, "cannot-promise")
    assert [(issue["source"], issue["code"]) for issue in order.json()["issues"]] == [("lines.1", "cannot-promise")]


def test_the_promise_page_says_what_would_make_a_line_possible(sales_client: Client) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").delete()
    page = sales_client.get(ADDRESS)
    assert "HEAD-L is short and has no preferred supplier" in text(page)
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


def test_a_quote_accepted_after_its_day_ships_on_a_new_one_if_the_customer_agrees(sales_client: Client, company: Lamps) -> None:
    """One line was to ship on Wednesday, the other keeps its date."""
    number = quoted(company, NewLine("DL", {}), NewLine("DL", {"head": "HEAD-L", "arm": "ARM-L"}, 2), days=30).number
    before = Promise.objects.filter(in_force=True).order_by("line")
    assert [str(day) for day in before.values_list("ship_date", flat=True)] == ["2026-03-04", "2026-03-18"]
    Company.objects.update(business_date=date(2026, 3, 6))
    for body in ({}, {"ship_date": "2026-03-09"}):
        refused = post(sales_client, f"/quotes/{number}/accept", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "quote-outdated")
        assert refused.json()["message"] == (
            f"Order {number} can no longer ship on 04 Mar 2026: what it rests on is late, or its assembly should have begun. "
            "It can ship on 10 Mar 2026. Accept the quote once more with this day if the customer agrees."
        )
        assert refused.json()["facts"]["lines"] == {"1": ["2026-03-04", "2026-03-10"]}
    assert sales_client.get(f"/api/v1/quotes/{number}").json()["state"] == "quoted"
    accepted = post(sales_client, f"/quotes/{number}/accept", {"ship_date": refused.json()["facts"]["now"]}).json()
    assert accepted["state"] == "confirmed"
    in_force = [[p["ship_date"] for p in line["promises"] if p["in_force"]] for line in accepted["lines"]]
    assert in_force == [["2026-03-10"], ["2026-03-18"]]


def test_a_quote_at_risk_is_accepted_with_other_supply_or_another_day(company: Lamps, signed_in: SignIn) -> None:
    """A head comes in time until its delivery slips, and again until the one on hand is gone; then another one does."""
    buyer, head = company.actor("buyer"), Item.objects.get(code="HEAD-L")
    purchasing.order(actor=buyer, wanted=[purchasing.Wanted(head, 5)])
    late, line = quoted(company, days=60), PurchaseOrderLine.objects.get()
    day = Promise.objects.get().ship_date
    purchasing.slip(actor=buyer, line=line, due=date(2026, 4, 30))
    assert Promise.objects.get().at_risk
    client = signed_in("sales")
    page = client.post(f"/quotes/{late.number}/accept", follow=True)
    assert page.redirect_chain[0][0] == f"/orders/{late.number}?ship_date=2026-03-18"
    assert "It can ship on 18 Mar 2026" in text(page)
    assert "Accept quote to ship on 2026-03-18" in text(page)
    purchasing.slip(actor=buyer, line=line, due=date(2026, 3, 16))
    count(company, "HEAD-L")
    assert Promise.objects.get(in_force=True).at_risk
    page = client.post(f"/quotes/{late.number}/accept", follow=True)
    assert "its dates stay as quoted" in text(page)
    promise = Promise.objects.get(in_force=True)
    assert (promise.ship_date, promise.at_risk, promise.line.state) == (day, False, "confirmed")


def test_the_page_takes_the_agreement_to_another_day(sales_client: Client, company: Lamps) -> None:
    number = quoted(company, NewLine("DL", {}), days=30).number
    Company.objects.update(business_date=date(2026, 3, 6))
    page = sales_client.post(f"/quotes/{number}/accept", follow=True).content.decode()
    assert '<input type="hidden" name="ship_date" value="2026-03-10">' in page
    page = sales_client.post(f"/quotes/{number}/accept", {"ship_date": "2026-03-10"}, follow=True)
    assert "it ships by the new day" in text(page)
    assert Promise.objects.get(in_force=True).ship_date == date(2026, 3, 10)
    assert sales_client.post(f"/quotes/{number}/accept", {"ship_date": "soon"}).url == f"/orders/{number}"


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
    assert "Buy 5 × HEAD-L from Nord-Teile GmbH express" in text(sales_client.get(taken.url))


def test_configure_hands_over_to_the_promise(sales_client: Client) -> None:
    page = sales_client.get("/configure/DL?f.head=HEAD-L&f.arm=ARM-L&quantity=2").content.decode()
    assert 'href="/configure/DL/promise?f.head=HEAD-L&amp;f.arm=ARM-L&amp;quantity=2"' in page


@pytest.mark.parametrize(
    "query", ["quantity=0", "quantity=x", "f.head=NOTHING", "request_date=9999-12-31", "f.head=HEAD-L&f.arm=ARM-S"]
)
def test_what_cannot_be_promised_is_said_on_the_page(sales_client: Client, query: str) -> None:
    page = sales_client.get(f"/configure/DL/promise?{query}")
    assert (page.status_code, 'role="alert"' in page.content.decode()) == (200, True)


def test_where_not_all_units_can_be_had_the_page_says_how_many_and_when(sales_client: Client) -> None:
    page = sales_client.get("/configure/DL/promise?quantity=5000&f.dimmer=DIMMER&customer=ACME").content.decode()
    most, address = re.search(r'Up to ([\d,]+) of 5000 units could ship.*?<a href="([^"]+)">Look at', page, re.DOTALL).groups()
    there = sales_client.get(address.replace("&amp;", "&")).content.decode()
    assert f"Promise for {most.replace(',', '')} × Desk lamp" in there
    assert ("Order for" in there, "Dimmer" in there, 'value="ACME" selected' in there) == (True, True, True)
    one_more = address.replace("&amp;", "&").replace(
        f"quantity={most.replace(',', '')}", f"quantity={int(most.replace(',', '')) + 1}"
    )
    assert "No date can be promised" in sales_client.get(one_more).content.decode()
    # In the configurator the refusal leads there.
    assert "What could be had" in sales_client.get("/configure/DL?quantity=5000").content.decode()


def test_nothing_holds_back_a_line_that_is_there_at_once(sales_client: Client) -> None:
    page = sales_client.get("/configure/DL/promise").content.decode()
    assert "<dt>Held back by</dt><dd>nothing</dd>" in page
    assert sales_client.get("/configure/DL/promise.json").json()["lines"][0]["binding"]["line"] == ""


def test_a_refused_quote_keeps_its_days_and_tells_all_that_is_wrong(sales_client: Client) -> None:
    answer = sales_client.post("/configure/DL/take", {"take": "quote ", "days": "1000", "quantity": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert ('id="days" name="days" type="number" min="1" max="90" value="1000"' in page) is True
    assert ("is not a whole number from 1 to 90" in page, "Choose the customer" in page) == (True, True)


@pytest.mark.parametrize(("address", "page"), [("take", "/configure/DL/promise"), ("order", "/configure/DL")])
def test_who_comes_back_to_where_a_form_was_sent_gets_its_page(sales_client: Client, address: str, page: str) -> None:
    query = "f.dimmer=DIMMER&quantity=2"
    form = sales_client.get(f"{page}?{query}").content.decode()
    sent = re.search(rf'action="(/configure/DL/{address}[^"]*)"', form)[1].replace("&amp;", "&")
    assert sent == f"/configure/DL/{address}?{query}"
    assert sales_client.get(sent).headers["Location"] == f"{page}?{query}"
    assert "Choose the customer" in sales_client.post(sent, {"quantity": "2"}).content.decode()


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


def test_who_asks_sees_what_an_order_would_get_once_a_quote_has_expired(company: Lamps) -> None:
    """All eight feet are quoted for a day, and no worker runs: they are free again for inquiries, baskets and options."""
    quote, today = quoted(company, NewLine("DL", {}, 8), days=1), MONDAY + timedelta(days=2)
    line, held = NewLine("DL", {}, 8), sales.inquire(line=NewLine("DL", {}, 8), today=MONDAY).ship_date
    Company.objects.update(business_date=today)
    told = sales.inquire(line=line, today=today).ship_date
    assert told < held
    assert sales.explore(lines=[line], today=today).lines[0].ship_date == told
    foot = Need("FOOT", 1)
    assert Availability([foot], 0, 8, today).day_of(foot) == 0
    quote.refresh_from_db()
    assert quote.state == "quoted"  # nothing was written
    order = sales.enter_order(actor=company.actor("sales", today), customer="ACME", lines=[line])
    assert order.lines.get().promises.get().ship_date == told


def test_an_expired_quote_that_somebody_wants_to_accept_is_ended(company: Lamps) -> None:
    quote = quoted(company, days=1)
    with pytest.raises(QuoteExpired):
        sales.accept_quote(actor=company.actor("sales", MONDAY + timedelta(days=2)), order=quote)
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


def test_a_quote_whose_supply_slips_is_promised_anew_with_the_others(company: Lamps, signed_in: SignIn) -> None:
    buyer, head = company.actor("buyer"), Item.objects.get(code="HEAD-L")
    purchasing.order(actor=buyer, wanted=[purchasing.Wanted(head, 5)])
    quote = quoted(company, days=20)
    purchasing.slip(actor=buyer, line=PurchaseOrderLine.objects.get(), due=date(2026, 4, 30))
    client = signed_in("planner")
    for address in ("/risks", "/morning", "/orders?at_risk=1"):
        assert quote.number in client.get(address).content.decode(), address
    assert '>1</strong><a href="/orders?at_risk=1">promises at risk' in client.get("/").content.decode()
    found = sales.repromise(actor=company.actor("planner"))
    assert [(line.order, line.state) for line in found.lines] == [(quote, "quoted")]
    promise = Promise.objects.get(in_force=True)
    assert (promise.at_risk, promise.ship_date) == (False, date(2026, 3, 18))


@pytest.mark.parametrize("agreed", [None, date(2026, 5, 1)])
def test_a_quote_of_which_a_line_gets_no_date_is_refused_with_the_reason(company: Lamps, agreed: date | None) -> None:
    """The other line could still be promised, for another day."""
    lines = [NewLine("DL", {"head": "HEAD-L", "arm": "ARM-L"}), NewLine("DL", {"dimmer": "DIMMER"})]
    quote = quoted(company, *lines)
    count(company, "HEAD-L")
    sales.count(actor=company.actor("warehouse"), item=Item.objects.get(code="DIMMER"), counted=0)
    SupplierItem.objects.filter(item__code="HEAD-L").update(preferred=False)
    before = list(Promise.objects.values_list("id", "in_force", "at_risk"))
    with pytest.raises(CannotPromise, match=f"{quote.number}/1: HEAD-L is short and has no preferred supplier"):
        sales.accept_quote(actor=company.actor("sales"), order=quote, ship_date=agreed)
    assert Order.objects.get().state == "quoted"
    assert list(Promise.objects.values_list("id", "in_force", "at_risk")) == before


def test_a_quote_whose_time_is_over_is_told_as_no_longer_held(company: Lamps) -> None:
    quote = quoted(company, days=2)
    line = quote.lines.get()
    Promise.objects.update(at_risk=True)
    found = sales.repromise(actor=company.actor("planner", MONDAY + timedelta(days=3)))
    assert (found.lines, found.left_out) == ((), ())
    assert Order.objects.get().state == "expired"
    with pytest.raises(NothingToPromise, match="expired"):
        sales.repromise(actor=company.actor("planner", MONDAY + timedelta(days=3)), lines=[line])


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


def test_how_sure_a_promise_is_can_be_seen_as_long_as_it_stands(company: Lamps, sales_client: Client) -> None:
    """It rests on transformers of SUD: as sure as when it was explored, and less when they are overdue."""
    thirteen = NewLine("DL", {}, 13)
    made = sales.explore(lines=[thirteen], today=MONDAY).lines[0].sureness
    order = company.order(13)
    seen = sales_client.get(f"/orders/{order.number}/1/why.json").json()
    assert seen["confidence"] == pytest.approx(made.of_date)
    assert [one["ship_date"] for one in seen["sure_dates"]] == [day.isoformat() for day in made.dates.values()]
    assert f"By 23 Mar 2026 {100 * made.of_date:.1f} %" in text(sales_client.get(f"/orders/{order.number}/1/why"))
    planned = Supply.objects.get(item__code="TRAFO", kind="planned")
    purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(planned.item, planned.quantity, (planned,))])
    ordered = sales_client.get(f"/api/v1/orders/{order.number}/lines/1/explain").json()
    assert (ordered["ship_date"], ordered["warning"]) == ("2026-03-23", "")
    assert ordered["confidence"] > seen["confidence"]  # ordered a day before the plan allowed
    Company.objects.update(business_date=date(2026, 3, 16))
    overdue = sales_client.get(f"/api/v1/orders/{order.number}/lines/1/explain").json()
    assert overdue["confidence"] == pytest.approx(1 - 0.75**2, abs=1e-4)  # late by 4 days or 5, where 4 and more are left
    assert overdue["warning"].startswith("This date is only 44% sure")
    page = text(sales_client.get(f"/orders/{order.number}/1/why"))
    assert "This date is only 44% sure" in page
    assert "overdue" in page
    Company.objects.update(business_date=date(2026, 3, 23))
    assert sales_client.get(f"/orders/{order.number}/1/why.json").json()["confidence"] == 0


def test_a_line_that_lacks_units_is_not_sure_at_all(company: Lamps) -> None:
    order = company.order(1)
    line = order.lines.get()
    Allocation.objects.filter(requirement__demand=line.demand, supply__item__code="FOOT").delete()
    assert sales.sureness(line=line, today=MONDAY) == sales.Sureness(0, {0.5: None, 0.8: None, 0.95: None})


def test_a_date_that_is_rather_missed_comes_with_a_warning_and_a_surer_one(company: Lamps, sales_client: Client) -> None:
    """Twenty deliveries of NORD came two days late; their statement of being on time weighs as ten: one in three is on time."""
    plate, buyer = Item.objects.get(code="PLATE"), company.actor("buyer", MONDAY - timedelta(weeks=5))
    (order,) = purchasing.order(actor=buyer, wanted=[purchasing.Wanted(plate, 5)] * 20)
    lines = list(order.lines.all())
    late = company.actor("buyer", lines[0].first_due + timedelta(days=2))
    purchasing.receive(actor=late, deliveries=[purchasing.Delivery(line, 5) for line in lines])
    address = "/configure/DL/promise?f.head=HEAD-L&f.arm=ARM-L&quantity=2"
    page = sales_client.get(address)
    told = sales_client.get(address.replace("promise?", "promise.json?")).json()["lines"][0]
    assert told["confidence"] == pytest.approx(1 / 3)
    surest = told["sure_dates"][-1]["ship_date"]
    assert told["warning"] in text(page)
    chosen = ("--choose", "head=HEAD-L", "--choose", "arm=ARM-L", "--quantity", "2")
    assert told["warning"] in run("DL", *chosen).stdout
    ask = f"{address}&request_date={surest}"
    label = f"Ask for {in_words(date.fromisoformat(surest))}"
    assert f'<a href="{escape(ask)}" aria-label="{label}">Ask for it</a>' in page.content.decode()
    asked = sales_client.get(ask.replace("promise?", "promise.json?")).json()["lines"][0]
    assert (asked["ship_date"], asked["warning"]) == (surest, "")
    assert asked["confidence"] >= 0.95


def run(*arguments: str) -> object:
    return CliRunner().invoke(atoll, ["promise", *arguments], standalone_mode=False)


def test_the_command_tells_date_reason_sureness_and_alternatives(company: Lamps) -> None:
    arguments = ("DL", "--choose", "head=HEAD-L", "--choose", "arm=ARM-L", "--quantity", "2")
    told = json.loads(run(*arguments, "--json").stdout)
    assert (told["promised"], told["ship_date"], told["schema_version"]) == (True, "2026-03-18", 1)
    assert [one["key"] for one in told["faster"]] == ["option:head=HEAD-S", "split:1"]
    words = run(*arguments, "--customer", "ACME", "--date", "2026-03-10").stdout
    assert "2 × DL ships on 2026-03-18, 218.00 EUR." in words
    assert "Faster: 2026-03-10 for -60.00 EUR: Head: Small head" in words


def test_who_pays_and_what_binds_is_named(company: Lamps, sales_client: Client) -> None:
    """Heads are on their way; expedited, they cost the company 40."""
    head = Item.objects.get(code="HEAD-L")
    SupplierItem.objects.filter(item=head).update(expedited_days=3, expedite_cost=40)
    (order,) = purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(head, 5)])
    line = sales_client.get(ADDRESS.replace("promise?", "promise.json?")).json()["lines"][0]
    binding = {name: line["binding"][name] for name in ("item", "name", "reference")}
    assert binding == {"item": "HEAD-L", "name": "Large head", "reference": order.number}
    assert [(step["step"], step["reference"]) for step in line["path"]][-1] == ("supply", order.number)
    assert {one["kind"]: one["paid_by"] for one in line["faster"]} == {
        "option": "customer",
        "split": "customer",
        "expedite": "company",
        "express": "company",
    }
    page = text(sales_client.get(ADDRESS))
    assert f"Held back by HEAD-L Large head from {order.number}" in page
    assert f"supply of 2 × HEAD-L from {order.number}" in page
    assert "+40.00 EUR the company pays" in page
    assert "−60.00 EUR the customer saves" in page
    words = run("DL", "--choose", "head=HEAD-L", "--choose", "arm=ARM-L", "--quantity", "2").stdout
    assert f"Expedite HEAD-L of {order.number}, there on 5 Mar 2026 (the company pays)" in words
    assert re.search(r"for -60.00 EUR: Head: Small head.* \(the customer saves\)\n", words)
    assert "Sure: 100.0% by 2026-03-17.\n" in words


def test_the_command_tells_all_that_is_wrong_at_once(company: Lamps) -> None:
    refused = run("XL", "--quantity", "0", "--date", "2026-03-01", "--customer", "NOBODY").exception
    assert [issue.code for issue in refused.issues] == [
        *("unknown-customer", "quantity-not-positive", "request-date-in-the-past", "unknown-model")
    ]


def test_the_command_ends_with_1_when_nothing_can_be_promised(company: Lamps) -> None:
    answer = run("DL", "--quantity", "5000", "--json")
    assert answer.return_value == 1
    assert json.loads(answer.stdout)["promised"] is False
