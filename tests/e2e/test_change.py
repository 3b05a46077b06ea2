"""A line is changed in a browser: what is carried out is what was shown, whatever is typed meanwhile."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_order_book import fits, look
from tests.e2e.test_promise import SIZES, sign_in
from tests.lamps import Lamps


@pytest.mark.parametrize("size", SIZES)
def test_enter_looks_and_only_carry_out_carries_out_what_was_shown(page: Page, lamps: Lamps, size: str) -> None:
    order, main = lamps.order(2), page.get_by_role("main")
    page.set_viewport_size(SIZES[size])
    sign_in(page, "sales")
    page.goto(f"/orders/{order}/1/change")
    units = page.get_by_label("Units")
    units.fill("3")
    units.press("Enter")
    expect(main).to_contain_text("Units: 2 → 3")
    units.fill("7")
    units.press("Enter")
    expect(main).to_contain_text("Units: 2 → 7")
    assert order.lines.get().quantity == 2
    units.fill("5")
    assert fits(page)
    look(page, f"change-{size}")
    page.get_by_role("button", name="Carry out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(str(order))
    assert order.lines.get().quantity == 7
