"""A planner asks for levels, watches the run, picks a point of the frontier and applies its levels, on a wide and a narrow
screen."""

import re

import pytest
from playwright.sync_api import Page, expect

from atoll_web.planning import tasks
from atoll_web.planning.models import LevelProposal, StockPolicy
from atoll_web.planning.services import stocking
from atoll_web.runs import services as runs
from atoll_web.runs.models import Run
from tests.e2e.test_kits import look
from tests.e2e.test_order import sign_in
from tests.lamps import Lamps


@pytest.mark.parametrize("width", [1280, 390])
def test_levels_are_asked_for_picked_from_the_frontier_and_applied(page: Page, lamps: Lamps, width: int) -> None:
    lamps.order(2)
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "planner")
    page.goto("/stocking")
    page.get_by_label("Order fill rate, %").fill("85")
    page.get_by_role("button", name="Optimise").press("Enter")
    expect(page.get_by_text("waits for the worker")).to_be_visible()
    run = Run.objects.get(kind=stocking.OPTIMISATION)
    runs.report(run, 0.4, "Order fill rate between 82.1% and 87.9%")
    expect(page.get_by_text("Order fill rate between 82.1% and 87.9%")).to_be_visible()  # the page follows by itself
    look(page, "workbench-progress")

    tasks.optimise(run.pk)
    expect(page.get_by_role("heading", name="What service costs")).to_be_visible()
    page.get_by_role("img", name=re.compile("Inventory value against order fill rate")).evaluate("image => image.decode()")
    look(page, "workbench-frontier")

    page.get_by_role("link", name="Choose 89.0 %").click()
    expect(page.get_by_role("heading", name="Levels for 89.0 %, before and after")).to_be_visible()
    first, *_ = [row for row in stocking.proposals_of(run, 0.89) if row.in_force != row.base_stock]
    page.get_by_label(f"Apply {first.item.code}").check()
    page.get_by_role("button", name="Apply the chosen").click()
    expect(page.get_by_role("status")).to_contain_text("The levels are in force")
    assert StockPolicy.objects.get(item=first.item).base_stock == first.base_stock
    page.get_by_role("button", name=re.compile("Apply all")).press("Enter")
    expect(page.get_by_role("button", name=re.compile("Apply all"))).to_have_count(0)
    in_force = dict(StockPolicy.objects.values_list("item_id", "base_stock"))
    assert all(in_force.get(row.item_id, 0) == row.base_stock for row in LevelProposal.objects.filter(run=run, target=0.89))
    look(page, "workbench-applied")


def test_a_run_is_stopped_from_the_page(page: Page, lamps: Lamps) -> None:
    sign_in(page, "planner")
    page.goto("/stocking")
    page.get_by_role("button", name="Optimise").click()
    page.get_by_role("button", name="Stop it").press("Enter")
    assert Run.objects.get(kind=stocking.OPTIMISATION).state == "cancelled"
    page.goto("/stocking")
    expect(page.get_by_role("button", name="Optimise again")).to_be_visible()
