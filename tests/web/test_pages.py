"""The pages as people of every role see them: reading, permission, queries, security, twins."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from atoll_web.accounts.acting import acting
from atoll_web.accounts.models import Company
from atoll_web.accounts.roles import Role
from atoll_web.accounts.services import DEMO_PASSWORD, make_demo_users
from atoll_web.assembly import services as assembly
from atoll_web.assembly.models import BuildOrder
from atoll_web.catalogue.models import Item
from atoll_web.pricing.models import PriceList
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine
from atoll_web.sales import services as sales
from atoll_web.sales.models import Customer, Order, OrderLine
from atoll_web.sales.services import NewLine
from atoll_web.templatetags.atoll import STATES
from tests.lamps import Lamps

SignIn = Callable[[str], Client]
MOST_QUERIES = 15


@pytest.fixture
def shipped(company: Lamps) -> Order:
    """An order of two lamps that were assembled and shipped."""
    order = company.order(2, dimmer="DIMMER", engraving="Anna")
    lines = list(order.lines.all())
    released = assembly.release(actor=company.actor("planner"), lines=lines)
    assembly.kit(actor=company.actor("warehouse"), orders=released)
    assembly.complete(actor=company.actor("assembler"), orders=released)
    assembly.ship(actor=company.actor("warehouse"), lines=lines)
    return order


@pytest.fixture
def addresses(company: Lamps, shipped: Order) -> list[str]:
    """Every page of the entrance, sales and catalogue, with orders in several states behind them."""
    kitted = company.order()
    released = assembly.release(actor=company.actor("planner"), lines=list(kitted.lines.all()))
    assembly.kit(actor=company.actor("warehouse"), orders=released)
    waiting = company.order(3, head="HEAD-L", arm="ARM-L", extras=["CLAMP"], customer="ACME")
    sales.cancel(actor=company.actor("sales"), order=company.order())
    pages = ["/", "/search?q=SO", "/orders", "/orders?state=confirmed&late=1&sort=-promise_date&q=ac", "/customers", "/models"]
    pages += [
        "/basket",
        "/basket.json",
        "/customers/ACME",
        "/models/DL",
        "/configure",
        "/configure/DL",
        "/configure/DL?f.head=HEAD-L&f.arm=ARM-S",
    ]
    for order in (shipped, kitted, waiting):
        pages += [f"/orders/{order}", f"/orders/{order}.json", f"/orders/{order}/1/why", f"/orders/{order}/1/why.json"]
    return [*pages, "/orders.csv", "/orders.json", "/customers.csv", "/customers.json", "/customers/ACME.json", "/models/DL.json"]


def content(response: object) -> str:
    """The whole of an answer, streamed or not."""
    return (b"".join(response.streaming_content) if response.streaming else response.content).decode()


def test_every_page_answers_every_role_with_few_queries(addresses: list[str], signed_in: SignIn) -> None:
    """At most 15 queries once a process has read items, bills and lead times, which it keeps until they change."""
    for role in Role:
        client = signed_in(role)
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                response = client.get(address)
                page = content(response)
            assert response.status_code == 200, (role, address)
            assert re.findall(r"<h(\d)", page)[:1] in ([], ["1"]), address  # the heading of the page comes before all others
            assert len(queries) <= MOST_QUERIES, (address, [query["sql"] for query in queries])


def test_who_is_not_signed_in_is_led_to_the_sign_in_page(addresses: list[str], client: Client) -> None:
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in?next=")
    assert client.cookies.get("sessionid") is None


class Inline(HTMLParser):
    """Finds what a strict Content-Security-Policy would refuse."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = dict(attributes)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith(("on", "hx-on"))]
        addresses = [names.get(name) or "" for name in ("src", "href", "action")]
        self.found += [address for address in addresses if address.startswith(("http", "//", "javascript:"))]


def test_every_page_has_a_strict_policy_and_nothing_inline(addresses: list[str], signed_in: SignIn) -> None:
    client = signed_in("sales")
    for address in [*addresses, "/nowhere"]:
        response = client.get(address)
        policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
        assert policy["script-src"] == policy["style-src"] == policy["default-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in response["Permissions-Policy"]
        if response["Content-Type"].startswith("text/html"):
            assert Inline(content(response)).found == [], address


def test_names_from_outside_are_shown_as_text(company: Lamps, signed_in: SignIn) -> None:
    Customer.objects.filter(code="ACME").update(name="<script>alert(1)</script>")
    company.order(customer="ACME")
    for address in ("/orders", "/customers", "/customers/ACME", "/configure/DL", "/?", "/search?q=<script>"):
        assert "<script>alert" not in content(signed_in("sales").get(address))


# Sign in


def test_one_click_signs_in_as_a_role_of_a_demonstration(company: Lamps, client: Client) -> None:
    page = content(client.get("/sign-in"))
    assert all(f'action="/sign-in/{role}"' in page for role in Role)
    response = client.post("/sign-in/buyer", {"next": "/orders"})
    assert response["Location"] == "/orders"
    assert "Buyer (demo)" in content(client.get("/orders"))
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert client.get("/orders").status_code == 302


def test_nobody_is_let_in_without_password_where_business_is_real(company: Lamps, client: Client) -> None:
    Company.objects.update(is_demo=False)
    assert "Look around" not in content(client.get("/sign-in"))
    assert client.post("/sign-in/admin").status_code == 403
    assert client.get("/orders").status_code == 302
    assert client.post("/sign-in", {"username": "sales", "password": DEMO_PASSWORD}).status_code == 302
    assert client.get("/orders").status_code == 200


def test_the_back_office_has_a_laxer_policy_and_a_sign_in_page_of_its_own(company: Lamps, client: Client) -> None:
    response = client.get("/admin/login/")
    assert response.status_code == 200
    assert "script-src 'self' 'unsafe-eval'" in response["Content-Security-Policy"]


def test_signing_in_leads_nowhere_else(company: Lamps, client: Client) -> None:
    assert client.post("/sign-in/buyer", {"next": "https://example.org/"})["Location"] == "/"


def test_a_wrong_password_is_told_and_the_name_kept(company: Lamps, client: Client) -> None:
    page = content(client.post("/sign-in", {"username": "sales", "password": "wrong"}))
    assert "do not match" in page
    assert 'value="sales"' in page


@pytest.mark.usefixtures("db")
def test_an_empty_database_says_how_to_load_the_demonstration(client: Client, signed_in: SignIn) -> None:
    assert "make demo" in content(client.get("/sign-in"))
    assert client.post("/sign-in/sales").status_code == 403
    make_demo_users()
    assert "make demo" in content(signed_in("sales").get("/"))
    assert all(
        client.get(address).status_code == 200 for address in ("/orders", "/customers", "/models", "/configure", "/search?q=x")
    )


def test_a_form_from_elsewhere_is_refused_in_words(company: Lamps) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in/sales")
    assert response.status_code == 403
    assert "This form has expired" in content(response)


# Lists


def test_a_list_filters_sorts_and_counts_by_its_address(company: Lamps, signed_in: SignIn) -> None:
    first, second = company.order(customer="MUELLER"), company.order(5, customer="ACME")
    sales.cancel(actor=company.actor("sales"), order=first)
    client = signed_in("sales")

    def numbers(query: str) -> list[str]:
        return [row["number"] for row in client.get(f"/orders.json?{query}").json()["rows"]]

    assert numbers("") == [str(second), str(first)]
    assert numbers("sort=number") == [str(first), str(second)]
    assert numbers("state=cancelled") == numbers("customer=MUELLER") == numbers("q=müller") == [str(first)]
    assert numbers("open=1") == numbers("q=acme best") == [str(second)]
    assert numbers("q=nobody") == numbers("at_risk=1") == []
    assert numbers("sort=nonsense&page=99&state=") == [str(second), str(first)]
    page = content(client.get("/orders?customer=ACME"))
    assert "confirmed (1)" in page
    assert "Müller &amp; Cie (1)" in page  # the other values of a facet stay in sight
    assert "cancelled (" not in page
    assert "is-flag" not in page  # the column of a flag appears where one is raised


def test_a_facet_counts_rows_and_not_what_is_joined_to_them(company: Lamps, signed_in: SignIn) -> None:
    company.order()
    company.order()
    page = signed_in("sales").get("/customers").content.decode()
    assert "retail (1)" in page


def test_the_twins_of_a_list_have_its_filter(company: Lamps, signed_in: SignIn) -> None:
    company.order(customer="MUELLER")
    order = company.order(customer="ACME")
    client = signed_in("manager")
    response = client.get("/orders.csv?customer=ACME")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(content(response))))
    assert [(row["number"], row["customer"], row["quantity"]) for row in rows] == [(str(order), 'Acme "Best" Ltd', "1")]
    document = client.get("/orders.json?customer=ACME").json()
    assert (document["total"], document["next"]) == (1, None)
    assert "/orders.csv?customer=ACME" in content(client.get("/orders?customer=ACME"))


def test_a_csv_holds_no_formula(company: Lamps, signed_in: SignIn) -> None:
    Customer.objects.filter(code="ACME").update(name="=1+1")
    assert "'=1+1" in content(signed_in("sales").get("/customers.csv"))


def test_a_long_list_comes_in_pages_that_do_not_overlap(company: Lamps, signed_in: SignIn) -> None:
    Customer.objects.bulk_create([Customer(code=f"C{n:03}", name="Same name") for n in range(120)])
    client, seen = signed_in("sales"), []
    for page in (1, 2, 3):
        text = content(client.get(f"/customers?sort=name&page={page}"))
        seen += re.findall(r'href="/customers/(C\d+)"', text)
    assert sorted(seen) == [f"C{n:03}" for n in range(120)]
    assert "Page 3 of 3" in text


# Orders


def test_an_order_shows_what_was_built_into_each_unit_down_to_the_driver(shipped: Order, signed_in: SignIn) -> None:
    document = signed_in("assembler").get(f"/orders/{shipped}.json").json()
    line = document["lines"][0]
    assert {choice["name"]: choice["words"] for choice in line["choices"]} == {
        "Head": "Small head",
        "Arm": "Light arm",
        "Dimmer": "Dimmer",
        "Cable": "2",
        "Engraving": "Anna",
    }
    assert len(line["units"]) == 2
    heads = {part["serial"] for unit in line["units"] for part in unit["contents"] if part["item"] == "HEAD-S"}
    assert len(heads) == 2
    assert line["shipments"][0]["serials"] == [unit["serial"] for unit in line["units"]]
    assert [change["to"] for change in document["journal"] if change["what"] == str(shipped)] == [
        "shipped",
        "in assembly",
        "confirmed",
    ]


def test_a_subassembly_built_ahead_shows_its_own_contents(company: Lamps, signed_in: SignIn) -> None:
    with acting(company.actor("planner")):
        supply = sales.plan_into_stock(company.actor("planner"), Item.objects.get(code="FOOT"), 1)
    builds = assembly.open_builds(actor=company.actor("planner"), supplies=[supply])
    assembly.kit_builds(actor=company.actor("warehouse"), orders=builds)
    assembly.complete_builds(actor=company.actor("assembler"), orders=builds)
    assert BuildOrder.objects.get().state == "completed"
    order = company.order(9)  # eight feet were there from the start, the ninth is the one just built
    released = assembly.release(actor=company.actor("planner"), lines=list(order.lines.all()))
    assembly.kit(actor=company.actor("warehouse"), orders=released)
    assembly.complete(actor=company.actor("assembler"), orders=released)
    units = signed_in("sales").get(f"/orders/{order}.json").json()["lines"][0]["units"]
    feet = [part for unit in units for part in unit["contents"] if part["item"] == "FOOT"]
    assert sorted(inner["item"] for foot in feet for inner in foot["contents"]) == ["DRIVER", "PLATE"]


def test_why_follows_the_latest_branch_down_to_the_purchase_order(company: Lamps, signed_in: SignIn) -> None:
    order = company.order(
        15
    )  # eight feet are on hand, two drivers for more, two transformers for more drivers; three are to be bought
    line = order.lines.get()
    client = signed_in("planner")
    document = client.get(f"/orders/{order}/1/why.json").json()
    latest = [peg for peg in document["pegs"] if peg["is_latest"]]
    chain = []
    while latest:
        chain.append(latest[0]["item"])
        latest = [part for part in latest[0]["parts"] if part["is_latest"]]
    assert chain == ["FOOT", "DRIVER", "TRAFO"]
    assert sum(peg["units"] for peg in document["pegs"] if peg["item"] == "FOOT") == 15
    assert line.promises.get().reason == document["reason"]
    assert content(client.get(f"/orders/{order}/1/why")).count("latest</span>") == 3 + 1  # and the legend


def test_a_slipping_delivery_is_seen_on_the_order_and_its_new_promise_beside_the_old(company: Lamps, signed_in: SignIn) -> None:
    bought = purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(Item.objects.get(code="HEAD-L"), 5)])
    order = company.order(3, head="HEAD-L")
    line = PurchaseOrderLine.objects.get(order=bought[0])
    purchasing.slip(actor=company.actor("buyer"), line=line, due=line.first_due + timedelta(days=14))
    client = signed_in("sales")
    assert "at risk</span>" in content(client.get(f"/orders/{order}"))
    assert [row["number"] for row in client.get("/orders.json?at_risk=1").json()["rows"]] == [str(order)]
    assert 'data-title="At risk"' in content(client.get("/orders"))
    assert '>1</strong><a href="/orders?at_risk=1">promises at risk' in content(client.get("/"))
    sales.repromise(actor=company.actor("sales"))
    before, after = OrderLine.objects.get(order=order).promises.order_by("id")
    assert before.ship_date < after.ship_date
    page = content(client.get(f"/orders/{order}"))
    assert "Promises before" in page
    assert "at risk</span>" not in page
    assert [row["number"] for row in client.get("/orders.json?late=1").json()["rows"]] == [str(order)]


def test_sales_cancels_an_order_and_the_journal_says_why(company: Lamps, signed_in: SignIn) -> None:
    order = company.order()
    client = signed_in("sales")
    response = client.post(f"/orders/{order}/cancel", {"reason": "ordered twice"}, follow=True)
    page = content(response)
    assert f"{order} is cancelled" in page
    assert "ordered twice" in page
    assert "Cancel order" not in page
    again = content(client.post(f"/orders/{order}/cancel", follow=True))
    assert "it can only be cancelled before its assembly begins" in again


def test_a_customer_is_shown_with_currency_price_list_and_priority(company: Lamps, signed_in: SignIn) -> None:
    trade = PriceList.objects.create(code="TRADE", name="Trade 2026", currency="CHF", customer_class="trade")
    client = signed_in("sales")
    page = content(client.get("/customers/ACME"))  # of the class trade
    assert "CHF" in page
    assert "Trade 2026" in page
    assert "of the class" in page
    Customer.objects.filter(code="MUELLER").update(price_list=trade, priority=1)
    page = content(client.get("/customers/MUELLER"))
    assert ("Trade 2026" in page, "served first" in page, "of the class" in page) == (True, True, False)
    found = client.get("/customers/MUELLER.json").json()
    assert (found["currency"], found["price_list"], found["priority"]) == ("", "TRADE", 1)
    assert [row["code"] for row in client.get("/customers.json?priority=1").json()["rows"]] == ["MUELLER"]


def test_before_an_order_is_cancelled_the_page_says_what_becomes_free_and_who_is_told(company: Lamps, signed_in: SignIn) -> None:
    order, client = company.order(2, engraving="Rosa", dimmer="DIMMER"), signed_in("sales")
    assert f'action="/orders/{order}/cancel"' not in content(client.get(f"/orders/{order}"))  # Enter in a field cancels nothing
    page = content(client.get(f"/orders/{order}/cancel"))
    assert "Nobody" in page
    assert re.search(r"2 × <a[^>]*>FOOT</a>.*on hand", page)
    assert "minutes on" in page
    Customer.objects.filter(code="MUELLER").update(email="m@mueller.example")
    sales.confirm_by_email(actor=company.actor("admin"))
    assert "by e-mail to m@mueller.example" in content(client.get(f"/orders/{order}/cancel"))
    assert Order.objects.get().state == "confirmed"

    sales.hold(actor=company.actor("sales"), order=order, reason="deposit")
    ended = content(client.post(f"/orders/{order}/cancel", follow=True))
    assert "on hold</span>" not in ended
    assert "Was held" in ended
    refused = client.get(f"/orders/{order}/cancel")
    assert (refused.status_code, "it can only be cancelled before" in content(refused)) == (422, True)
    again = re.search(r'href="([^"]+)">Order it again', ended)[1].replace("&amp;", "&")
    seen = content(client.get(again))
    assert "Promise for 2 × Desk lamp" in seen
    assert ("Rosa" in seen, "Dimmer" in seen, 'value="MUELLER" selected' in seen) == (True, True, True)


def test_what_the_lines_of_a_cancelled_order_give_up_is_told_once_and_what_was_only_planned_does_not_become_free(
    company: Lamps, signed_in: SignIn
) -> None:
    """Two lines take a foot each from stock; the one large head that is there, and one that nobody has ordered yet."""
    line = NewLine("DL", {"head": "HEAD-L", "arm": "ARM-L"})
    order = sales.quote(actor=company.actor("sales"), customer="MUELLER", lines=[line, line], days=5)
    page = content(signed_in("sales").get(f"/orders/{order}/cancel"))
    freed, unplanned = page.split("Free at once, for whoever orders next")[1].split("Not planned for it any more")
    assert re.findall(r"(\d+) × <a[^>]*>FOOT</a> <span class=\"note\">on hand", freed) == ["2"]
    assert [re.findall(r"(\d+) × <a[^>]*>HEAD-L</a>", part) for part in (freed, unplanned)] == [["1"], ["1"]]
    assert '<a href="/quotes">Quotes</a>' in page


def test_the_last_orders_of_a_customer_come_first(company: Lamps, signed_in: SignIn) -> None:
    numbers = [company.order(customer="ACME").number for _ in range(25)]
    Order.objects.filter(number=numbers[24]).update(ship_complete=True)  # a row that was written again lies elsewhere
    shown = signed_in("sales").get("/customers/ACME.json").json()["orders"]
    assert [order["number"] for order in shown] == numbers[:4:-1]


def test_every_state_has_an_icon_beside_its_word() -> None:
    fields = [field for model in apps.get_models() for field in model._meta.fields if field.name == "state" and field.choices]
    assert {state for field in fields for state, _ in field.choices} <= STATES.keys()


def test_other_roles_are_refused_in_words(company: Lamps, signed_in: SignIn) -> None:
    order = company.order()
    client = signed_in("buyer")
    assert "Cancel order" not in content(client.get(f"/orders/{order}"))
    for address in (f"/orders/{order}/cancel", "/configure/DL/order"):
        response = client.post(address)
        assert response.status_code == 403
        assert "buyer" in content(response)
    assert Order.objects.get().state == "confirmed"
    assert client.get(f"/orders/{order}/cancel").status_code == 403
    assert client.get(f"/orders/{order}/rush").status_code == 405


def test_characters_that_no_database_holds_are_refused_before_they_reach_it(company: Lamps, signed_in: SignIn) -> None:
    browser = signed_in("sales")
    for answer in (browser.get("/search", {"q": "a\0b"}), browser.post("/search", {"q": "\0"}), browser.get("/orders/%00")):
        assert answer.status_code == 400
        assert "Nothing was changed" in answer.content.decode()


def test_what_does_not_exist_is_not_found(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    for address in (
        "/orders/SO-999999",
        "/orders/SO-999999.json",
        "/customers/NOBODY",
        "/models/NONE",
        "/orders/SO-999999/1/why",
    ):
        response = client.get(address)
        assert response.status_code == 404
        assert "no such page" in content(response)
    response = client.get("/configure/NONE")
    assert response.status_code == 422
    assert "There is no product model NONE. Known are DL." in content(response)


# Search


def test_search_goes_to_what_has_exactly_this_number_and_lists_the_rest(
    shipped: Order, company: Lamps, signed_in: SignIn
) -> None:
    client = signed_in("warehouse")
    assert client.get(f"/search?q={shipped.number.lower()}")["Location"] == f"/orders/{shipped}"
    assert client.get("/search?q=müller")["Location"] == "/customers/MUELLER"
    unit = shipped.lines.get().shipped_units.first().unit
    assert client.get(f"/search?q={unit.number}")["Location"] == f"/orders/{shipped}"
    assert "Nothing has this number" in content(client.get("/search?q=zzz"))
    company.order()
    page = content(client.get("/search?q=SO-"))
    assert page.count("/orders/SO-") == 2
