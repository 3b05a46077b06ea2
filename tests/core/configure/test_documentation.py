"""The model that the documentation puts together can be read, and comes to what is said."""

import doctest
import re
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from atoll import configure
from atoll.configure import check, read_product_model
from atoll.model.bill import BillLine
from atoll.model.item import Item, Kind

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "company-folder.md"
HEADING = "### Derived values, preferences, prices and more"
BILLS = {"WIRING": (BillLine("WIRE", 3), BillLine("TERMINAL", 2)), "FOOT-KIT": (BillLine("PLATE", 9),)}
CODES = (
    "HEAD-1", "HEAD-2", "ARM-L", "ARM-S", "DIMMER", "CLAMP", "CABLE", "PLATE", "DRIVER-20", "DRIVER-30", "DRIVER-40", "WIRING",
    "WIRE", "TERMINAL", "FOOT-KIT", "LAMP",
)  # fmt: skip


@pytest.fixture
def section():
    """The text from the heading to the next of its level or above."""
    return re.split(r"^##+ ", PAGE.read_text(encoding="utf-8").split(HEADING)[1], flags=re.MULTILINE)[0]


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_the_examples_of_the_product_model_page_give_what_they_show(section):
    items = {code: Item(code, code, Kind.COMPONENT, Decimal(1)) for code in CODES}
    model = read_product_model(tomllib.loads("\n".join(blocks(section, "toml"))), items, str(PAGE))
    known = vars(configure) | {"model": model, "bills": BILLS, "items": items, "date": date, "Decimal": Decimal}
    (shown,) = blocks(section, "python")
    examples = doctest.DocTestParser().get_doctest(shown, known, PAGE.name, str(PAGE), 0)
    assert len(examples.examples) > 8
    assert doctest.DocTestRunner().run(examples).failed == 0
    assert not [finding for finding in check(model) if finding.blocks_release]


def test_every_block_of_the_page_is_toml_that_can_be_read():
    for block in blocks(PAGE.read_text(encoding="utf-8"), "toml"):
        tomllib.loads(block)
