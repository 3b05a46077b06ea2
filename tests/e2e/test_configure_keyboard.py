"""Configuring, ordering and editing rules with the keyboard alone, on a desk and on a phone."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from atoll_web.accounts.models import Company
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item, ProductModel, Revision
from atoll_web.demo.services import load_company
from atoll_web.sales.models import Customer, Order
from atoll_web.stock import services as stock
from tests.lamps import Lamps, actor_of

SHORT = "Intel Core i5 14400"
"""A processor that must be bought first."""

MOST_STEPS = 120
"""Tabs after which something counts as out of reach."""

NAME_OF_FOCUSED = """() => {
    const e = document.activeElement;
    const name = e.labels?.length ? e.labels[0].innerText : e.getAttribute("aria-label") || e.innerText || "";
    return name.replace(/\\s+/g, " ").trim();
}"""

FAULTS = """() => {
    const named = (e) => e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim();
    const told = [...document.querySelectorAll("main :is(input:not([type=hidden]), select, textarea, button, a[href])")]
        .filter((e) => !named(e)).map((e) => "without name: " + e.outerHTML);
    const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
    told.push(...ids.filter((id, place) => ids.indexOf(id) !== place).map((id) => "twice: " + id));
    for (const e of document.querySelectorAll("[aria-describedby], [aria-labelledby]"))
        for (const id of (e.getAttribute("aria-describedby") || e.getAttribute("aria-labelledby")).split(" "))
            if (!document.getElementById(id)) told.push("points nowhere: " + id);
    const ordered = [...document.querySelectorAll("[tabindex]")].filter((e) => e.tabIndex > 0);
    told.push(...ordered.map((e) => "out of order: " + e.outerHTML));
    if (document.querySelectorAll("h1").length !== 1) told.push("not one title");
    if (document.documentElement.scrollWidth > innerWidth) told.push("wider than the screen");
    return told;
}"""


@pytest.fixture
def computers(transactional_db: None) -> None:
    """The computer maker with some of all components but one in stock."""
    data = load_company("computers")
    planner, warehouse = actor_of("planner", data.company.start), actor_of("warehouse", data.company.start)
    catalogue.extend_calendar(actor=planner, until=data.company.start + timedelta(days=120))
    there = Item.objects.filter(kind="component").exclude(name=SHORT)
    stock.open_stock(actor=warehouse, quantities=dict.fromkeys(there, 5))


@pytest.fixture
def shop(lamps: Lamps) -> None:
    """The lamp in the shop, and a customer who can be written to."""
    catalogue.show_in_shop(actor=lamps.actor("planner"), product_model=ProductModel.objects.get(), shown=True)
    Customer.objects.filter(code="MUELLER").update(email="a@mueller.example")


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press a key until the focus is on what has this name, on a page that is there with its scripts."""
    page.wait_for_load_state()
    for _ in range(MOST_STEPS):
        page.keyboard.press(key)
        if re.search(name, page.evaluate(NAME_OF_FOCUSED)):
            return
    raise AssertionError(f"{name} is out of reach of {key}.")


def sign_in(page: Page, role: str) -> None:
    page.goto("/sign-in")
    tab_to(page, f"(?i)^{role}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(Company.objects.get().name)


def sound(page: Page) -> None:
    """Everything has a name, the order is that of the page, and nothing hangs over."""
    assert page.evaluate(FAULTS) == []
    assert not re.search(
        r"- (button|link|textbox|combobox|radio|checkbox|spinbutton)$", page.locator("main").aria_snapshot(), re.M
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_a_computer_is_configured_through_a_conflict_and_ordered_by_keyboard_alone(
    page: Page, computers: None, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    sign_in(page, "sales")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", level=1)).to_have_text("Configure")
    tab_to(page, ProductModel.objects.get(code="OFFICE").name)
    page.keyboard.press("Enter")
    quote = page.get_by_role("complementary", name="Price and date")
    heard = page.locator("#heard")
    price, ships = (quote.locator("dd").nth(n).inner_text() for n in (0, 1))
    sound(page)

    tab_to(page, "^AMD Ryzen 5 5600G")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name=SHORT)).to_be_checked()
    expect(page.get_by_role("radio", name=SHORT)).to_be_focused()
    expect(heard).to_contain_text("Edition: ")  # what followed is said aloud, with the rule that asked for it
    expect(heard).to_contain_text("An edition is its tested board kit")
    expect(quote.locator("dd").first).not_to_have_text(price)
    expect(quote.locator("dd").nth(1)).not_to_have_text(ships)
    price, ships = (quote.locator("dd").nth(n).inner_text() for n in (0, 1))

    board = page.get_by_role("group", name="Motherboard")
    tab_to(page, re.escape(board.get_by_role("radio", checked=True).evaluate("e => e.labels[0].querySelector('span').innerText")))
    page.keyboard.press("ArrowUp")  # past the first one to the last, which is blocked
    conflict = page.get_by_role("alert")
    expect(conflict).to_contain_text("The processor must fit the socket of the motherboard")
    expect(heard).to_contain_text("The processor must fit the socket of the motherboard")
    sound(page)
    tab_to(page, "^Give up Processor", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(conflict).to_have_count(0)
    expect(page.get_by_role("group", name="Processor", exact=True).locator(":focus")).to_have_count(1)
    expect(heard).to_contain_text("each, ships")
    expect(quote.locator("dd").first).not_to_have_text(price)
    price = quote.locator("dd").first.inner_text()

    tab_to(page, "^Undo")
    page.keyboard.press("Enter")
    expect(conflict).to_have_count(1)
    tab_to(page, "^Give up Processor", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(quote.locator("dd").first).to_have_text(price)
    expect(page.get_by_role("group", name="Processor", exact=True).locator(":focus")).to_have_count(1)

    tab_to(page, "^Customer$")
    page.keyboard.type("Ridge")
    expect(page).to_have_url(re.compile("customer=C001"))
    tab_to(page, "^Order$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("SO-"))
    assert f"{Order.objects.get().lines.get().unit_price:,.2f} USD" == price


@pytest.mark.parametrize("width", [1280, 390])
def test_somebody_orders_in_the_shop_by_keyboard_without_signing_in(page: Page, shop: None, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/shop")
    tab_to(page, "^Desk lamp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Desk lamp")
    sound(page)
    tab_to(page, "^Small head")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#heard")).to_contain_text("109.00 EUR each, ships")
    expect(page.locator("#heard")).to_contain_text("Arm: Strong arm. The arm must carry the head.")
    tab_to(page, "^most popular")
    with page.expect_response("**/shop/DL"):
        page.keyboard.press("Enter")
    tab_to(page, "^Customer code", "Shift+Tab")
    page.keyboard.type("MUELLER")
    page.keyboard.press("Tab")
    page.keyboard.type("a@mueller.example")
    tab_to(page, "^Order$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Thank you for your order SO-"))
    sound(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_what_was_chosen_stays_where_it_is_on_the_screen(page: Page, computers: None, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    sign_in(page, "sales")
    page.goto("/configure/OFFICE")
    for chosen, expected in (
        (page.get_by_role("radio", name=SHORT), 0),
        (page.locator("#feature-board .blocked input").first, 1),
    ):
        chosen.scroll_into_view_if_needed()
        name, place = chosen.get_attribute("id"), chosen.evaluate("e => e.getBoundingClientRect().top")
        with page.expect_response("**/configure/OFFICE"):
            chosen.check()
        expect(page.get_by_role("alert")).to_have_count(expected)
        expect(page.locator(f"#{name}")).to_be_focused()
        page.wait_for_function(
            "([id, top]) => Math.abs(document.getElementById(id).getBoundingClientRect().top - top) < 5", arg=[name, place]
        )
    expect(page.get_by_role("button", name="Give up Processor")).to_be_in_viewport()


def test_going_back_in_the_browser_goes_back_a_step(page: Page, shop: None) -> None:
    page.goto("/shop/DL")
    page.get_by_role("radio", name="Large head").check()
    expect(page).to_have_url(re.compile("HEAD-L"))
    page.get_by_role("radio", name="Dimmer").check()
    expect(page).to_have_url(re.compile("DIMMER"))
    page.go_back()
    expect(page.get_by_role("radio", name="None")).to_be_checked()
    expect(page.get_by_role("radio", name="Large head")).to_be_checked()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_rule_is_written_checked_while_typing_and_released_by_keyboard(page: Page, lamps: Lamps, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    lamps.order(head="HEAD-L", arm="ARM-L")
    sign_in(page, "planner")
    page.goto("/models/DL/rules")
    sound(page)
    tab_to(page, "^New draft")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Draft B of Desk lamp")
    tab_to(page, "^Add a rule")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group")).to_have_count(2)
    sound(page)
    for name, words in (("^Name", "dim"), ("^In words", "Large heads are dimmed."), ("^Formal", "head = HEAD-L requires")):
        tab_to(page, name)
        while page.evaluate("document.activeElement.value") != "":
            tab_to(page, name)
        page.keyboard.type(words)
    expect(page.locator("#faults-rules-2")).to_contain_text("Line 1, column 23: expected")
    expect(page.get_by_role("status").filter(has_text="cannot be read")).to_be_visible()
    page.keyboard.type(" chosen(dimmer)")
    expect(page.locator("#faults-rules-2")).to_be_empty()
    expect(page.locator("#checks")).to_contain_text("100 valid configurations")
    expect(page.get_by_label("Formal").last).to_be_focused()
    tab_to(page, "^Save draft")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Draft B is saved")).to_be_visible()
    expect(page.locator("#comparison")).to_contain_text("0 won, 20 lost")
    expect(page.locator("#affected")).to_contain_text("1 of 1 open order lines could no longer be ordered")
    sound(page)
    tab_to(page, "^Save and release")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rules of Desk lamp")
    assert Revision.objects.get(name="B").state == "released"
