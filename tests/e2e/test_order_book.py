"""The order book in a browser: a row is moved by keys, who becomes late is seen, then it counts; on a desk and on a phone."""

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from atoll_web.purchasing.models import SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales.models import Promise
from tests.e2e.test_operations import sign_in
from tests.lamps import Lamps

LARGE = {"head": "HEAD-L", "arm": "ARM-L"}
PHONE = {"width": 390, "height": 844}


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody asks for it."""
    if folder := os.environ.get("ATOLL_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_an_order_is_moved_by_keys_and_who_becomes_late_is_seen_first(page: Page, lamps: Lamps) -> None:
    first, second = lamps.order(**LARGE), lamps.order(customer="ACME", **LARGE)
    sign_in(page, "planner")
    page.get_by_role("link", name="Order book").click()
    field = page.get_by_label(f"New place of {second}")
    field.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(field).to_have_value("1")
    expect(field).to_be_focused()
    expect(page.get_by_label(f"New place of {first}")).to_have_value("2")
    look(page, "order-book")
    page.get_by_role("button", name="See who becomes late").press("Enter")
    expect(page.get_by_role("main")).to_contain_text(re.compile("later.*earlier", re.DOTALL))
    look(page, "proposal")
    assert list(sales.book()) == [first, second]
    page.get_by_role("button", name="Accept all").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("applied")
    assert list(sales.book()) == [second, first]


def test_a_rush_order_is_decided_on_a_phone(page: Page, lamps: Lamps) -> None:
    lamps.order(**LARGE)
    second = lamps.order(customer="ACME", **LARGE)
    page.set_viewport_size(PHONE)
    sign_in(page, "sales")
    page.goto("/order-book")
    assert fits(page)
    look(page, "order-book-phone")
    page.goto(f"/orders/{second}")
    page.get_by_role("button", name="Rush").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rush order")
    assert fits(page)
    look(page, "proposal-phone")
    page.get_by_role("button", name="Accept all").click()
    assert next(iter(sales.book())) == second


def test_a_line_without_a_date_is_listed_and_the_others_are_accepted_on_a_desk_and_on_a_phone(page: Page, lamps: Lamps) -> None:
    lamps.order(**LARGE)
    second = lamps.order(customer="ACME", **LARGE)
    SupplierItem.objects.filter(item__code="HEAD-L").update(preferred=False)
    sign_in(page, "planner")
    page.goto("/order-book")
    page.get_by_label("New promises for all open lines").select_option("fifo")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("main")).to_contain_text("No date can be found for 1 line.")
    expect(page.get_by_role("main")).to_contain_text(f"{second}/1")
    look(page, "proposal-without-a-date")
    page.set_viewport_size(PHONE)
    assert fits(page)
    look(page, "proposal-without-a-date-phone")
    page.get_by_role("button", name="Accept all").click()
    expect(page.get_by_role("main")).to_contain_text("applied")
    at_risk = Promise.objects.filter(in_force=True, at_risk=True)
    assert [*at_risk.values_list("line__order__number", flat=True)] == [second.number]
