"""From the configurator to the promise, a quote and its acceptance, at a desk and on a phone, by keyboard."""

import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from atoll.model.price_list import CurrencyRounding, ExchangeRate, PriceBook, PriceList
from atoll_web.pricing import services as pricing
from atoll_web.purchasing.models import PurchaseOrder, SupplierItem
from atoll_web.sales.models import LeverTaken, Order
from tests.e2e.test_order import sign_in
from tests.lamps import Lamps

CONFIGURED = "/configure/DL?f.head=HEAD-L&f.arm=ARM-L&quantity=2"
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


def fits(page: Page) -> bool:
    """Whether nothing stands out to the right."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page where somebody wants to look at it."""
    if folder := os.environ.get("ATOLL_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("size", SIZES)
def test_a_quote_is_made_from_the_promise_and_accepted(page: Page, lamps: Lamps, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    sign_in(page, "sales")
    page.goto(CONFIGURED)
    page.get_by_role("link", name="How sure, what is faster, quote").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Promise for 2 × Desk lamp")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Ships 18 Mar 2026")
    expect(main).to_contain_text("HEAD-L is short")
    assert fits(page)
    shoot(page, f"promise-{size}")

    page.get_by_label("Customer", exact=True).select_option("ACME")
    page.get_by_label("A quote holds for").fill("5")
    page.get_by_role("row", name=re.compile("Small head")).get_by_role("button", name="Quote").focus()
    page.keyboard.press("Enter")
    expect(main).to_contain_text("Held until")
    expect(main).to_contain_text("Done to be earlier")
    assert fits(page)
    shoot(page, f"quote-{size}")
    quote = Order.objects.get()
    assert quote.expires_at.date() == date(2026, 3, 7)

    page.goto("/quotes")
    assert fits(page)
    shoot(page, f"quotes-{size}")
    page.get_by_role("link", name=quote.number).click()
    page.get_by_role("button", name="Accept quote").click()
    expect(page.get_by_role("status")).to_contain_text("its dates stay as quoted")
    page.get_by_role("link", name="Why this date").click()
    expect(main).to_contain_text("Critical path")
    assert fits(page)
    shoot(page, f"why-{size}")


def test_price_and_date_follow_the_customer_that_is_picked(page: Page, lamps: Lamps) -> None:
    book = PriceBook(
        currencies=(CurrencyRounding("CHF", Decimal("0.05")),),
        rates=(ExchangeRate("CHF", lamps.today, Decimal("0.93")),),
        lists=(PriceList("SWISS", "Switzerland", "CHF", Decimal(2), "trade"),),
    )
    pricing.save_price_book(lamps.actor("planner"), book)
    sign_in(page, "sales")
    page.goto("/configure/DL")
    main = page.get_by_role("main")
    expect(main).to_contain_text("64.00 EUR")
    page.get_by_label("Customer", exact=True).select_option("ACME")
    expect(main).to_contain_text("119.00 CHF")
    page.get_by_role("link", name="How sure, what is faster, quote").click()
    expect(main).to_contain_text("119.00 CHF")
    page.get_by_label("A quote holds for").fill("5")
    page.get_by_label("Customer", exact=True).select_option("MUELLER")
    expect(main).to_contain_text("64.00 EUR")
    expect(page).to_have_url(re.compile("customer=MUELLER"))
    expect(page.get_by_label("A quote holds for")).to_have_value("5")
    page.get_by_label("Customer", exact=True).select_option("ACME")
    expect(main).to_contain_text("119.00 CHF")
    page.get_by_role("button", name=re.compile("Order for")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("SO-"))
    order = Order.objects.get()
    assert (order.customer.code, order.currency, order.lines.get().unit_price) == ("ACME", "CHF", Decimal("119.00"))


def test_one_click_orders_with_an_express_purchase(page: Page, lamps: Lamps) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    sign_in(page, "sales")
    page.goto(CONFIGURED.replace("?", "/promise?"))
    page.get_by_label("Customer", exact=True).select_option("ACME")
    row = page.get_by_role("row", name=re.compile("express"))
    expect(row).to_contain_text("+40.00 EUR")
    expect(row.get_by_role("button", name="Quote")).to_have_count(0)
    row.get_by_role("button", name="Order").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("SO-"))
    expect(page.get_by_role("main")).to_contain_text("Ships 6 Mar 2026")
    assert (LeverTaken.objects.count(), PurchaseOrder.objects.count()) == (1, 1)


@pytest.mark.parametrize("size", SIZES)
def test_an_order_is_made_earlier_from_the_page_that_says_why(page: Page, lamps: Lamps, size: str) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").update(expedited_days=3, expedite_cost=40)
    order = lamps.order(2, head="HEAD-L", arm="ARM-L")
    page.set_viewport_size(SIZES[size])
    sign_in(page, "sales")
    page.goto(f"/orders/{order.number}/1/why")
    expect(page.get_by_role("heading", name="Faster if…")).to_be_visible()
    assert fits(page)
    shoot(page, f"why-faster-{size}")
    page.get_by_role("button", name="Do it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("It is promised earlier.")
    expect(page.get_by_role("main")).to_contain_text("Ships 6 Mar 2026")


@pytest.mark.parametrize("size", SIZES)
def test_a_planner_enters_a_safety_stock(page: Page, lamps: Lamps, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    sign_in(page, "planner")
    page.goto("/items/FOOT")
    page.get_by_label("Units that promises leave").fill("3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Promises leave 3 of FOOT.")
    expect(page.get_by_role("list", name="Where it stands")).to_contain_text("3safety stock, which promises leave")
    assert fits(page)
    shoot(page, f"safety-{size}")
