"""Documents of product models: what they may leave out, and every fault they may have."""

import json
import tomllib
from contextlib import suppress
from copy import deepcopy
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atoll.configure import read_product_model, write_product_model
from atoll.errors import BadInput
from atoll.io.toml import write_toml
from atoll.model.item import Item, Kind


def test_a_model_survives_being_written_and_read(document):
    model = read_product_model(document, {})
    written = json.loads(json.dumps(write_product_model(model)))
    assert read_product_model(written, {}) == model
    assert write_product_model(read_product_model(written, {})) == written


def test_a_model_with_all_the_rest_of_the_language_survives_too(rich):
    model = read_product_model(rich, {})
    written = json.loads(json.dumps(write_product_model(model)))
    assert read_product_model(written, {}) == model
    assert write_product_model(read_product_model(written, {})) == written
    assert read_product_model(tomllib.loads(write_toml(written)), {}) == model
    assert written["operations"][2]["minutes"] == 7
    assert [rule.name for rule in model.rules] == ["socket", "power", "long", "engraving", "all round", "cooling"]


def test_what_a_model_does_not_use_is_not_written(document):
    written = write_product_model(read_product_model(document, {}))
    assert {"derived", "preferences", "prices", "packages", "volume_prices", "currencies", "phantoms"}.isdisjoint(written)


def test_an_option_takes_from_its_item_what_it_does_not_say(document):
    item = Item("SSD", "Fast disk", Kind.COMPONENT, Decimal("70.30"), attributes={"power": 7, "size": 1000})
    document["features"][2]["options"] = [{"item": "SSD", "attributes": {"length": 9, "size": 2000}}]
    items = {code: Item(code, code, Kind.COMPONENT, Decimal(1)) for code in named_items(document)} | {"SSD": item}
    option = read_product_model(document | {"markup": 1.25}, items).features[2].options[0]
    assert (option.code, option.name, option.price) == ("SSD", "Fast disk", Decimal(88))  # 70.30 * 1.25 = 87.875
    assert option.attributes == {"power": 7, "size": 2000, "length": 9}


def named_items(document):
    options = [option for feature in document["features"] for option in feature.get("options", [])]
    return {"TOWER", "FAN", "BRACKET"} | {option["item"] for option in options if "item" in option}


def fault(path, value, code, words):
    return pytest.param(path, value, code, words, id=f"{code}: {'/'.join(map(str, path))} {value}"[:60])


REMOVE = "remove it"
FAULTS = [
    fault(["code"], REMOVE, "missing-key", "product model: `code` is missing."),
    fault(["name"], 5.5, "bad-value", "Expected a text as `name`, got 5.5."),
    fault(["name"], "", "bad-value", "`name` is empty."),
    fault(["revison"], "2", "unknown-key", "`revison` is not known here. Did you mean `revision`?"),
    fault(["base_price"], "cheap", "bad-number", "Expected a number as `base_price`, got 'cheap'."),
    fault(["base_price"], float("nan"), "bad-number", "Expected a number as `base_price`, got nan."),
    fault(["base_price"], -1, "bad-number", "Expected `base_price` >= 0, got -1."),
    fault(["features"], "cpu", "bad-value", "Expected a list as `features`, got 'cpu'."),
    fault(["features", 0], "cpu", "bad-value", "Expected a table with code"),
    fault(["features", 0, "kind"], "oen", "bad-value", "feature `cpu`: `oen` is no kind of feature. Did you mean `one`?"),
    fault(["features", 0, "code"], "my cpu", "bad-code", "`my cpu` cannot be named in rules."),
    fault(["features", 0, "code"], "board", "duplicate", "`board` stands 2 times among the features."),
    fault(["features", 0, "default"], "i7", "bad-default", "feature `cpu`: The default is wrong: `i7` is not a value"),
    fault(["features", 0, "options"], [], "missing-key", "feature `cpu`: It has no options."),
    fault(["features", 0, "options", 0, "code"], "i9", "duplicate", "`i9` stands 2 times among the options."),
    fault(["features", 0, "options", 0, "share"], -1, "bad-number", "option `i5`: Expected a number >= 0 as `share`, got -1."),
    fault(["features", 0, "options", 0, "price"], [1], "bad-number", "Expected a number as `price`, got [1]."),
    fault(["features", 0, "options", 0, "attributes"], {"power": {}}, "bad-value", "list of texts as attribute `power`, got {}."),
    fault(["features", 2, "options", 0, "code"], "none", "reserved-code", "`none` stands for nothing chosen"),
    fault(["features", 3, "maximum"], 3, "unknown-key", "A feature of kind one has no `maximum`."),
    fault(["features", 4, "maximum"], 4, "bad-number", "Expected `maximum` <= 3, the number of options, got 4."),
    fault(["features", 4, "minimum"], 3, "bad-number", "Expected `minimum` <= `maximum`, got 3 and 2."),
    fault(["features", 5, "maximum"], REMOVE, "missing-key", "feature `fans`: `maximum` is missing."),
    fault(["features", 5, "step"], 0, "bad-number", "Expected `step` > 0, got 0."),
    fault(["features", 5, "step"], 0.5, "bad-number", "Expected whole numbers"),
    fault(["features", 5, "maximum"], 10**6, "bad-number", "Expected at most 10000 values"),
    fault(["features", 7, "pattern"], "[", "bad-pattern", "feature `engraving`: `'['` is no regular expression"),
    fault(["rules", 0, "rule"], "cpu = ", "rule-syntax", "rule `socket`: Line 1, column 7: expected"),
    fault(["rules", 0, "rule"], "cpu = i7", "unknown-option", "`i7` is not a value of `cpu`. Known: i5, i9."),
    fault(["rules", 0, "rule"], "cpu in {i5, i7}", "unknown-option", "`i7` is not a value of `cpu`."),
    fault(
        ["rules", 0, "rule"],
        "gppu = g1 or cpu = i5 ",
        "unknown-feature",
        "Neither `gppu` nor `g1` is a feature. Did you mean `gpu`?",
    ),
    fault(["rules", 0, "rule"], "cpu.sokcet = A", "unknown-attribute", "attribute `sokcet`. Did you mean `socket`?"),
    fault(
        ["rules", 0, "rule"], "cpu.socket = C", "unknown-word", "`C` is no feature, and no option of `cpu` has it as `socket`."
    ),
    fault(["rules", 0, "rule"], "gppu.length = gpu.length", "unknown-word", "`gppu.length` is no feature"),
    fault(["rules", 0, "rule"], "sum(powr) < 5", "unknown-attribute", "Nothing has an attribute `powr`. Did you mean `power`?"),
    fault(["rules", 0, "rule"], "sum(socket) < 5", "not-a-number", "The attribute `socket` of `cpu`, option `i5`, is no number"),
    fault(["rules", 0, "rule"], "chosen(gppu)", "rule-syntax", "expected a feature, found `gppu`"),
    fault(["rules", 0, "rule"], "i9 requires fans > 1", "unknown-feature", "so it is no condition. Write `cpu = i9`."),
    fault(["rules", 0, "rule"], "cpu", "not-a-condition", "`cpu` is a value where a condition is expected."),
    fault(["rules", 0, "rule"], "chosen(gpu) = chosen(psu)", "not-a-value", "is a condition where a value is expected."),
    fault(["rules", 0, "rule"], "cpu < 5", "not-a-number", "`cpu` is no number."),
    fault(["rules", 0, "rule"], "fans >= tow", "not-a-number", "`tow` is no number and no feature."),
    fault(["rules", 0, "rule"], "extras = a", "many-options", "`extras` takes several options."),
    fault(["rules", 0, "rule"], "extras.power < 3", "many-options", "so `extras.power` is not one value."),
    fault(["rules", 0, "rule"], "engraving = Ada", "text-in-rule", "`chosen(engraving)`"),
    fault(["rules", 0, "rule"], "count(width) > 1", "not-a-count", "`width` has no options to be counted."),
    fault(["rules", 0, "rule"], "(" * 2000, "rule-syntax", "too many levels"),
    fault(["rules", 0, "rule"], " or ".join(["cpu = i5"] * 500), "rule-syntax", "too many levels"),
    fault(["rules", 0, "rule"], "fans < 99999999999999", "bad-number", "99999999999999 is too large or too fine."),
    fault(["rules", 0, "name"], "power", "duplicate", "`power` stands 2 times among the rules and tables."),
    fault(["rules", 0, "valid_from"], "soon", "bad-date", "Expected a date as `valid_from`, got 'soon'."),
    fault(["tables", 0, "features"], ["cpu", "fanss"], "unknown-feature", "There is no feature `fanss`. Did you mean `fans`?"),
    fault(["tables", 0, "features"], ["cpu", "extras"], "bad-column", "a feature of kind many"),
    fault(["tables", 0, "allowed"], REMOVE, "missing-key", "Expected rows, either as `allowed` or as `forbidden`."),
    fault(["tables", 0, "allowed", 0], ["i5"], "bad-row", "table `cooling`, row 1: Expected 2 cells"),
    fault(["tables", 0, "allowed", 0], ["i7", "*"], "unknown-option", "row 1: `i7` is not a value of `cpu`."),
    fault(["tables", 0, "allowed", 0], ["i5", "4..2"], "bad-number", "`4..2` is no range."),
    fault(["tables", 0, "allowed", 0], ["i5", None], "bad-value", "Expected a text or number as cell, got None."),
    fault(["lines", 0, "quantity"], "1.5", "bad-number", "line `BRACKET`, quantity: Expected a whole number, got 1.5."),
    fault(["lines", 0, "quantity"], "fanss + 1", "not-a-number", "`fanss` is no number and no feature. Did you mean `fans`?"),
    fault(["lines", 0, "when"], "gpu = g3", "unknown-option", "line `BRACKET`, when: `g3` is not a value of `gpu`."),
    fault(["lines", 0, "item"], "BRAKET", "unknown-item", "There is no item `BRAKET`. Did you mean `BRACKET`?"),
    fault(["features", 0, "options", 0, "item"], "CPU-15", "unknown-item", "There is no item `CPU-15`. Did you mean `CPU-I5`?"),
    fault(["end_item"], "TOWR", "unknown-item", "There is no item `TOWR`. Did you mean `TOWER`?"),
    fault(["subassemblies"], ["KIT"], "unknown-item", "subassemblies: There is no item `KIT`."),
    fault(["operations", 0, "minutes"], REMOVE, "missing-key", "operation `engrave`: `minutes` is missing."),
    fault(["operations", 0, "minutes"], 1.5, "bad-number", "operation `engrave`, minutes: Expected a whole number, got 1.5."),
]


RICH_FAULTS = [
    fault(["phantoms"], ["CABEL"], "unknown-item", "phantoms: There is no item `CABEL`. Did you mean `CABLES`?"),
    fault(["phantoms"], ["KIT-I5"], "bad-phantom", "`KIT-I5` is a phantom, so it is never stocked, and a subassembly"),
    fault(["derived", 0, "name"], "gpu", "duplicate", "`gpu` is a feature and a derived value."),
    fault(["derived", 0, "name"], "load", "duplicate", "`load` stands 2 times among the derived values."),
    fault(["derived", 0, "name"], "sum", "bad-code", "derived value `sum`: `sum` cannot be named in rules."),
    fault(["derived", 0, "expression"], REMOVE, "missing-key", "derived value `peak`: `expression` is missing."),
    fault(["derived", 1, "expression"], "peak - 1", "derived-cycle", "The derived values run in a circle: peak > load > peak."),
    fault(["derived", 0, "expression"], "peak * 2", "derived-cycle", "run in a circle: peak > peak."),
    fault(["derived", 0, "expression"], "laod * 2", "not-a-number", "`laod` is no number and no feature."),
    fault(["derived", 0, "expression"], "cpu", "not-a-number", "derived value `peak`: `cpu` is no number."),
    fault(["derived", 0, "expression"], "*".join(["100000 * fans"] * 5), "overflow", "a number of more than 28 digits"),
    fault(["rules", 0, "rule"], "peek < 100", "not-a-number", "`peek` is no number and no feature. Did you mean `peak`?"),
    fault(["rules", 0, "rule"], "chosen(peak)", "not-a-feature", "`peak` is a derived value, so it has no options"),
    fault(["rules", 0, "rule"], "peak.power > 1", "not-a-feature", "rule `socket`: `peak` is a derived value"),
    fault(["rules", 0, "rule"], "*".join(["fans"] * 50) + " < 9", "overflow", "rule `socket`: This can become a number of more"),
    fault(["preferences", 0, "prefer"], "bord = b2", "unknown-feature", "There is no feature `bord`. Did you mean `board`?"),
    fault(["preferences", 0, "prefer"], "board = b3", "unknown-option", "`b3` is not a value of Board."),
    fault(["preferences", 0, "prefer"], "board", "bad-value", "Expected a preference like `feature = option`, got 'board'."),
    fault(["preferences", 0, "prefer"], "engraving = Ada", "text-in-rule", "which nobody can prefer for another."),
    fault(["preferences", 0, "when"], "cpu = i7", "unknown-option", "preference 1, when: `i7` is not a value of `cpu`."),
    fault(["preferences", 0, "weight"], -1, "bad-number", "Expected `weight` >= 0, got -1."),
    fault(["prices", 0, "amount"], REMOVE, "missing-key", "price `quiet`: `amount` is missing."),
    fault(["prices", 0, "amount"], "3 * fnas", "not-a-number", "price `quiet`, amount: `fnas` is no number"),
    fault(["prices", 0, "feature"], "fnas", "unknown-feature", "There is no feature `fnas`. Did you mean `fans`?"),
    fault(["prices", 1, "option"], "g3", "unknown-option", "price `upgrade`: `g3` is not an option of `gpu`. Known: g1, g2."),
    fault(["prices", 1, "feature"], REMOVE, "missing-key", "`feature` is missing: the one that the option belongs to."),
    fault(["prices", 1, "name"], "quiet", "duplicate", "`quiet` stands 2 times among the prices."),
    fault(["prices", 1, "valid_until"], "2026-01-01", "bad-date", "Expected `valid_from` before `valid_until`"),
    fault(["packages", 0, "price"], 30, "no-saving", "The package costs 30, but its choices cost 25 one by one."),
    fault(["packages", 0, "price"], REMOVE, "missing-key", "package `cooling kit`: `price` is missing."),
    fault(["packages", 0, "choices"], {}, "missing-key", "Expected `choices`, such as"),
    fault(["packages", 0, "choices"], {"fnas": 2}, "unknown-feature", "Did you mean `fans`?"),
    fault(["packages", 0, "choices"], {"fans": 9}, "bad-number", "choice of `fans`: Expected units from 1 to 4, got 9."),
    fault(["packages", 0, "choices"], {"width": 2}, "bad-value", "A package cannot fix `width`, a feature of kind number."),
    fault(["packages", 0, "choices"], {"extras": ["d"]}, "unknown-option", "`d` is not an option of `extras`."),
    fault(["packages", 1, "option"], REMOVE, "missing-key", "`option` is missing: the one that stands for the package."),
    fault(["packages", 1, "name"], "power", "duplicate", "`power` stands 2 times among the rules and tables."),
    fault(["volume_prices", 0, "from_quantity"], 0, "bad-number", "Expected `from_quantity` >= 1, got 0."),
    fault(["volume_prices", 0, "from_quantity"], 10, "duplicate", "There are two prices from 10 units on."),
    fault(["volume_prices", 0, "discount_percent"], 5, "missing-key", "Expected either `discount_percent` or `unit_price`."),
    fault(["volume_prices", 1, "discount_percent"], 101, "bad-number", "Expected `discount_percent` <= 100, got 101."),
    fault(["currencies", 1, "rate"], REMOVE, "missing-key", "currency `JPY`: `rate` is missing."),
    fault(["currencies", 1, "rate"], 0, "bad-number", "currency `JPY`: Expected `rate` > 0, got 0."),
    fault(["currencies", 1, "rounding"], 0, "bad-number", "currency `JPY`: Expected `rounding` > 0, got 0."),
    fault(["currencies", 1, "code"], "CHF", "duplicate", "`CHF` stands 2 times among the currencies."),
    fault(["currencies", 2, "rate"], 2, "bad-number", "`USD` is the currency of the model, so its rate is 1, not 2."),
    fault(["currencies", 0, "prices"], {"cpuu": 1}, "unknown-feature", "There is no feature `cpuu`. Did you mean `cpu`?"),
    fault(["currencies", 0, "prices"], {"cpu": 1}, "bad-value", "`cpu` has options, got 1."),
    fault(["currencies", 0, "prices"], {"cpu": {"i7": 1}}, "unknown-option", "prices: `i7` is not an option of `cpu`."),
    fault(["currencies", 0, "prices"], {"fans": "x"}, "bad-number", "prices, `fans`: Expected a number as price, got 'x'."),
    fault(["lines", 2, "alternates"], ["PASTE-D"], "unknown-item", "line `PASTE-A`, alternates: There is no item `PASTE-D`."),
    fault(["lines", 2, "alternates"], ["PASTE-A"], "duplicate", "`PASTE-A` stands 2 times among the items of the line."),
    fault(["lines", 2, "quantity"], "2 - 3", "bad-number", "line `PASTE-A`, quantity: Expected a number >= 0, got 2 - 3."),
    fault(["operations", 1, "minutes"], "2 + fnas", "not-a-number", "operation `wire`, minutes: `fnas` is no number"),
    fault(["operations", 1, "minutes"], -2, "bad-number", "operation `wire`, minutes: Expected a number >= 0, got -2."),
    fault(["operations", 1, "line_group"], 1.5, "bad-value", "Expected a text as `line_group`, got 1.5."),
    fault(["examples", 0, "choices"], {"cpu": "i7"}, "unknown-option", "example `gaming`: `i7` is not a value of Processor."),
    fault(["examples", 0, "valid"], "yes", "bad-value", "Expected true or false as `valid`, got 'yes'."),
]


@pytest.mark.parametrize(("path", "value", "code", "words"), RICH_FAULTS)
def test_a_fault_in_the_rest_of_the_language_is_named_too(rich, path, value, code, words):
    items = {"KIT-I5", "CABLES", "PASTE-A", "PASTE-B", "PASTE-C"} | named_items(rich)
    known = {name: Item(name, name, Kind.COMPONENT, Decimal(1)) for name in items}
    with pytest.raises(BadInput) as refusal:
        read_product_model(changed(rich, path, value), known)
    found = [str(issue) for issue in refusal.value.issues if issue.code == code]
    assert any(words in text for text in found), [(issue.code, str(issue)) for issue in refusal.value.issues]


def test_a_table_of_a_million_rows_is_refused_before_it_is_read(document):
    document["tables"][0]["allowed"] = [["i5", "*"]] * 1_000_000
    with pytest.raises(BadInput) as refused:
        read_product_model(document, {})
    assert [issue.code for issue in refused.value.issues] == ["too-many-rows"]
    assert "1,000,000" in str(refused.value)


def test_derived_values_that_double_each_other_are_refused_before_they_fill_the_memory(document):
    chain = [{"name": f"d{n}", "expression": f"d{n - 1} + d{n - 1}"} for n in range(1, 60)]
    document["derived"] = [{"name": "d0", "expression": "fans"}, *chain]
    with pytest.raises(BadInput, match="With `d11` put in, the expression becomes too large"):
        read_product_model(document, {})


def test_a_derived_value_stands_for_its_expression_wherever_it_is_used(document, rich):
    document["rules"][1]["rule"] = "peak <= psu.watts"
    document["derived"] = rich["derived"]
    plain = document["rules"][1] | {"rule": "sum(power) * 1.2 <= psu.watts"}
    model = read_product_model(document, {})
    assert model.rules[1].condition == read_product_model(document | {"rules": [plain]}, {}).rules[0].condition
    assert model.rules[1].source == "peak <= psu.watts"


@pytest.mark.parametrize(("path", "value", "code", "words"), FAULTS)
def test_a_fault_is_named_with_its_place_and_a_way_on(document, path, value, code, words):
    items = {name: Item(name, name, Kind.COMPONENT, Decimal(1)) for name in named_items(document)}
    with pytest.raises(BadInput) as refusal:
        read_product_model(changed(document, path, value), items)
    found = [str(issue) for issue in refusal.value.issues if issue.code == code]
    assert any(words in text for text in found), [(issue.code, str(issue)) for issue in refusal.value.issues]


def changed(document, path, value):
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is REMOVE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def test_all_faults_are_told_at_once_with_the_file(document):
    document["features"][0]["default"] = "i7"
    document["rules"][1]["rule"] = "cpu = i7"
    document["nane"] = "x"
    with pytest.raises(BadInput) as refusal:
        read_product_model(document, {}, source="computers/models/tower.toml")
    assert [issue.source for issue in refusal.value.issues] == [
        "computers/models/tower.toml",
        "computers/models/tower.toml: feature `cpu`",
        "computers/models/tower.toml: rule `power`",
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3),
    max_leaves=5,
)


def paths_in(value, path=()):
    """Every place in a document."""
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in steps:
        yield from paths_in(part, (*path, step))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_document_is_read_or_refused(rich, data):
    """A value of the document is replaced by something else; nothing but a list of faults may come of it."""
    document = deepcopy(rich)
    path = data.draw(st.sampled_from([path for path in paths_in(document) if path]))
    with suppress(BadInput):
        read_product_model(changed(document, path, data.draw(json_values)), {})


@pytest.mark.parametrize("document", [None, [], "x", 3, {}, {1: 2}])
def test_what_is_no_document_is_refused(document):
    with pytest.raises(BadInput):
        read_product_model(document, {})
