"""The engine on a small computer, worked by hand."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import numpy as np
import pytest

from atoll.configure import Configurator, InvalidConfiguration, UnknownFeature, UnknownOption, read_product_model
from atoll.configure.errors import RuleTooLarge
from atoll.errors import BadInput


@pytest.fixture
def engine(document):
    return Configurator(read_product_model(document, {}))


def test_a_sum_of_two_long_ranges_is_refused_by_the_name_of_its_rule(document, monkeypatch):
    """7 a + 3 b of 101 values each: 101 edges for a, and for each of the 30 sums that do not settle it, 101 for b."""
    document["features"] += [{"code": code, "name": code, "kind": "quantity", "maximum": 100} for code in ("a1", "b1")]
    document["rules"].append({"name": "long sum", "text": "A long sum", "rule": "7 * a1 + 3 * b1 <= 500"})
    model = read_product_model(document, {})
    assert Configurator(model).domains({"a1": 71})["b1"] == {value: value <= 1 for value in range(101)}
    monkeypatch.setattr("atoll.configure.encoding.LARGEST_DIAGRAM", 1_000)
    with pytest.raises(RuleTooLarge, match="`long sum`"):
        Configurator(model)


def test_without_choices_defaults_shares_and_order_decide(engine):
    assert engine.configuration({}).as_dict() == {
        "cpu": "i5", "board": "b1", "gpu": "none", "psu": "p300", "extras": [], "fans": 0, "width": "1.5", "engraving": "",
    }  # fmt: skip


def test_a_default_gives_way_to_a_choice_that_excludes_it(engine):
    assert engine.configuration({"cpu": "i9"})["board"] == "b2"


def test_a_required_option_is_added(engine):
    assert engine.configuration({"engraving": "Ada"})["extras"] == ("a",)


def test_a_default_text_gives_way_to_a_choice_that_excludes_it(document):
    document["features"][-1]["default"] = "Ada"
    engine = Configurator(read_product_model(document, {}))
    assert engine.configuration({})["engraving"] == "Ada"
    assert engine.configuration({"extras": ["b"]})["engraving"] == ""


def test_a_text_that_rules_ask_for_is_never_made_up(document):
    document["rules"].append({"name": "named", "text": "An i9 bears a name", "rule": "cpu = i9 -> chosen(engraving)"})
    engine = Configurator(read_product_model(document, {}))
    assert engine.domains({})["cpu"] == {"i5": True, "i9": True}
    assert engine.explain({"cpu": "i9"}) is None
    with pytest.raises(InvalidConfiguration, match="Processor i9 with no Engraving goes against “An i9 bears a name”"):
        engine.configuration({"cpu": "i9"})


def test_the_text_itself_is_kept(engine):
    assert engine.configuration({"engraving": "  Ada "})["engraving"] == "Ada"


@pytest.mark.parametrize(
    ("choices", "rules"),
    [
        ({"cpu": "i9", "board": "b1"}, ["socket"]),
        ({"gpu": "g2", "psu": "p500"}, ["power"]),  # (65 + 350 + 2 * 5) * 1.2 = 510
        ({"gpu": "g2", "fans": 1}, ["long"]),
        ({"cpu": "i5", "fans": 3}, ["cooling"]),
        ({"engraving": "Ada", "extras": ["b"]}, ["engraving"]),
        ({"extras": ["a", "b", "c"]}, ["number of extras"]),
    ],
)
def test_each_kind_of_rule_refuses_and_is_named(engine, choices, rules):
    with pytest.raises(InvalidConfiguration) as refusal:
        engine.configuration(choices)
    if "power" not in rules:
        assert [rule.name for rule in refusal.value.rules] == rules
        assert dict(refusal.value.choices).keys() == choices.keys()
    assert set(rules) <= {rule.name for rule in refusal.value.rules}


def test_power_counts_units_and_decimals_exactly(engine):
    """(65 + 350 + 2 * 5) * 1.2 = 510; an i9 with 4 fans and G1: (125 + 200 + 20) * 1.2 = 414; without fans and card 150."""
    assert engine.domains({"gpu": "g2"})["psu"] == {"p300": False, "p500": False, "p800": True}
    assert engine.domains({"cpu": "i9", "gpu": "g1", "fans": 4})["psu"] == {"p300": False, "p500": True, "p800": True}


def test_what_is_missing_imposes_nothing(engine):
    """Without a graphics card there is no length, so that no fans are asked for."""
    assert engine.domains({"gpu": "none"})["fans"][0]


def test_the_refusal_is_a_sentence_with_choices_and_rules_in_words(engine):
    with pytest.raises(InvalidConfiguration) as refusal:
        engine.configuration({"cpu": "i9", "board": "b1"})
    expected = "This cannot be built: Processor i9 with Board B1 goes against “The processor must fit the board”."
    assert str(refusal.value) == expected


def test_repairs_give_up_one_choice_or_the_other(engine):
    choices = {"cpu": "i9", "psu": "p800", "board": "b1"}
    assert engine.repairs(choices) == [(("cpu", "i9"),), (("board", "b1"),)]
    assert engine.repairs({"cpu": "i9"}) == []


def test_a_choice_can_be_changed_while_the_others_stay(engine):
    domains = engine.domains({"cpu": "i9", "board": "b2", "extras": ["a", "b"]})
    assert domains["cpu"] == {"i5": True, "i9": True}
    assert domains["board"] == {"b1": False, "b2": True}
    assert domains["extras"] == {"a": True, "b": True, "c": False}  # two at most
    assert list(domains["width"]) == [Decimal("1.5"), Decimal("2.0"), Decimal("2.5"), Decimal("3.0")]
    assert domains["engraving"] == {}


def test_the_key_does_not_depend_on_the_order_of_choices(engine):
    one = engine.configuration({"cpu": "i9", "extras": ["b", "a"], "fans": "2"})
    two = engine.configuration({"fans": 2, "extras": ["a", "b"], "cpu": "i9"})
    assert one == two
    assert len(one.key) == 64
    assert one.key != engine.configuration({"cpu": "i9"}).key


def test_a_configuration_is_found_again_from_what_json_keeps(engine):
    found = engine.configuration({"gpu": "g2", "engraving": "Ada", "width": 2.5})
    assert engine.configuration(found.as_dict()) == found


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"cpu": "i7"}, "`i7` is not a value of Processor. Known: i5, i9."),
        ({"fans": 5}, "`5` is not a value of Fans. Expected 0 to 4 in steps of 1."),
        ({"fans": "many"}, "`many` is not a value of Fans. Expected 0 to 4 in steps of 1."),
        ({"fans": True}, "`True` is not a value of Fans. Expected 0 to 4 in steps of 1."),
        ({"width": 2.25}, "`2.25` is not a value of Width. Expected 1.5 to 3 in steps of 0.5."),
        ({"extras": "a"}, "`a` is not a value of Extras. Expected a list of options."),
        ({"engraving": "much too long"}, "`much too long` is not a value of Engraving. Expected at most 10 characters, got 13."),
        ({"engraving": "R2D2"}, "`R2D2` is not a value of Engraving. It must do without 2."),
        ({"engraving": "22"}, "`22` is not a value of Engraving. Expected a text like [A-Za-z ]+."),
        ({"engraving": "a\nb"}, "`a\nb` is not a value of Engraving. Expected a text of one line."),
    ],
)
def test_a_wrong_choice_says_what_is_expected(engine, choice, message):
    with pytest.raises(UnknownOption) as refusal:
        engine.configuration(choice)
    assert str(refusal.value) == message


def test_an_unknown_feature_names_the_nearest(engine):
    with pytest.raises(UnknownFeature, match=r"Tower has no feature `cpuu`. Did you mean `cpu`\?"):
        engine.configuration({"cpuu": "i5"})


def test_several_wrong_choices_are_told_at_once(engine):
    with pytest.raises(BadInput) as refusal:
        engine.configuration({"cpuu": "i5", "fans": 9, "board": ["b1"]})
    assert [issue.code for issue in refusal.value.issues] == ["unknown-feature", "unknown-option", "unknown-option"]


def test_samples_are_valid_and_follow_the_shares_where_nothing_binds(document):
    """Without rules: i5 three times of four, an extra every second time, each number of fans every fifth time."""
    model = read_product_model(document | {"rules": [], "tables": []}, {})
    engine, rng = Configurator(model), np.random.default_rng(7)
    drawn = [engine.sample(rng) for _ in range(2000)]
    shares = [
        (np.mean([one["cpu"] == "i5" for one in drawn]), 0.75),
        (np.mean([one["gpu"] == "none" for one in drawn]), 1 / 3),
        (np.mean([one["fans"] == 3 for one in drawn]), 0.2),
    ]
    assert all(abs(found - share) < 4 * np.sqrt(share * (1 - share) / 2000) for found, share in shares)
    assert all(engine.configuration(one.as_dict()) == one for one in drawn[:50])


def test_samples_keep_what_is_chosen_and_vary_the_rest(engine):
    rng = np.random.default_rng(4)
    drawn = [engine.sample(rng, {"cpu": "i9"}) for _ in range(60)]
    assert {one["cpu"] for one in drawn} == {"i9"}
    assert len({one.key for one in drawn}) > 1
    assert all(engine.configuration(one.as_dict()) == one for one in drawn)


def test_an_optional_feature_stays_empty_with_what_the_shares_leave(document):
    document["features"][2]["options"][0]["share"] = 0.1
    document["features"][2]["options"][1]["share"] = 0.2
    engine, rng = Configurator(read_product_model(document | {"rules": [], "tables": []}, {})), np.random.default_rng(3)
    empty = np.mean([engine.sample(rng)["gpu"] == "none" for _ in range(2000)])
    assert abs(empty - 0.7) < 4 * np.sqrt(0.7 * 0.3 / 2000)


def test_threads_share_an_engine(engine):
    def answers(seed):
        return [
            engine.sample(np.random.default_rng(seed)),
            engine.domains({"cpu": "i9"}),
            engine.explain({"gpu": "g2", "fans": 0}),
        ]

    alone = [answers(seed) for seed in range(20)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(answers, range(20))) == alone
