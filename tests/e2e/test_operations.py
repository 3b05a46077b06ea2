"""The house at work in a browser: ready work, receiving, a delivery that slips, planning, on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from atoll_web.accounts.models import Company
from atoll_web.assembly.models import FinalAssemblyOrder
from atoll_web.planning import services as planning
from atoll_web.planning.models import PlannedOrder
from atoll_web.purchasing.models import PurchaseOrder, PurchaseOrderLine
from atoll_web.runs.models import Run
from atoll_web.sales.models import OrderLine
from atoll_web.stock.models import Lot
from tests.lamps import Lamps

TOUCH = 48
"""Pixels of a target on the shop floor."""


def sign_in(page: Page, role: str) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name=re.compile(f"^{role}", re.IGNORECASE)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Leuchten & Söhne")


def change_to(page: Page, role: str) -> None:
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, role)


def buy_what_is_proposed(lamps: Lamps) -> None:
    planning.plan(actor=lamps.actor("planner"))
    proposed = PlannedOrder.objects.filter(state="proposed", kind="purchase")
    planning.release_purchases(actor=lamps.actor("buyer"), planned=proposed)


def test_an_order_goes_from_desk_to_door_with_one_big_button_at_a_time(page: Page, lamps: Lamps) -> None:
    line = lamps.order(1).lines.get()
    Company.objects.update(business_date=line.demand.need_date)
    sign_in(page, "planner")
    for role, button in [("", "Release"), ("warehouse", "Lay out kit"), ("assembler", "Assembled"), ("warehouse", "Ship")]:
        if role:
            change_to(page, role)
        page.get_by_role("link", name="Ready work").click()
        action = page.get_by_role("button", name=re.compile(f"^{button} "))
        box = action.bounding_box()
        assert box is not None
        assert min(box["height"], box["width"]) >= TOUCH
        action.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").first).to_contain_text(re.compile("released|laid out|assembled|on the way"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Ready work")
    assert OrderLine.objects.get().state == "shipped"

    page.goto(f"/assembly-orders/{FinalAssemblyOrder.objects.get()}")
    page.get_by_role("link", name=f"Where {Lot.objects.get(item__code='LAMP')} came from").click()
    expect(page.get_by_role("main")).to_contain_text("Müller & Cie")
    page.get_by_role("link", name=Lot.objects.filter(built_into__isnull=False, item__code="FOOT").get().number).click()
    expect(page.get_by_role("heading", name="Where it went").locator("..")).to_contain_text("LAMP")


def test_a_delivery_slips_and_the_planner_promises_again(page: Page, lamps: Lamps) -> None:
    line = lamps.order(4, head="HEAD-L", arm="ARM-L").lines.get()
    buy_what_is_proposed(lamps)
    order = PurchaseOrder.objects.get(lines__item__code="HEAD-L")
    sign_in(page, "buyer")
    page.goto(f"/purchase-orders/{order}")
    form = page.locator("form", has=page.get_by_label("HEAD-L comes on"))
    form.get_by_label("HEAD-L comes on").fill("2026-04-10")
    form.get_by_role("button", name="Move the date").click()
    expect(page.get_by_text("At risk now:")).to_contain_text(str(line))

    change_to(page, "planner")
    page.get_by_role("link", name="Promises at risk", exact=True).click()
    page.get_by_role("checkbox", name=str(line)).check()
    page.get_by_role("button", name="Promise the chosen again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Promised again")
    expect(page.get_by_role("row", name=re.compile(line.order.number))).to_contain_text("kept")


def test_what_was_typed_wrong_stays_in_the_form(page: Page, lamps: Lamps) -> None:
    sign_in(page, "buyer")
    page.get_by_role("link", name="Purchase orders").click()
    page.get_by_role("link", name="New purchase").click()
    page.get_by_label("Item", exact=True).first.fill("CABLE")
    page.get_by_label("Units", exact=True).first.fill("a few")
    page.get_by_role("button", name="Send purchase orders").click()
    expect(page.get_by_role("alert")).to_contain_text("“a few” is not a whole number")
    expect(page.get_by_label("Item", exact=True).first).to_have_value("CABLE")
    page.get_by_label("Units", exact=True).first.fill("7")
    page.get_by_role("button", name="Send purchase orders").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("PO-"))
    assert PurchaseOrderLine.objects.get().quantity == 10  # in steps of five


def test_a_run_shows_its_result_without_reloading(page: Page, lamps: Lamps) -> None:
    sign_in(page, "planner")
    page.get_by_role("link", name="Proposals").click()
    page.get_by_role("button", name="Plan now").click()
    expect(page.get_by_role("status")).to_contain_text("waits for the worker")
    planning.plan(actor=lamps.actor("planner"), run=Run.objects.get(state="queued"))
    page.get_by_role("link", name="See the proposals").click(timeout=10_000)
    page.get_by_role("button", name="Order all").click()
    expect(page.get_by_role("status").first).to_contain_text("Released: PO-")


PAGES = (
    "/items",
    "/items/HEAD-L",
    "/moves",
    "/lots",
    "/lots/{lot}",
    "/purchase-orders",
    "/purchase-orders/{purchase}",
    "/purchase-orders/new",
    "/suppliers",
    "/suppliers/NORD",
    "/morning",
    "/proposals",
    "/planned-orders",
    "/forecasts",
    "/stock-policies",
    "/risks",
    "/capacity",
    "/capacity?by=day",
    "/lines/L1",
    "/work",
    "/build-orders",
    "/assembly-orders",
    "/shipments",
    "/runs",
    "/runs/{run}",
)


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_the_screen_and_each_has_one_title_and_named_fields(page: Page, lamps: Lamps, width: int) -> None:
    lamps.order(4, head="HEAD-L", arm="ARM-L")
    buy_what_is_proposed(lamps)
    keys = {"lot": Lot.objects.first(), "purchase": PurchaseOrder.objects.first(), "run": Run.objects.first()}
    keys = {name: row.number if name == "purchase" else row.pk for name, row in keys.items()}
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "manager")
    for path in PAGES:
        page.goto(path.format(**keys))
        assert page.locator("h1").count() == 1, path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("main :is(input:not([type=hidden]), select, textarea)")]
                .filter((e) => !e.labels?.length && !e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby"))
                .map((e) => e.outerHTML)"""
        )
        assert nameless == [], path
