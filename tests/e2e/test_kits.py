"""A planner chooses who gets the kits, by keyboard, on a wide and on a narrow screen."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.lamps import Lamps

SHOTS = os.environ.get("ATOLL_SCREENSHOTS")


def look(page: Page, name: str) -> None:
    """Nothing is wider than the screen; a picture for who asks for one."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_kits_are_proposed_and_released_by_keyboard(page: Page, lamps: Lamps, width: int) -> None:
    large = {"head": "HEAD-L", "arm": "ARM-L"}
    for quantity in (2, 1):
        lamps.order(quantity, **large)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/clear-to-build?budget=100")
    page.get_by_role("button", name="Planner").click()
    expect(page.get_by_role("heading", name="Clear to build", exact=True)).to_be_visible()
    look(page, "clear-to-build")
    page.get_by_label("Rule").select_option("orders")
    page.get_by_role("button", name="Propose").press("Enter")
    expect(page.get_by_text("Every promised date stays.")).to_be_visible()
    look(page, "kit-proposal")
    page.get_by_role("button", name="Release 1 line").press("Enter")
    expect(page.get_by_text("released with their whole kits")).to_be_visible()
