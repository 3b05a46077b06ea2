"""Soft preferences: granted where they are possible, never in the way of a choice."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atoll.configure import Configurator, read_product_model


def complete(document, choices, *preferences):
    made = [{"prefer": prefer, "when": when, "weight": weight} for prefer, when, weight in preferences]
    return Configurator(read_product_model(document | {"preferences": made}, {})).configuration(choices)


def test_a_preference_goes_before_the_default_and_the_share(document):
    assert complete(document, {})["cpu"] == "i5"
    assert complete(document, {}, ("cpu = i9", "", 1))["cpu"] == "i9"


def test_a_choice_goes_before_a_preference(document):
    assert complete(document, {"cpu": "i5"}, ("cpu = i9", "", 1))["cpu"] == "i5"
    assert complete(document, {"board": "b1"}, ("cpu = i9", "", 1))["cpu"] == "i5"  # an i9 does not fit


def test_a_preference_counts_only_where_its_condition_follows(document):
    wish = ("psu = p800", "chosen(gpu)", 1)
    assert complete(document, {"gpu": "g1"}, wish)["psu"] == "p800"
    assert complete(document, {"gpu": "none"}, wish)["psu"] == "p300"
    assert complete(document, {}, wish)["psu"] == "p300"  # no card by default, so the condition is false


def test_a_condition_may_follow_from_the_defaults_of_earlier_features(document):
    assert complete(document, {}, ("board = b2", "cpu = i5", 1))["board"] == "b2"
    assert complete(document, {}, ("cpu = i9", "board = b1", 1))["cpu"] == "i5"  # the processor is decided on first


def test_a_condition_never_decides_anything_itself(document):
    """A later preference for what a default forbids does not push the default aside unless its condition is already true."""
    assert complete(document, {}, ("fans = 4", "cpu = i9", 1))["cpu"] == "i5"


def test_a_preference_that_is_granted_may_let_another_count(document):
    chain = [("cpu = i9", "fans = 3", 1), ("extras contains c", "cpu = i9", 5)]
    found = complete(document, {"fans": 3}, *chain)
    assert (found["cpu"], found["extras"]) == ("i9", ("c",))


@pytest.mark.parametrize(("light", "heavy"), [("cpu = i9", "board = b1"), ("board = b1", "cpu = i9")])
def test_the_weightier_one_of_two_that_exclude_each_other_wins(document, light, heavy):
    found = complete(document, {}, (light, "", 1), (heavy, "", 2))
    assert (found["cpu"], found["board"]) == {"cpu = i9": ("i9", "b2"), "board = b1": ("i5", "b1")}[heavy]


def test_among_equals_the_first_one_wins(document):
    assert complete(document, {}, ("fans = 1", "", 1), ("fans = 2", "", 1))["fans"] == 1


def test_several_options_may_be_preferred_one_by_one(document):
    found = complete(document, {}, ("extras contains b", "", 1), ("extras contains c", "", 1), ("extras contains a", "", 1))
    assert found["extras"] == ("b", "c")  # two at most


def test_samples_know_no_preferences(document):
    plain = Configurator(read_product_model(document, {}))
    wished = Configurator(read_product_model(document | {"preferences": [{"prefer": "cpu = i9"}]}, {}))
    assert [wished.sample(np.random.default_rng(n)) for n in range(20)] == [
        plain.sample(np.random.default_rng(n)) for n in range(20)
    ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_completion_with_preferences_is_valid_keeps_choices_and_is_always_the_same(rich, data):
    wishes = ["cpu = i9", "board = b1", "gpu = g2", "psu = p300", "fans = 3", "extras contains b", "width = 2.5"]
    conditions = ["", "cpu = i9", "board = b2", "chosen(gpu)", "fans > 1", "extras contains a", "psu.watts > 400"]
    preferences = data.draw(
        st.lists(st.fixed_dictionaries({"prefer": st.sampled_from(wishes), "when": st.sampled_from(conditions),
                                        "weight": st.integers(0, 3)}), max_size=6)
    )  # fmt: skip
    model = read_product_model(rich | {"preferences": preferences}, {})
    engine = Configurator(model)
    drawn = engine.sample(np.random.default_rng(data.draw(st.integers(0, 50)))).as_dict()
    choices = {code: drawn[code] for code in data.draw(st.lists(st.sampled_from(list(drawn)), unique=True))}
    found = engine.configuration(choices)
    assert choices.items() <= found.as_dict().items()
    assert engine.explain(found.as_dict()) is None
    engine.domains({})
    assert engine.configuration(choices) == found == Configurator(model).configuration(choices)
