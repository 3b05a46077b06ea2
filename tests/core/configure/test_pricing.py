"""Prices, worked by hand; and that the parts of any price add up to it."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atoll.configure import Configurator, price, read_product_model
from atoll.configure.errors import BadPrice, UnknownCurrency
from atoll.configure.pricing import Pricing, rounded
from atoll.model.product import Configuration

CHOICES = {"gpu": "g2", "fans": 4, "psu": "p800", "engraving": "Ada", "extras": ["a"]}


def priced(document, choices, quantity=1, **how):
    model = read_product_model(document, {})
    return price(model, Configurator(model).configuration(choices), quantity, **how)


def amounts(found):
    return {what: str(amount) for what, amount in found.parts}


def test_the_price_is_the_sum_of_named_parts(document):
    found = priced(document, CHOICES)
    assert found.parts == (
        ("Tower", Decimal("99.50")),
        ("Processor i5", Decimal(100)),
        ("Graphics card G2", Decimal(400)),
        ("Extras A", Decimal(7)),
        ("Fans 4", Decimal(36)),
        ("Engraving Ada", Decimal(15)),
    )
    assert found.total == Decimal("657.50")
    assert (found.currency, found.quantity) == ("USD", 1)


def test_price_rules_packages_and_derived_values_add_their_parts(rich):
    """Quiet fans 2.5 * 4 - 1; the levy 0.013 * 1.2 * (65 + 350 + 20 + 10); the kit costs 20 in place of 2 * 9 + 7."""
    found = priced(rich, CHOICES)
    parts = dict(found.parts)
    assert [what for what, _ in found.parts][-4:] == ["Quiet fans", "Board with a large card", "Copper levy", "Cooling kit"]
    assert amounts(found).items() >= {
        "Board B2": "50.00", "Quiet fans": "9.00", "Board with a large card": "-20.00", "Copper levy": "6.94",
        "Cooling kit": "-5.00",
    }.items()  # fmt: skip
    assert found.total == Decimal("698.44") == sum(parts.values())


def test_a_price_rule_counts_on_its_days_only(rich):
    days = [np.datetime64(day).item() for day in ("2026-02-28", "2026-03-01", "2026-05-31", "2026-06-01")]
    assert ["Board with a large card" in amounts(priced(rich, CHOICES, on=day)) for day in days] == [False, True, True, False]


def test_a_price_rule_of_an_option_or_feature_counts_when_that_is_chosen(document):
    document["prices"] = [
        {"name": "g2", "text": "Large card", "feature": "gpu", "option": "g2", "amount": 1},
        {"name": "gpu", "text": "Any card", "feature": "gpu", "amount": 2},
        {"name": "c", "text": "With C", "feature": "extras", "option": "c", "amount": 4},
    ]
    assert priced(document, {"gpu": "none"}).total == Decimal("199.50")
    assert priced(document, {"gpu": "g1"}).total == Decimal("201.50")
    assert priced(document, {"gpu": "g2", "fans": 2, "extras": ["c"]}).total == Decimal("99.50") + 100 + 400 + 18 + 7 + 7


def test_an_option_that_stands_for_a_package_brings_its_choices_for_less(rich):
    """Processor 300 and board 50 cost 310 together."""
    model = read_product_model(rich, {})
    engine = Configurator(model)
    configuration = engine.configuration({"extras": ["b"]})
    assert (configuration["cpu"], configuration["board"]) == ("i9", "b2")
    assert amounts(price(model, configuration)).items() >= {"Extras B": "7.00", "Starter set": "-40.00"}.items()
    conflict = engine.explain({"extras": ["b"], "cpu": "i5"})
    assert conflict.text == "Extras B with Processor i5 goes against “Starter set comes with Processor i9 and Board B2”."


def test_a_choice_is_part_of_one_package_only(document):
    document["packages"] = [
        {"name": "two", "text": "Two fans", "choices": {"fans": 2}, "price": 15},
        {"name": "three", "text": "Three fans", "choices": {"fans": 3}, "price": 20},
    ]
    assert amounts(priced(document, {"fans": 4})).get("Three fans") is None
    assert amounts(priced(document, {"fans": 4}))["Two fans"] == "-3.00"
    document["packages"].reverse()
    assert amounts(priced(document, {"fans": 4}))["Three fans"] == "-7.00"
    assert "Two fans" not in amounts(priced(document, {"fans": 4}))


@pytest.mark.parametrize(
    ("quantity", "part", "total"),
    [
        (9, None, "698.44"),
        (10, ("2.5 % off from 10 units", "-17.46"), "680.98"),
        (49, ("2.5 % off from 10 units", "-17.46"), "680.98"),
        (50, ("Price from 50 units", "-19.50"), "678.94"),
    ],
)
def test_the_largest_quantity_that_is_reached_sets_the_price(rich, quantity, part, total):
    found = priced(rich, CHOICES, quantity)
    assert str(found.total) == total
    assert part is None or list(amounts(found).items())[-1] == part


def test_another_currency_has_its_rate_its_price_list_and_its_rounding(rich):
    """Five centimes are the smallest coin. Fans cost 7.95 each by the list; the kit 16.00 in place of 2 * 7.95 + 5.60."""
    found = priced(rich, CHOICES, currency="CHF")
    assert amounts(found) == {
        "Tower": "89.90", "Processor i5": "85.00", "Board B2": "40.00", "Graphics card G2": "320.00", "Extras A": "5.60",
        "Fans 4": "31.80", "Engraving Ada": "12.00", "Quiet fans": "7.20", "Board with a large card": "-16.00",
        "Copper levy": "5.55", "Cooling kit": "-5.50",
    }  # fmt: skip
    assert found.total == Decimal("575.55")
    assert found.currency == "CHF"
    assert priced(rich, CHOICES, currency="JPY").total == Decimal("104766")  # the levy is 1041.3, which is 1041


def test_half_a_cent_goes_away_from_zero():
    assert [str(rounded(Decimal(amount), Decimal("0.01"))) for amount in ("0.005", "-0.005", "2.675", "0.0049")] == [
        "0.01",
        "-0.01",
        "2.68",
        "0.00",
    ]


def test_an_unknown_currency_names_those_there_are(rich):
    with pytest.raises(UnknownCurrency, match=r"Tower has no price in EUR. Known: USD, CHF, JPY."):
        priced(rich, CHOICES, currency="EUR")


def test_an_amount_that_is_unknown_is_refused(document):
    document["prices"] = [{"name": "length", "amount": "gpu.length * 0.1"}]
    assert priced(document, {"gpu": "g1"}).total == Decimal("229.50")
    with pytest.raises(BadPrice) as refusal:
        priced(document, {})
    assert str(refusal.value) == (
        "The amount `gpu.length * 0.1` of the price rule “length” comes to nothing. Expected a number for every configuration; "
        "this one has no Graphics card."
    )


def test_a_price_below_zero_is_refused(document):
    document["prices"] = [{"name": "gift", "amount": -1000}]
    with pytest.raises(BadPrice, match=r"The price of Tower comes to -800.50. Expected at least 0"):
        priced(document, {})


def test_no_units_have_no_price(document):
    with pytest.raises(ValueError, match="Expected quantity >= 1, got 0"):
        priced(document, {}, 0)


money = st.decimals(0, 10**9, places=5)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_parts_of_every_price_add_up_to_it_and_are_multiples_of_the_smallest_coin(rich, data):
    rounding = data.draw(st.sampled_from(["0.01", "0.05", "0.03", "1", "0.000000001", "7"]))
    rate = data.draw(st.decimals("0.000000001", 10**6, places=9))
    document = rich | {
        "base_price": str(data.draw(money)),
        "currencies": [{"code": "X", "rate": str(rate), "rounding": rounding, "prices": {"fans": str(data.draw(money))}}],
        "volume_prices": [{"from_quantity": 10, "discount_percent": str(data.draw(st.decimals(0, 90, places=3)))}],
        "prices": [{"name": "p", "amount": f"{data.draw(money)} * peak + fans * {data.draw(money)}"}],
    }
    for feature in document["features"]:
        for option in feature.get("options", ()):
            option["price"] = str(data.draw(money))
    document["packages"][0]["price"] = document["packages"][1]["price"] = 0
    model = read_product_model(document, {})
    configuration = Configurator(model).sample(np.random.default_rng(data.draw(st.integers(0, 99))))
    for currency, coin in (("", "0.01"), ("X", rounding)):
        found = price(model, configuration, data.draw(st.integers(1, 20)), currency=currency)
        assert sum(Fraction(amount) for _, amount in found.parts) == Fraction(found.total)
        assert all(Fraction(amount) % Fraction(coin) == 0 for _, amount in found.parts)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_what_a_change_does_to_the_price_is_the_difference_of_both_prices(rich, data):
    model = read_product_model(rich, {})
    engine, pricing = Configurator(model), Pricing(model)
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    before, after = (dict(engine.sample(rng).values) for _ in range(2))
    code = data.draw(st.sampled_from([code for code in before if before[code] != after[code]] or [*before]))
    prices = [
        pricing.of(Configuration(model.code, model.revision, tuple(values.items()), "")).total
        for values in (before, {**before, code: after[code]})
    ]
    assert pricing.changes(before)(code, after[code]) == prices[1] - prices[0]
