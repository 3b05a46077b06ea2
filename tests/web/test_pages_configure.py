"""Configuring and ordering through the pages, without a script in the browser."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from atoll.model.price_list import CurrencyRounding, ExchangeRate, PriceBook, PriceList
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import ProductModel
from atoll_web.pricing import models as pricing_models
from atoll_web.pricing import services as pricing
from atoll_web.sales.models import Customer, Order
from tests.lamps import LAMP, Lamps

SignIn = Callable[[str], Client]


class Form(HTMLParser):
    """The fields of the configurator as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.selected: str | None = None
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.inside = names.get("id") == "configurator"
        if not self.inside:
            return
        if tag == "input" and (names.get("type") not in {"radio", "checkbox"} or "checked" in names):
            self.fields.setdefault(names["name"], []).append(names.get("value", ""))
        if tag == "select":
            self.selected = names["name"]
            self.fields[self.selected] = [""]
        if tag == "option" and "selected" in names and self.selected:
            self.fields[self.selected] = [names["value"]]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False


def send(client: Client, page: str, action: str = "/configure/DL", **changes: str | list[str]) -> object:
    """Send the form of a page with some fields changed."""
    fields = Form(page).fields | {
        f"f.{name}" if name not in {"quantity", "request_date", "customer", "give_up"} else name: value
        for name, value in changes.items()
    }
    return client.post(action, fields)


def text(response: object) -> str:
    """The page's text without its tags, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def checked(page: str) -> dict[str, list[str]]:
    """What is chosen, by feature."""
    return {name[2:]: [v for v in values if v] for name, values in Form(page).fields.items() if name.startswith("f.")}


def test_the_margin_moves_with_the_choices_for_those_who_may_see_it(company: Lamps, signed_in: SignIn) -> None:
    """Small head 12, light arm 8, cable 2 and the foot of 24 (transformer 9, board 7, two plates 8) leave 18 of 64; the large
    head of 25 and the strong arm of 14 leave 44 of 109."""
    sales = signed_in("sales")
    assert "Margin 18.00 EUR 28.1 %" in text(sales.get("/configure/DL"))
    assert "Margin 44.00 EUR 40.4 %" in text(sales.get("/configure/DL?f.head=HEAD-L"))
    seen_by_buyer = text(signed_in("buyer").get("/configure/DL"))
    assert "64.00 EUR" in seen_by_buyer
    assert "Margin" not in seen_by_buyer


def test_the_first_look_is_a_complete_configuration_with_price_and_date(company: Lamps, signed_in: SignIn) -> None:
    response = signed_in("sales").get("/configure/DL")
    assert checked(response.content.decode()) == {
        "head": ["HEAD-S"],
        "arm": ["ARM-S"],
        "dimmer": ["none"],
        "extras": [],
        "cable": ["2"],
        "engraving": [],
    }
    assert "64.00 EUR" in text(response)
    assert "4 Mar 2026" in text(response)  # assembly tomorrow, shipment a day later
    assert "from stock" in text(response)


def test_what_nobody_chose_follows_the_rules_and_what_was_chosen_is_in_the_address(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    page = client.get("/configure/DL").content.decode()
    response = send(client, page, head="HEAD-L", extras=["", "BULB", "CLAMP"], quantity="3")
    address = response["Location"]
    assert parse_qs(urlsplit(address).query) == {"f.head": ["HEAD-L"], "f.extras": ["BULB", "CLAMP"], "quantity": ["3"]}
    shared = client.get(address)
    assert checked(shared.content.decode())["arm"] == ["ARM-L"]
    assert "3 units, 369.00 EUR in all" in text(shared)  # 60 + 30 + 15 + 9 + 5 + 4 each


def test_an_option_can_be_taken_away_again_and_a_feature_left_to_the_rules(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    page = client.get("/configure/DL?f.extras=BULB&f.dimmer=DIMMER").content.decode()
    assert send(client, page, extras=[""])["Location"] == "/configure/DL?f.extras=&f.dimmer=DIMMER"
    assert send(client, page, give_up="dimmer")["Location"] == "/configure/DL?f.extras=BULB"


def test_a_blocked_option_says_which_rule_and_choice_block_it(company: Lamps, signed_in: SignIn) -> None:
    response = signed_in("sales").get("/configure/DL?f.arm=ARM-S")
    assert "Blocked: The arm must carry the head. Chosen: Arm." in text(response)
    assert re.search(r'value="HEAD-L"[^>]*aria-describedby="why-head-1"', response.content.decode())


def test_a_conflict_offers_the_smallest_repair_and_no_order(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    response = client.get("/configure/DL?f.arm=ARM-S&f.head=HEAD-L&f.cable=4")
    page = response.content.decode()
    assert "The arm must carry the head" in text(response)
    assert "Give up Arm: Light arm" in text(response)
    assert "64.00 EUR" not in text(response)
    refused = send(client, page, "/configure/DL/order", customer="ACME")
    assert refused.status_code == 422
    assert Order.objects.count() == 0
    repaired = send(client, page, give_up="arm")
    assert repaired["Location"] == "/configure/DL?f.head=HEAD-L&f.cable=4"
    assert checked(client.get(repaired["Location"]).content.decode())["arm"] == ["ARM-L"]


def test_a_change_by_htmx_gives_the_form_alone_and_its_address(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    fields = Form(client.get("/configure/DL").content.decode()).fields | {"f.head": ["HEAD-L"]}
    response = client.post("/configure/DL", fields, headers={"HX-Request": "true", "HX-Trigger-Name": "f.head"})
    assert response["HX-Push-Url"] == "/configure/DL?f.head=HEAD-L"
    assert "<html" not in response.content.decode()
    assert re.search(r'id="heard" hx-swap-oob="innerHTML">109.00 EUR each, ships \d+ \w+ 2026', response.content.decode())


def test_an_order_is_entered_once_however_often_it_is_sent(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    page = client.get("/configure/DL?f.dimmer=DIMMER&customer=ACME&quantity=2").content.decode()
    first = send(client, page, "/configure/DL/order")
    again = send(client, page, "/configure/DL/order")
    order = Order.objects.get()
    assert first["Location"] == again["Location"] == f"/orders/{order}"
    assert order.customer.code == "ACME"
    line = order.lines.get()
    assert (line.quantity, line.unit_price, line.configuration.values["dimmer"]) == (2, 76, "DIMMER")
    assert line.promises.get().made_by.username == "sales"


def test_a_refused_order_keeps_all_that_was_entered(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    page = client.get("/configure/DL").content.decode()
    yesterday = (company.today - timedelta(days=1)).isoformat()
    for entered, words in (
        ({"customer": "ACME", "quantity": "0"}, "A quantity of 0 cannot be ordered."),
        ({"customer": "ACME", "quantity": "many"}, "many is no quantity."),
        ({"customer": "ACME", "request_date": yesterday}, "is before the business date"),
        ({"customer": "ACME", "request_date": "soon"}, "soon is no date."),
        ({"customer": ""}, "Choose the customer"),
        ({"customer": "ACME", "engraving": "No. 5!"}, "is not a value of Engraving."),
    ):
        response = send(client, page, "/configure/DL/order", head="HEAD-L", **entered)
        assert response.status_code == 422, entered
        assert words in text(response)
        fields = Form(response.content.decode()).fields
        assert fields["f.head"] == ["HEAD-L"]
        for name, value in entered.items():
            assert fields[f"f.{name}" if name == "engraving" else name] == [value]
    assert Order.objects.count() == 0


def test_wrong_choices_in_an_address_are_told_beside_the_rest(company: Lamps, signed_in: SignIn) -> None:
    response = signed_in("sales").get("/configure/DL?f.colour=red&f.head=HEAD-X&f.cable=99&f.dimmer=DIMMER")
    assert response.status_code == 200
    for words in ("has no feature `colour`", "`HEAD-X` is not a value of Head", "99", "Expected 1 to 5"):
        assert words in text(response)
    assert checked(response.content.decode())["dimmer"] == ["DIMMER"]


def test_who_may_not_order_sees_price_and_date_only(company: Lamps, signed_in: SignIn) -> None:
    response = signed_in("buyer").get("/configure/DL")
    assert "64.00 EUR" in text(response)
    assert "Sales may enter the order" in text(response)
    assert "/configure/DL/order" not in response.content.decode()


def test_an_obsolete_model_is_refused_in_words(company: Lamps, signed_in: SignIn) -> None:
    catalogue.end_model(actor=company.actor("planner"), product_model=ProductModel.objects.get(), on=company.today)
    client = signed_in("sales")
    response = client.get("/configure/DL")
    assert response.status_code == 422
    assert "it is obsolete since 2026-03-02" in text(response)
    assert "No product model can be ordered today" in text(client.get("/configure"))


def test_what_followed_a_choice_is_named_with_the_rule_that_asked_for_it(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    fields = Form(client.get("/configure/DL").content.decode()).fields | {"f.head": ["HEAD-L"]}
    response = client.post("/configure/DL", fields, headers={"HX-Request": "true", "HX-Trigger-Name": "f.head"})
    assert "Followed your choice: Arm: Strong arm – The arm must carry the head." in text(response)
    heard = re.search(r'id="heard"[^>]*>(.*?)</p>', response.content.decode())
    assert heard
    assert heard[1].endswith("2026. Margin 40.4 %. Arm: Strong arm. The arm must carry the head.")


def test_steps_are_taken_back_one_after_the_other(company: Lamps, signed_in: SignIn) -> None:
    client, steps = signed_in("sales"), []
    page = client.get("/configure/DL").content.decode()
    for changes in ({"head": "HEAD-L"}, {"dimmer": "DIMMER"}, {"quantity": "4"}):
        page = by_htmx(client, page, **changes)
        steps.append(Form(page).fields["shown"])
    assert steps == [["f.head=HEAD-L"], ["f.head=HEAD-L&f.dimmer=DIMMER"], ["f.head=HEAD-L&f.dimmer=DIMMER&quantity=4"]]
    for before in (*reversed(steps[:-1]), [""]):
        page = by_htmx(client, page, undo="1")
        assert Form(page).fields["shown"] == before
    assert "before" not in Form(page).fields
    assert re.search(r'name="undo"[^>]* disabled', page)


def by_htmx(client: Client, page: str, **changes: str) -> str:
    """The form that comes back for a change."""
    plain = {"quantity", "undo", "complete"}
    fields = Form(page).fields | {name if name in plain else f"f.{name}": [value] for name, value in changes.items()}
    return client.post("/configure/DL", fields, headers={"HX-Request": "true"}).content.decode()


def test_the_rest_is_completed_the_cheapest_way_with_no_more_choices_than_it_takes(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    page = client.get("/configure/DL?f.head=HEAD-L").content.decode()
    page = by_htmx(client, page, complete="cheapest")
    assert Form(page).fields["shown"] == ["f.head=HEAD-L&f.cable=1"]  # one metre instead of the usual two
    assert "107.00 EUR" in page
    page = by_htmx(client, page, undo="1")
    assert Form(page).fields["shown"] == ["f.head=HEAD-L"]
    assert Form(by_htmx(client, page, complete="dearest")).fields["shown"] == ["f.head=HEAD-L"]


def test_choices_that_do_not_go_together_cannot_be_completed(company: Lamps, signed_in: SignIn) -> None:
    client = signed_in("sales")
    page = client.get("/configure/DL?f.arm=ARM-S&f.head=HEAD-L").content.decode()
    assert "Complete the rest" not in page
    assert "The arm must carry the head" in by_htmx(client, page, complete="cheapest")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("f.head=HEAD-L%27--", "is not a value of Head"),
        ("f.=x", "has no feature"),
        ("f.cable=" + "9" * 5000, "is not a value of Cable"),
        ("f.cable=1e99999999", "is not a value of Cable"),
        ("f.engraving=%3Cb%3EAnna", "It must do without &lt; &gt;"),
        ("f.engraving=" + "x" * 20_000, "Expected at most 12 characters, got 20000"),
        ("f." + "x" * 20_000 + "=1", f"has no feature `{'x' * 59}…`"),
        ("f.engraving=%3Cscript%3Ealert(1)%3C/script%3E", "is not a value of Engraving"),
        ("f.head=HEAD-L&f.head=HEAD-S", "64.00 EUR"),
        ("f.extras=CLAMP&f.extras=HEAD-L", "is not a value of Extras"),
        ("quantity=" + "9" * 5000, "is no quantity"),
        ("quantity=99999999", "cannot be ordered"),
        ("quantity=1;drop", "is no quantity"),
        ("request_date=0001-01-01", "is before the business date"),
        ("request_date=9999-12-31", "is beyond"),
        ("was.cable=%FF&was.head=x&before=%FF%26&made=,,,&give_up=,", "64.00 EUR"),
        ("undo=1&before=f.head%3DHEAD-L", "109.00 EUR"),
        ("complete=cheapest", "64.00 EUR"),
    ],
)
def test_a_tampered_link_gets_a_page_in_words_and_never_an_order(
    company: Lamps, signed_in: SignIn, query: str, words: str
) -> None:
    client = signed_in("sales")
    response = client.get(f"/configure/DL?{query}")
    assert response.status_code == 200
    assert words in text(response)
    assert "<script>alert" not in response.content.decode()
    fields = Form(response.content.decode()).fields | {"customer": ["nobody"], "idempotency_key": ["k" * 500]}
    assert client.post("/configure/DL/order", fields).status_code == 422
    assert Order.objects.count() == 0


@pytest.mark.parametrize("query", ["f.head=%00", "was.cable=%00", "quantity=%00", "customer=%00", "undo=1&before=%00"])
def test_signs_that_no_text_has_are_not_understood(company: Lamps, signed_in: SignIn, query: str) -> None:
    client = signed_in("sales")
    assert client.get(f"/configure/DL?{query}").status_code == 400
    assert client.post("/configure/DL/order", parse_qs(query)).status_code == 400
    assert Order.objects.count() == 0


@pytest.fixture
def swiss(company: Lamps) -> None:
    """ACME pays in francs by a list of its own: 60 × 2 × 0.93, and twice 2 × 2 × 0.93 for the cable, which is rounded to 3.70."""
    lists = (PriceList("SWISS", "Switzerland", "CHF", Decimal(2)),)
    rates = (ExchangeRate("CHF", company.today, Decimal("0.93")),)
    book = PriceBook(currencies=(CurrencyRounding("CHF", Decimal("0.05")),), rates=rates, lists=lists)
    pricing.save_price_book(company.actor("planner"), book)
    Customer.objects.filter(code="ACME").update(price_list=pricing_models.PriceList.objects.get())


FRANCS, EUROS = "119.00 CHF", "64.00 EUR"


def test_what_is_configured_has_the_price_of_its_customer_as_the_order_has(swiss: None, signed_in: SignIn) -> None:
    client = signed_in("sales")
    assert EUROS in text(client.get("/configure/DL"))
    page = client.get("/configure/DL?customer=ACME")
    assert FRANCS in text(page)
    assert "in the prices of the product model, in EUR" in text(page)
    assert FRANCS in text(client.get("/configure/DL/promise?customer=ACME"))
    assert send(client, page.content.decode(), "/configure/DL/order").status_code == 302
    order = Order.objects.get()
    assert f"{order.lines.get().unit_price} {order.currency}" == FRANCS
    assert "There is no customer NOBODY" in text(client.get("/configure/DL?customer=NOBODY"))


@pytest.mark.parametrize(("place", "action"), [("", "order"), ("/promise", "take")])
def test_an_order_for_another_price_than_was_shown_is_refused_and_shows_the_new_one(
    swiss: None, signed_in: SignIn, place: str, action: str
) -> None:
    client = signed_in("sales")
    page = client.get(f"/configure/DL{place}").content.decode()
    shown = {"quantity": "1", "price": re.findall('name="price" value="(.*)"', page), "customer": "ACME", "take": "order "}
    refused = client.post(f"/configure/DL/{action}", shown)
    assert refused.status_code == 422
    assert f"The price is {FRANCS}, not {EUROS} as shown." in text(refused)
    assert not Order.objects.exists()
    shown["price"] = re.findall('name="price" value="(.*)"', refused.content.decode())
    assert client.post(f"/configure/DL/{action}", shown).status_code == 302
    assert Order.objects.get().currency == "CHF"


def test_a_lever_for_another_price_than_was_shown_is_not_pulled(swiss: None, signed_in: SignIn) -> None:
    client = signed_in("sales")
    asked = {"f.head": "HEAD-L", "f.arm": "ARM-L", "quantity": "2", "customer": "ACME", "take": "order split:1"}
    refused = client.post("/configure/DL/take", asked | {"price": "218.00 EUR"})
    assert "CHF, not 218.00 EUR as shown" in text(refused)
    assert not Order.objects.exists()


def test_the_promise_for_another_customer_is_looked_up_without_a_script(swiss: None, signed_in: SignIn) -> None:
    client = signed_in("sales")
    looked = client.post("/configure/DL/take", {"quantity": "2", "customer": "ACME", "take": "look"})
    assert looked["Location"] == "/configure/DL/promise?quantity=2&customer=ACME"


def test_an_inquiry_of_a_program_has_the_price_of_its_customer(swiss: None, signed_in: SignIn) -> None:
    client = signed_in("sales")

    def asked(**body: str) -> object:
        return client.post("/api/v1/inquiries", {"model": "DL"} | body, content_type="application/json")

    assert f"{asked(customer='ACME').json()['unit_price']} {asked(customer='ACME').json()['currency']}" == FRANCS
    assert asked().json()["currency"] == "EUR"
    assert asked(customer="NOBODY").json()["code"] == "unknown-customer"
    assert asked(faster="split:1").json()["issues"][0]["source"] == "faster"


def test_the_difference_of_an_option_counts_what_it_completes(company: Lamps, signed_in: SignIn) -> None:
    document = LAMP | {
        "revision": "B",
        "packages": [{"name": "set", "text": "Clamp and bulb", "choices": {"extras": ["CLAMP", "BULB"]}, "price": 10}],
    }
    planner = company.actor("planner")
    draft = catalogue.draft_revision(actor=planner, document=document, valid_from=company.today)
    catalogue.release_revision(actor=planner, revision=draft)
    client = signed_in("sales")
    assert "Spare bulb +5.00" in text(client.get("/configure/DL"))
    assert "Spare bulb +1.00" in text(client.get("/configure/DL?f.extras=CLAMP"))  # 10 for both instead of 9 and 5
    both = text(client.get("/configure/DL?f.extras=CLAMP&f.extras=BULB"))
    assert "74.00 EUR" in both
    assert "Spare bulb −1.00" in both
