"""Several configured lines of one customer: collected, changed, ordered together, at a desk and on a phone, by keyboard."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from atoll_web.purchasing.models import SupplierItem
from atoll_web.sales.models import Order
from tests.e2e.conftest import answered
from tests.e2e.test_configure_keyboard import sign_in, sound, tab_to
from tests.e2e.test_promise import SIZES, shoot
from tests.lamps import Lamps

CONFIGURED = "/configure/DL?f.head=HEAD-L&f.arm=ARM-L&quantity=2&request_date=2026-03-10"


@pytest.mark.parametrize("size", SIZES)
def test_a_basket_is_filled_changed_and_ordered_by_keyboard(page: Page, lamps: Lamps, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    sign_in(page, "sales")
    page.goto("/configure/DL")
    tab_to(page, "^Add to basket$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Basket")
    expect(page.get_by_role("status").filter(has_text="Desk lamp is in the basket")).to_be_visible()
    page.goto(CONFIGURED.replace("?", "/promise?"))
    tab_to(page, "^Add to basket$")
    page.keyboard.press("Enter")
    main, second = page.get_by_role("main"), page.get_by_role("region", name="2. Desk lamp")
    expect(second).to_contain_text("Asked for 10 Mar 2026; 8 days later: HEAD-L is short")
    sound(page)
    shoot(page, f"basket-{size}")

    page.get_by_label("Quantity").first.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(page.locator("#heard")).to_contain_text("Line 1 ships 4 March 2026.")
    expect(page.get_by_label("Wanted on").first).to_be_focused()
    expect(main).to_contain_text("346.00 EUR")  # two small ones for 64, two large ones for 109
    page.get_by_label("Ship all together").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("region", name="1. Desk lamp")).to_contain_text("Waits for line 2, with which it ships")
    expect(page.get_by_label("Ship all together")).to_be_focused()
    expect(page.get_by_label("Ship all together")).to_be_checked()

    tab_to(page, "^Duplicate line 1$", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="3. Desk lamp")).to_be_visible()
    page.get_by_role("button", name="Remove line 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="3. Desk lamp")).to_have_count(0)
    page.get_by_role("button", name="Put it back").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="3. Desk lamp")).to_be_visible()

    page.get_by_role("link", name="Configure line 1").focus()
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="Dimmer").check()
    expect(page).to_have_url(re.compile("DIMMER.*basket=1"))
    tab_to(page, "^Back to the basket$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="1. Desk lamp")).to_contain_text("Dimmer: Dimmer")
    page.get_by_label("Customer", exact=True).select_option("ACME")
    tab_to(page, "^Order$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("SO-"))
    expect(main).to_contain_text("3 lines ordered as")
    expect(main).to_contain_text("Asked for 10 Mar 2026; 8 days later")
    sound(page)
    shoot(page, f"basket-order-{size}")
    order = Order.objects.get()
    assert order.ship_complete
    assert [line.promises.get().ship_date for line in order.lines.all()] == [date(2026, 3, 18)] * 3


@pytest.mark.parametrize("size", SIZES)
def test_what_is_wrong_stands_beside_its_line_with_a_way_out(page: Page, lamps: Lamps, size: str) -> None:
    SupplierItem.objects.filter(item__code="HEAD-L").delete()
    page.set_viewport_size(SIZES[size])
    sign_in(page, "sales")
    for address in ("/configure/DL", CONFIGURED):
        page.goto(address)
        page.get_by_role("button", name="Add to basket").click()
    second = page.get_by_role("region", name="2. Desk lamp")
    expect(second.get_by_role("alert")).to_contain_text("No date can be promised: HEAD-L is short")
    expect(page.get_by_role("region", name="1. Desk lamp")).to_contain_text("4 Mar 2026")
    expect(page.get_by_role("button", name="Order", exact=True)).to_be_disabled()
    sound(page)
    shoot(page, f"basket-refused-{size}")
    second.get_by_label("Possible if…").select_option("option:head=HEAD-S")
    expect(second).to_contain_text("Taken: Head: Small head")
    page.get_by_label("Customer", exact=True).select_option("ACME")
    page.get_by_role("button", name="Quote").click()
    expect(page.get_by_role("main")).to_contain_text("2 lines quoted as")


@pytest.mark.parametrize("size", SIZES)
def test_lines_of_the_basket_are_added_to_an_order(page: Page, lamps: Lamps, size: str) -> None:
    order = lamps.order()
    page.set_viewport_size(SIZES[size])
    sign_in(page, "sales")
    page.goto("/configure/DL")
    page.get_by_role("button", name="Add to basket").click()
    page.goto(f"/orders/{order}")
    page.get_by_role("button", name="Add lines").click()
    expect(page.get_by_role("main")).to_contain_text("Difference 64.00 EUR")
    sound(page)
    shoot(page, f"basket-added-{size}")
    page.get_by_role("button", name=f"Add to {order}").click()
    expect(page.get_by_role("heading", name="2. 1 × Desk lamp")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_lines_of_the_basket_are_put_into_groups_that_ship_together(page: Page, lamps: Lamps, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    sign_in(page, "sales")
    for address in ("/configure/DL", CONFIGURED, "/configure/DL"):
        page.goto(address)
        page.get_by_role("button", name="Add to basket").click()
    first, second, third = (page.get_by_role("region", name=f"{n}. Desk lamp") for n in (1, 2, 3))
    with answered(page):
        first.get_by_label("Delivery", exact=True).select_option("with group A")
    with answered(page):
        second.get_by_label("Delivery", exact=True).select_option("with group A")
    expect(first).to_contain_text("Waits for line 2, with which it ships")
    expect(second.get_by_label("Delivery", exact=True)).to_have_value("A")
    expect(third).to_contain_text("4 Mar 2026")
    sound(page)
    shoot(page, f"basket-groups-{size}")
    with answered(page):
        page.get_by_label("Ship all together").check()
    expect(third).to_contain_text("Waits for line 2")
    expect(first.get_by_label("Delivery", exact=True)).to_have_count(0)
    with answered(page):
        page.get_by_label("Ship each line as soon as it is ready").check()
    expect(first.get_by_label("Delivery", exact=True)).to_have_value("A")
    with answered(page):
        page.get_by_label("Customer", exact=True).select_option("ACME")
    page.get_by_role("button", name="Order", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("3 lines ordered as")
    expect(page.get_by_role("main")).to_contain_text("line 2 (delivery group A)")
    sound(page)
    lines = Order.objects.get().lines.order_by("position")
    dates = [line.promises.get().ship_date for line in lines]
    assert [line.delivery_group for line in lines] == ["A", "A", ""]
    assert dates[0] == dates[1] > dates[2]
