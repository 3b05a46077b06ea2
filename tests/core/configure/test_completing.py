"""The cheapest and the most popular completion are the best of all configurations."""

from math import log

import pytest

from atoll.configure import (
    Configuration,
    Configurator,
    InvalidConfiguration,
    cheapest,
    most_popular,
    price,
    priced_together,
    read_product_model,
)
from atoll.demo import COMPANIES, load

CHOICES = [
    {},
    {"cpu": "i9"},
    {"gpu": "g2", "width": "2.5"},
    {"extras": ["b", "c"], "fans": 3},
    {"engraving": "Ada", "psu": "p500"},
]


@pytest.fixture
def engine(document):
    document["features"][3]["options"][0]["price"] = 70  # the small supply is dearer than the next, and has its own price
    document["features"][3]["options"][1]["price"] = "62.505"  # half a cent goes away from zero
    document["features"][4]["options"][2]["price"] = -3
    document["rules"].append({"name": "calm", "rule": "fans >= 1 or cpu = i9"})
    document["prices"] = [
        {"name": "quiet", "amount": "-9.5", "when": "fans = 0 and psu.watts > 300"},
        {"name": "wide", "amount": 12, "when": "width >= 2"},
        {"name": "big card", "amount": -450, "feature": "gpu", "option": "g2", "when": "cpu = i9"},
    ]
    document["packages"] = [
        {"name": "pair", "choices": {"extras": ["a", "c"]}, "price": "1.25"},
        {"name": "cool", "choices": {"fans": 3, "board": "b2"}, "price": 40},
    ]
    return Configurator(read_product_model(document, {}))


def all_with(engine, choices):
    made = dict(engine.configuration(choices).values)
    for values in engine.each(10_000):
        if all(values[code] == made[code] for code in choices if code in values):
            full = {feature.code: values.get(feature.code, made[feature.code]) for feature in engine.model.features}
            if engine.allows(full):
                yield Configuration(engine.model.code, engine.model.revision, tuple(full.items()), "")


@pytest.mark.parametrize("choices", CHOICES)
def test_none_of_all_configurations_is_cheaper(engine, choices):
    found = cheapest(engine, choices)
    lowest = min(price(engine.model, one).total for one in all_with(engine, choices))
    assert price(engine.model, found).total == lowest
    assert engine.allows(found.as_dict())


def popularity(model, configuration):
    total = 0.0
    for feature in model.features:
        value, shares = configuration[feature.code], {option.code: option.share for option in feature.options}
        if feature.kind == "many":
            total += sum(log(min(share, 1) if code in value else 1 - min(share, 1)) for code, share in shares.items())
        elif shares:
            left = 1 - sum(shares.values())
            empty = {} if feature.kind == "one" else {"none": left if left > 1e-9 else 1.0}
            total += log((shares | empty)[value])
    return total


@pytest.mark.parametrize("choices", CHOICES)
def test_none_of_all_configurations_is_more_popular(engine, choices):
    found = most_popular(engine, choices)
    highest = max(popularity(engine.model, one) for one in all_with(engine, choices))
    assert popularity(engine.model, found) == pytest.approx(highest, abs=0.02)


def test_what_costs_nothing_stays_as_it_usually_is(engine):
    found = cheapest(engine, {})
    assert found["cpu"] == "i5"
    assert found["gpu"] == "none"
    assert found["width"] == engine.configuration({})["width"]


def test_choices_that_do_not_go_together_are_refused(engine):
    with pytest.raises(InvalidConfiguration, match="must fit the board"):
        cheapest(engine, {"cpu": "i9", "board": "b1"})


@pytest.mark.parametrize("company", COMPANIES)
def test_it_is_no_worse_than_what_is_usual_on_the_models_of_the_demonstrations(company):
    data = load(company)
    for document in data.models.values():
        engine = Configurator(read_product_model(document, data.items))
        usual = engine.configuration({})
        found = cheapest(engine, {}), most_popular(engine, {})
        assert price(engine.model, found[0]).total <= price(engine.model, usual).total
        assert popularity(engine.model, found[1]) >= popularity(engine.model, usual) - 0.02


def test_what_no_price_rule_or_package_speaks_of_costs_the_same_whatever_else_is_chosen(engine):
    model = engine.model
    assert priced_together(model) == {"fans", "psu", "width", "gpu", "cpu", "extras", "board"}
    plain = [feature for feature in model.features if feature.code not in priced_together(model)]
    assert [feature.code for feature in plain] == ["engraving"]
    differences = {
        total({**values, "engraving": "Ada"}) - total({**values, "engraving": ""})
        for total in [lambda values: price(model, Configuration("", "", tuple(values.items()), "")).total]
        for values in list(engine.each(10_000))[::40]
    }
    assert differences == {15}


def test_a_price_rule_over_a_sum_concerns_every_feature(document):
    document["prices"] = [{"name": "heavy", "amount": "sum(power) * 0.1"}]
    model = read_product_model(document, {})
    assert priced_together(model) == {feature.code for feature in model.features}
    with pytest.raises(ValueError, match="fixed amounts"):
        cheapest(Configurator(model), {})
