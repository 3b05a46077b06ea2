"""What is found in a model before anybody orders it."""

from decimal import Decimal

import pytest

from atoll.configure import check, read_product_model
from atoll.demo import COMPANIES, load
from atoll.model.bill import BillLine
from atoll.model.item import Item, Kind


def findings(document, *rules):
    extra = [{"name": name, "rule": rule} | days for name, rule, days in rules]
    return check(read_product_model(document | {"rules": document["rules"] + extra}, {}))


def test_a_sound_model_has_no_findings(document):
    assert findings(document) == ()


@pytest.mark.parametrize(
    ("rule", "code", "text", "blocks", "because"),
    [
        ("cpu != i9", "dead-option", "Processor i9 can never be chosen because of “extra”.", True, ["extra"]),
        ("cpu != i9", "always-chosen", "Processor i5 is in every configuration because of “extra”.", False, ["extra"]),
        ("extras contains b", "always-chosen", "Extras B is in every configuration because of “extra”.", False, ["extra"]),
        ("fans >= 0", "never-binds", "“extra” never binds: what it asks holds anyway.", False, ["extra"]),
        ("board = b1 and cpu = i9", "no-configuration", "Nothing can be configured: the rules “The processor must fit the board”"
         " and “extra” contradict each other.", True, ["socket", "extra"]),
    ],
)  # fmt: skip
def test_each_finding_names_the_rules_that_bring_it_about(document, rule, code, text, blocks, because):
    found = [finding for finding in findings(document, ("extra", rule, {})) if finding.code == code]
    assert [(finding.text, finding.blocks_release) for finding in found] == [(text, blocks)]
    assert [rule.name for rule in found[0].rules] == because


def test_an_option_that_lives_on_some_days_is_not_dead(document):
    assert findings(document, ("extra", "cpu != i9", {"valid_from": "2026-03-01"})) == ()


def test_rules_of_different_days_do_not_contradict_each_other(document):
    early = ("early", "cpu = i5", {"valid_until": "2026-03-01"})
    late = ("late", "cpu = i9", {"valid_from": "2026-03-01"})
    assert findings(document, early, late) == ()
    both = findings(document, early, ("late", "cpu = i9", {"valid_from": "2026-02-28"}))
    assert [finding.code for finding in both] == ["no-configuration"]


def test_a_rule_that_others_imply_is_redundant_and_the_others_are_named(document):
    found = findings(document, ("first", "cpu = i9 -> board = b2", {}), ("second", "board = b1 -> cpu = i5", {}))
    assert [(finding.code, finding.text) for finding in found] == [
        ("redundant-rule", "“first” can be left out: it follows from “The processor must fit the board”."),
        ("redundant-rule", "“second” can be left out: it follows from “The processor must fit the board”."),
    ]
    assert [[rule.name for rule in finding.rules] for finding in found] == [["first", "socket"], ["second", "socket"]]
    assert not any(finding.blocks_release for finding in found)


def test_of_equal_rules_only_the_later_is_redundant_so_that_all_named_can_be_left_out_together(document):
    found = findings(document, ("one", "fans >= 1", {}), ("two", "fans != 0", {}), ("three", "not fans = 0", {}))
    assert [(finding.code, [rule.name for rule in finding.rules]) for finding in found] == [
        ("redundant-rule", ["two", "one"]),
        ("redundant-rule", ["three", "one"]),
    ]


def test_a_rule_is_redundant_only_where_it_is_so_on_all_its_days(document):
    always = ("always", "fans >= 1", {})
    assert findings(document, ("early", "fans >= 1", {"valid_until": "2026-03-01"}), ("late", "fans >= 1", {})) != ()
    codes = [f.code for f in findings(document, ("early", "fans >= 1", {"valid_until": "2026-03-01"}), always)]
    assert codes == ["redundant-rule"]
    assert findings(document, ("wider", "fans >= 1", {"valid_from": "2026-03-01"}), ("wide", "fans >= 1", {
        "valid_until": "2026-03-02"})) == ()  # fmt: skip


def test_examples_must_stay_as_they_are(document):
    document["examples"] = [
        {"name": "gaming", "choices": {"cpu": "i9", "gpu": "g2"}},
        {"name": "no fit", "choices": {"cpu": "i9", "board": "b1"}, "valid": False},
    ]
    assert findings(document) == ()
    document["examples"] += [
        {"name": "long card", "choices": {"gpu": "g2", "fans": 1}},
        {"name": "two extras", "choices": {"extras": ["a", "b"]}, "valid": False},
    ]
    found = findings(document)
    assert [(finding.code, finding.blocks_release) for finding in found] == [("broken-example", True)] * 2
    assert "“long card” must stay valid" in found[0].text
    assert [rule.name for rule in found[0].rules] == ["long"]
    assert found[1].text == "The example “two extras” must stay invalid, but no rule forbids it."


def test_what_no_configuration_needs_is_named_with_the_rules_that_keep_it_out(document):
    document["lines"] += [{"item": "STRAP", "when": "gpu = g2 and fans < 2"}, {"item": "FOAM", "when": "fans > 9"}]
    document["operations"] += [{"name": "tie", "minutes": 3, "when": "cpu = i9 and board = b1"}]
    assert [(finding.code, finding.text) for finding in findings(document)] == [
        (
            "unused-item",
            "The item STRAP is never needed: `gpu = g2 and fans < 2` is never met because of “A long card needs two fans”.",
        ),
        ("unused-item", "The item FOAM is never needed: `fans > 9` is never met."),
        (
            "unused-operation",
            "The operation “tie” is never needed: `cpu = i9 and board = b1` is never met because of “The processor must fit the "
            "board”.",
        ),
    ]


def test_a_subassembly_of_which_a_part_never_comes_is_never_used(document):
    model = read_product_model(document | {"subassemblies": ["KIT", "SET"]}, {})
    bills = {"KIT": (BillLine("CPU-I5", 1), BillLine("B1", 1)), "SET": (BillLine("B1", 1), BillLine("GLUE", 1))}
    assert [finding.text for finding in check(model, bills=bills)] == [
        "The subassembly SET can stand in nowhere: nothing brings GLUE."
    ]


def test_an_option_without_item_among_options_with_one_is_noted_unless_a_line_asks_for_it(document):
    document["features"][3]["options"].append({"code": "p900", "name": "900 W", "attributes": {"watts": 900}})
    assert [finding.code for finding in findings(document)] == ["option-without-item"]
    document["lines"].append({"item": "P900", "when": "psu in {p900}"})
    assert findings(document) == ()


@pytest.mark.parametrize(
    ("kind", "default", "prices", "codes"),
    [
        ("optional", None, (0, 5, 9), ["option-without-price"]),
        ("optional", None, (0, 0, 9), []),
        ("one", "x", (0, 5, 9), []),  # the base price pays for it
        ("one", "y", (0, 5, 9), ["option-without-price"]),
        ("one", None, (0, 5, 9), []),
    ],
)
def test_a_gap_among_the_prices_is_noted_unless_the_base_price_pays_for_it(document, kind, default, prices, codes):
    options = [{"code": code, "name": code, "price": price} for code, price in zip("xyz", prices, strict=True)]
    feature = {"code": "new", "name": "New", "kind": kind, "options": options} | ({"default": default} if default else {})
    document["features"].append(feature)
    assert [finding.code for finding in findings(document)] == codes


def test_a_price_below_cost_counts_what_the_base_price_pays_for(document):
    costs = {"CPU-I5": 80, "CPU-I9": 310, "B1": 40, "B2": 95, "G1": 0, "G2": 380}
    items = {code: Item(code, code, Kind.COMPONENT, Decimal(cost)) for code, cost in costs.items()}
    found = check(read_product_model(document, {}), items)
    assert [(finding.code, finding.text) for finding in found] == [
        ("price-below-cost", "Processor i9 is sold for 300, but CPU-I9 costs 310."),
        ("price-below-cost", "Board B2 is sold for 50, but B2 costs 55 more than the one included."),
    ]


@pytest.mark.parametrize("company", COMPANIES)
def test_the_demonstration_companies_can_be_released(company):
    data = load(company)
    for document in data.models.values():
        model = read_product_model(document, data.items)
        found = check(model, data.items, data.bills)
        assert not [finding for finding in found if finding.blocks_release]
        assert not [finding for finding in found if finding.code in {"redundant-rule", "never-binds"}]
