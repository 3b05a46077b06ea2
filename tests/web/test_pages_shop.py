"""The shop: configuring and ordering without signing in, without what only the house knows."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from atoll.model.price_list import PriceBook, PriceList
from atoll_web.accounts.models import Company, StateChange
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import ProductModel
from atoll_web.pricing import services as pricing
from atoll_web.pricing.models import PriceList as PriceListRow
from atoll_web.sales.models import Customer, Order
from tests.lamps import Lamps
from tests.web.test_pages_configure import Form, text

SignIn = Callable[[str], Client]
MAIL = "einkauf@mueller.example"


@pytest.fixture
def shop(company: Lamps, client: Client) -> Client:
    """A browser in which nobody is signed in, and the lamp in the shop."""
    catalogue.show_in_shop(actor=company.actor("planner"), product_model=ProductModel.objects.get(), shown=True)
    Customer.objects.filter(code="MUELLER").update(email=MAIL)
    return client


def order(client: Client, page: str, **changes: str) -> Any:
    return client.post("/shop/DL/order", Form(page).fields | {"customer": "MUELLER", "email": MAIL, **changes})


def test_nothing_is_in_the_shop_until_somebody_puts_it_there(company: Lamps, client: Client) -> None:
    assert client.get("/shop/DL").status_code == 404
    assert "Nothing is in the shop today" in text(client.get("/shop"))


@pytest.mark.parametrize("path", ["/shop/XX", "/shop/DL/order"])
def test_what_is_not_there_is_not_found(company: Lamps, client: Client, path: str) -> None:
    assert (client.post if path.endswith("order") else client.get)(path).status_code == 404


def test_everybody_configures_and_sees_price_and_date(shop: Client) -> None:
    assert "/shop/DL" in shop.get("/shop").content.decode()
    response = shop.get("/shop/DL?f.head=HEAD-L")
    page = text(response)
    assert "109.00 EUR" in page
    assert "Mar 2026" in page
    moved = shop.post("/shop/DL", Form(response.content.decode()).fields | {"f.dimmer": ["DIMMER"]})
    assert moved["Location"] == "/shop/DL?f.head=HEAD-L&f.dimmer=DIMMER"


def test_the_shop_tells_nothing_of_cost_stock_suppliers_or_customers(shop: Client, company: Lamps) -> None:
    company.order(30, head="HEAD-L", arm="ARM-L")
    page = shop.get("/shop/DL?f.head=HEAD-L&quantity=5").content.decode()
    for inside in ("Nord-Teile", "PO-", "Waits for", "must be ordered", "Müller", "Acme", "margin", "cost", "/orders", "/items"):
        assert inside not in page
    assert "Ships" in page


def test_a_conflict_is_explained_and_repaired_as_inside(shop: Client) -> None:
    response = shop.get("/shop/DL?f.arm=ARM-S&f.head=HEAD-L")
    assert "The arm must carry the head" in text(response)
    fields = Form(response.content.decode()).fields | {"give_up": "arm"}
    assert shop.post("/shop/DL", fields)["Location"] == "/shop/DL?f.head=HEAD-L"


def test_only_the_bare_page_may_be_indexed_and_the_policy_is_strict(shop: Client) -> None:
    bare, configured = shop.get("/shop/DL"), shop.get("/shop/DL?f.head=HEAD-L")
    assert "noindex" not in bare.content.decode()
    assert "X-Robots-Tag" not in bare
    assert '<meta name="robots" content="noindex">' in configured.content.decode()
    assert configured["X-Robots-Tag"] == "noindex"
    assert "unsafe" not in bare["Content-Security-Policy"]


def test_in_a_demonstration_a_customer_orders_with_code_and_address(shop: Client) -> None:
    page = shop.get("/shop/DL?f.head=HEAD-L&quantity=2").content.decode()
    for _ in range(2):  # sent twice, it is one order
        assert order(shop, page, email=MAIL.upper())["Location"] == "/shop/thanks"
    placed = Order.objects.get()
    assert (placed.customer.code, placed.lines.get().quantity) == ("MUELLER", 2)
    change = StateChange.objects.get(entity="sales_order", entity_id=placed.pk, to_state="confirmed")
    assert (change.user.username, change.reason) == ("system", "ordered in the shop by MUELLER")
    thanks = text(shop.get("/shop/thanks"))
    assert f"Thank you for your order {placed.number}" in thanks
    assert "Large head" in thanks
    assert Client().get("/shop/thanks")["Location"] == "/shop"


def test_a_customers_own_price_is_shown_to_whoever_names_the_address_too_before_it_is_ordered(
    shop: Client, company: Lamps
) -> None:
    prices = PriceBook(lists=(PriceList("HALF", "Half", "EUR", Decimal("0.5")),))
    pricing.save_price_book(company.actor("planner"), prices)
    Customer.objects.filter(code="MUELLER").update(price_list=PriceListRow.objects.get())
    page = shop.get("/shop/DL?customer=MUELLER").content.decode()
    assert "64.00 EUR" in page
    assert "32.00 EUR" not in text(order(shop, page, email="other@mueller.example"))
    refused = order(shop, page)
    assert "The price is 32.00 EUR, not 64.00 EUR as shown." in text(refused)
    assert order(shop, refused.content.decode())["Location"] == "/shop/thanks"
    assert Order.objects.get().lines.get().unit_price == 32


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "other@mueller.example"}, "No customer has this code and this e-mail address"),
        ({"email": ""}, "No customer has this code and this e-mail address"),
        ({"customer": "ACME", "email": ""}, "No customer has this code and this e-mail address"),
        ({"quantity": "0"}, "A quantity of 0 cannot be ordered"),
        ({"f.arm": "ARM-S"}, "The arm must carry the head"),
    ],
)
def test_a_refused_order_keeps_what_was_entered(shop: Client, changes: dict[str, str], words: str) -> None:
    response = order(shop, shop.get("/shop/DL?f.head=HEAD-L").content.decode(), **changes)
    assert response.status_code == 422
    assert words in text(response)
    fields = Form(response.content.decode()).fields
    assert fields["f.head"] == ["HEAD-L"]
    assert fields["email"] == [changes.get("email", MAIL)]
    assert Order.objects.count() == 0


def test_what_was_typed_beside_the_choices_survives_a_change(shop: Client) -> None:
    fields = Form(shop.get("/shop/DL").content.decode()).fields | {"customer": "MUELLER", "email": MAIL, "f.head": ["HEAD-L"]}
    back = Form(shop.post("/shop/DL", fields, headers={"HX-Request": "true"}).content.decode()).fields
    assert (back["customer"], back["email"]) == (["MUELLER"], [MAIL])


def test_a_real_company_asks_to_sign_in_before_an_order(shop: Client) -> None:
    Company.objects.update(is_demo=False)
    response = shop.get("/shop/DL?f.head=HEAD-L")
    assert "Customer code" not in text(response)
    assert "/sign-in?next=/configure/DL%3Ff.head%3DHEAD-L" in response.content.decode()
    assert order(shop, response.content.decode())["Location"].startswith("/sign-in?next=")
    assert Order.objects.count() == 0


def test_nothing_else_opens_to_people_who_are_not_signed_in(shop: Client) -> None:
    for path in ("/configure/DL", "/orders", "/models/DL/rules", "/models/DL.toml", "/models/DL/compare/orders?after=A"):
        assert shop.get(path)["Location"].startswith("/sign-in"), path


@pytest.mark.parametrize("path", ["/shop", "/shop/DL?f.head=HEAD-L"])
def test_a_page_asks_few_queries(shop: Client, path: str, django_assert_max_num_queries: Callable[[int], Any]) -> None:
    shop.get(path)
    with django_assert_max_num_queries(13):
        assert shop.get(path).status_code == 200
