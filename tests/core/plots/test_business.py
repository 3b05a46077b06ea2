"""The figure of a business shows its numbers, looks the same each time, and speaks for itself."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from atoll.plots import InventoryValue, ResponseTime, draw_inventory, draw_response, inventory_and_response, to_svg, write_svg

DAYS = [date(2026, 1, 5) + timedelta(days=n) for n in range(28)]
INVENTORY = InventoryValue(
    DAYS, {"component": [50_000.0 + 100 * n for n in range(28)], "finished": [2_500.0] * 28}, currency="USD"
)
RESPONSE = ResponseTime(DAYS[::7], median=[3, 4, 4, 5], p95=[9, 12.5, 11, 14])
SVG = "{http://www.w3.org/2000/svg}"


def texts(document: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(document).iter(f"{SVG}text")]


def test_titles_units_and_kinds_stand_in_the_figure() -> None:
    found = texts(to_svg(inventory_and_response(INVENTORY, RESPONSE)))
    assert {"thousand USD", "days", "component", "finished", "median order", "up to 95 % of orders"} <= set(found)
    assert "Inventory value, 05 Jan 2026 to 01 Feb 2026" in found


def test_kinds_are_stacked_in_their_order_with_their_values() -> None:
    ax = Figure().subplots()
    draw_inventory(INVENTORY, ax=ax)
    lower, upper = (area.get_paths()[0].vertices for area in ax.collections)
    assert lower[:, 1].max() == pytest.approx(52.7)
    assert upper[:, 1].max() == pytest.approx(55.2)


def test_the_band_reaches_from_the_median_to_95_percent() -> None:
    ax = Figure().subplots()
    draw_response(RESPONSE, ax=ax)
    (line,), (band,) = ax.lines, ax.collections
    assert line.get_ydata().tolist() == [3, 4, 4, 5]
    assert {float(y) for y in band.get_paths()[0].vertices[:, 1]} == {3, 4, 5, 9, 12.5, 11, 14}


@pytest.mark.parametrize(("value", "unit"), [(900, "USD"), (90_000, "thousand USD"), (90_000_000, "million USD")])
def test_the_unit_fits_the_size_of_the_company(value: float, unit: str) -> None:
    ax = Figure().subplots()
    draw_inventory(InventoryValue(DAYS, {"component": [value] * 28}, "USD"), ax=ax)
    assert ax.get_ylabel() == unit


def test_a_screen_reader_hears_the_figures() -> None:
    root = ElementTree.fromstring(to_svg(inventory_and_response(INVENTORY, RESPONSE)))
    assert root.get("role") == "img"
    assert root.get("aria-label") == (
        "Inventory value from 2026-01-05 to 2026-02-01, mean by kind in USD: component 51,350, finished 2,500. "
        "Weekly response time: median 3 to 5 days, 95 % of orders within 9 to 14 days."
    )


def test_names_with_signs_of_xml_stay_readable() -> None:
    odd = InventoryValue(DAYS, {'Gehäuse & "Deckel" <neu>': [1.0] * 28}, "EUR")
    document = to_svg(inventory_and_response(odd, RESPONSE))
    assert 'Gehäuse & "Deckel" <neu>' in texts(document)
    assert 'Gehäuse & "Deckel" <neu> 1' in str(ElementTree.fromstring(document).get("aria-label"))


def test_the_same_business_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    figure = inventory_and_response(INVENTORY, RESPONSE)
    write_svg(figure, tmp_path / "first.svg")
    write_svg(figure, tmp_path / "again.svg")
    program = (
        "import sys; from datetime import date, timedelta; from atoll.plots import *\n"
        "days = [date(2026, 1, 5) + timedelta(days=n) for n in range(28)]\n"
        "by_kind = {'component': [50_000.0 + 100 * n for n in range(28)], 'finished': [2_500.0] * 28}\n"
        "response = ResponseTime(days[::7], [3, 4, 4, 5], [9, 12.5, 11, 14])\n"
        "sys.stdout.buffer.write(to_svg(inventory_and_response(InventoryValue(days, by_kind, 'USD'), response)).encode())"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    assert other == (tmp_path / "first.svg").read_bytes() == (tmp_path / "again.svg").read_bytes()


def test_a_business_that_shipped_nothing_says_so() -> None:
    figure = inventory_and_response(INVENTORY, ResponseTime([], [], []))
    assert "Nothing was shipped." in texts(to_svg(figure))
    assert "response" not in figure.get_label()


def test_figures_may_be_arrays() -> None:
    figure = inventory_and_response(
        InventoryValue(DAYS, {"component": np.linspace(0, 5, 28)}, "USD"), ResponseTime(DAYS[:2], np.ones(2), np.full(2, 3.0))
    )
    assert "median 1 to 1 days" in figure.get_label()


def test_pyplot_stays_out_so_that_no_figure_is_kept_alive() -> None:
    program = "import sys, atoll.plots; print('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout == "False\n"


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="28 values of component, got 1"):
        InventoryValue(DAYS, {"component": [1.0]}, "USD")
    with pytest.raises(ValueError, match="1 medians"):
        ResponseTime(DAYS[:1], [1.0, 2.0], [3.0])
