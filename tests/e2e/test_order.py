"""From the sign-in page to an order, as people do it."""

import re

from playwright.sync_api import Page, expect

from atoll_web.sales.models import Order
from tests.e2e.conftest import answered
from tests.lamps import Lamps


def sign_in(page: Page, role: str) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile(f"^{role}", re.IGNORECASE)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Leuchten & Söhne")


def test_who_goes_on_to_order_before_the_answer_to_a_choice_is_there_still_orders(page: Page, lamps: Lamps) -> None:
    sign_in(page, "sales")
    page.goto("/configure/DL")
    with answered(page):
        page.evaluate(
            """() => {
                const customer = document.getElementById("customer");
                customer.value = "MUELLER";
                customer.dispatchEvent(new Event("change", { bubbles: true }));
                document.getElementById("to-order").focus();
            }"""
        )
    expect(page.get_by_role("button", name="Order", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("SO-"))


def test_sales_configures_by_keyboard_and_orders(page: Page, lamps: Lamps) -> None:
    sign_in(page, "sales")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.get_by_role("link", name="Desk lamp").click()
    page.wait_for_load_state()  # the page answers keys once its scripts have run
    quote = page.get_by_role("complementary", name="Price and date")
    expect(quote).to_contain_text("64.00 EUR")  # base 60, two metres of cable at 2

    page.get_by_role("radio", name="Small head").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Large head")).to_be_checked()
    expect(page.get_by_role("radio", name="Large head")).to_be_focused()
    expect(page.get_by_role("radio", name="Strong arm")).to_be_checked()
    expect(quote).to_contain_text("109.00 EUR")
    expect(page.get_by_role("status").filter(has_text="ships")).to_contain_text("109.00 EUR each")
    expect(page).to_have_url(re.compile(r"f\.head=HEAD-L"))

    page.get_by_role("checkbox", name="Table clamp").focus()
    page.keyboard.press("Space")
    expect(quote).to_contain_text("118.00 EUR")
    page.get_by_label("Customer", exact=True).select_option("MUELLER")
    page.get_by_role("button", name="Order", exact=True).focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("SO-"))
    expect(page.get_by_role("main")).to_contain_text("Large head")
    assert Order.objects.get().lines.get().unit_price == 118


def test_a_conflict_is_told_in_words_and_repaired_with_one_click(page: Page, lamps: Lamps) -> None:
    sign_in(page, "sales")
    page.goto("/configure/DL")
    page.get_by_role("radio", name="Strong arm").check()
    expect(page.get_by_role("group", name="Arm").get_by_role("button", name="reset")).to_be_visible()
    page.get_by_role("radio", name="Light arm").check()
    expect(page.get_by_text("Blocked:")).to_contain_text("The arm must carry the head")

    page.get_by_role("radio", name="Large head").check()
    conflict = page.get_by_role("alert")
    expect(conflict).to_contain_text("The arm must carry the head")
    expect(page.get_by_role("button", name="Order", exact=True)).to_be_disabled()
    conflict.get_by_role("button", name="Give up Arm: Light arm").click()
    expect(page.get_by_role("radio", name="Strong arm")).to_be_checked()
    expect(page.get_by_role("button", name="Order", exact=True)).to_be_enabled()

    page.go_back()
    expect(page.get_by_role("radio", name="Light arm")).to_be_checked()


def test_keys_lead_to_search_and_help(page: Page, lamps: Lamps) -> None:
    order = lamps.order()
    sign_in(page, "warehouse")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type(order.number)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/orders/{order.number}$"))


def test_a_list_filters_while_one_types_and_keeps_it_in_the_address(page: Page, lamps: Lamps) -> None:
    lamps.order(customer="MUELLER")
    lamps.order(customer="ACME")
    sign_in(page, "sales")
    page.goto("/orders")
    page.get_by_label("Search", exact=True).press_sequentially("acme")
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(2)  # heading and one order
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    expect(page).to_have_url(re.compile("q=acme"))


def test_it_fits_a_phone(page: Page, lamps: Lamps) -> None:
    order = lamps.order(head="HEAD-L")
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, "sales")
    for address in (
        "/",
        "/orders",
        f"/orders/{order}",
        f"/orders/{order}/1/why",
        "/configure/DL",
        "/customers/MUELLER",
        "/models/DL",
    ):
        page.goto(address)
        wider = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider == 0, address
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Orders", exact=True)).to_be_visible()


def test_ctrl_k_finds_from_everywhere_even_while_somebody_types(page: Page, lamps: Lamps) -> None:
    order = lamps.order()
    sign_in(page, "sales")
    page.goto("/orders/import")
    page.get_by_label("or paste it").press("Control+k")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(str(order))
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text(str(order))
