"""The matrix of option shares: from past orders or from the model, with the pairs most closely bound."""

import csv
from io import StringIO

import pytest

from tests.lamps import Lamps

pytestmark = pytest.mark.django_db

PAGE = "/models/DL/option-shares"


@pytest.fixture
def ordered(company: Lamps) -> Lamps:
    """Three orders: one of them for the large head, which needs the strong arm."""
    company.order()
    company.order(2)
    company.order(head="HEAD-L", arm="ARM-L", dimmer="DIMMER")
    return company


def test_past_orders_are_counted_and_smoothed(ordered, signed_in):
    found = signed_in("planner").get(f"{PAGE}.json").json()
    assert (found["by"], found["orders"]) == ("orders", 3)
    shares = {(row["feature"], row["option"]): row["share"] for row in found["options"]}
    assert shares["head", "HEAD-L"] == pytest.approx((1 + 0.5) / 4)
    assert shares["dimmer", "none"] == pytest.approx((2 + 0.5) / 4)
    first = found["pairs"][0]
    assert {first["feature"], first["other_feature"]} <= {"head", "arm", "dimmer"}
    assert first["association"] > 0.5


def test_without_orders_the_shares_of_the_model_are_fitted_to_what_its_rules_allow(company, signed_in):
    found = signed_in("planner").get(f"{PAGE}.json").json()
    assert (found["by"], found["orders"]) == ("model", 0)
    assert found["deviation"] < 1e-3
    shares = {(row["feature"], row["option"]): row["share"] for row in found["options"]}
    assert shares["head", "HEAD-S"] == pytest.approx(0.75, abs=1e-3)
    table = csv.DictReader(StringIO(signed_in("planner").get(f"{PAGE}.csv").getvalue().decode()))
    pairs = {(row["option"], row["other_option"]): float(row["together"]) for row in table}
    assert pairs["HEAD-L", "ARM-S"] == 0  # the light arm does not carry it
    assert pairs["HEAD-L", "ARM-L"] == pytest.approx(0.25, abs=1e-3)


def test_the_page_shows_the_matrix_of_two_features_and_is_reached_from_the_model(ordered, signed_in):
    client = signed_in("sales")
    page = client.get(PAGE, {"feature": "head", "with": "dimmer", "by": "orders"}).content.decode()
    assert "3 order lines" in page
    assert "Large head" in page
    assert "None" in page
    assert "Pairs most closely bound" in page
    assert PAGE in client.get("/models/DL").content.decode()


def test_an_unknown_feature_shows_the_most_closely_bound_pair(ordered, signed_in):
    assert signed_in("sales").get(PAGE, {"feature": "<script>", "with": "?", "by": "?"}).status_code == 200


def test_a_model_that_cannot_be_ordered_is_refused_in_words(company, signed_in):
    assert signed_in("sales").get("/models/XL/option-shares").status_code == 422


@pytest.mark.parametrize("by", ["orders", "model"])
def test_the_page_takes_few_queries_however_many_orders_there_are(ordered, signed_in, by, django_assert_max_num_queries):
    client = signed_in("sales")
    with django_assert_max_num_queries(15):
        client.get(PAGE, {"by": by})
