"""An order line has the price of its quantity and of its day."""

from datetime import timedelta
from decimal import Decimal

import pytest

from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Configuration
from atoll_web.sales import services as sales
from tests.lamps import LAMP, MONDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def priced(company):
    """The lamp with a discount from five units on, and something off the strong arm until Tuesday."""
    document = LAMP | {
        "revision": "B",
        "volume_prices": [{"from_quantity": 5, "discount_percent": 10}],
        "prices": [{"name": "spring", "text": "Spring offer", "feature": "arm", "option": "ARM-L", "amount": -5,
                    "valid_until": (MONDAY + timedelta(days=2)).isoformat()}],
    }  # fmt: skip
    admin = company.actor("admin")
    catalogue.release_revision(actor=admin, revision=catalogue.draft_revision(actor=admin, document=document, valid_from=MONDAY))
    return company


def test_many_units_cost_less_each_and_the_configuration_keeps_the_price_of_one(priced):
    line = priced.order(5).lines.get()
    assert line.unit_price == Decimal("57.60")  # (60 + 2 * 2) less a tenth
    assert Configuration.objects.get().price == 64
    assert priced.order(4).lines.get().unit_price == 64


def test_an_inquiry_answers_the_price_of_its_quantity(priced):
    answers = [sales.inquire(line=sales.NewLine("DL", {}, quantity), today=MONDAY).unit_price for quantity in (1, 4, 5)]
    assert answers == [64, 64, Decimal("57.60")]


def test_an_equal_configuration_costs_what_it_costs_on_the_day(priced):
    prices = {
        day: sales.inquire(line=sales.NewLine("DL", {"arm": "ARM-L"}), today=MONDAY + timedelta(days=day)).unit_price
        for day in (1, 2)
    }
    assert prices == {1: 74, 2: 79}


def test_the_parts_name_what_was_taken_off(priced):
    revision = catalogue.orderable_revision("DL", MONDAY)
    made = catalogue.configure(revision, {"arm": "ARM-L"}, MONDAY)
    assert dict(made.price_parts)["Spring offer"] == -5
    assert sum(amount for _, amount in made.price_parts) == made.resolved.price == 74
