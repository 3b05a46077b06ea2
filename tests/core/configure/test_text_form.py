"""The text form of a product model loses nothing, whatever of the language it uses."""

import tomllib
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.configure import Configurator, read_product_model, write_product_model
from atoll.io.toml import write_toml

words = st.text(min_size=1, max_size=12).filter(str.strip)
amounts = st.decimals(-(10**6), 10**6, places=3).map(str) | st.integers(-999, 999) | st.sampled_from(["0", "1e3", "-0.50", 0.1])
prices = st.decimals(0, 10**6, places=2).map(str) | st.integers(0, 999)
days = st.dates(date(2026, 1, 1), date(2026, 12, 1))
facts = st.integers(-9, 9) | st.sampled_from([0.5, 1.25, True, False, "A", "2", ["A"], ["A", "B"], []]) | words
attributes = st.fixed_dictionaries({"size": st.integers(0, 9)}, optional={"fit": facts}) | st.dictionaries(
    words, facts, max_size=2
).map(lambda own: own | {"size": 1})


@st.composite
def spans(draw):
    """Days on which something holds; either may be open."""
    start, length = draw(days), draw(st.integers(1, 300))
    whole = {"valid_from": start, "valid_until": (start + timedelta(days=length)).isoformat()}
    return {name: whole[name] for name in draw(st.sets(st.sampled_from(sorted(whole))))}


@st.composite
def options(draw, prefix):
    number = draw(st.integers(2, 3))
    return [
        {"code": f"{prefix}{n}", "name": draw(words), "price": draw(amounts), "attributes": draw(attributes)}
        | ({"item": draw(words)} if draw(st.booleans()) else {})
        | ({"share": draw(st.sampled_from([0, 1, 0.25, 7]))} if draw(st.booleans()) else {})
        for n in range(number)
    ]


def features(draw):
    """One feature of each kind, in any order."""
    named = {code: {"code": code, "name": draw(words)} for code in ("one", "opt", "many", "units", "width", "note")}
    made = [
        named["one"] | {"kind": "one", "options": draw(options("a"))},
        named["opt"] | {"kind": "optional", "options": draw(options("b"))},
        named["many"] | {"kind": "many", "options": draw(options("c")), "minimum": draw(st.integers(0, 1)), "maximum": 2},
        named["units"] | {"kind": "quantity", "maximum": 6, "step": draw(st.sampled_from([1, 2, "3"])), "price": draw(amounts),
                          "attributes": draw(attributes), "item": "U"},
        named["width"] | {"kind": "number", "minimum": "-1.5", "maximum": "3", "step": draw(st.sampled_from(["0.5", 0.25]))},
        named["note"] | {"kind": "text", "max_length": draw(st.integers(3, 90)), "pattern": "[a-z]*", "price": draw(amounts)},
    ]  # fmt: skip
    defaults = {"one": "a1", "opt": "none", "many": ["c1"], "units": 6, "width": "0.5", "note": "abc"}
    for feature in made:
        if draw(st.booleans()):
            feature["default"] = defaults[feature["code"]]
        if draw(st.booleans()):
            feature["group"] = draw(words)
    return draw(st.permutations(made))


CONDITIONS = st.sampled_from(
    ["one = a1 -> opt != b0", "chosen(note) or not many contains c0", "sum(size) * 2 <= load + 90", "one.size in {0, 1, 2}",
     "units >= 3 requires width > -1", "count(many) < 2 <-> opt = none", "load > 3\nor units = 0"]
)  # fmt: skip
NUMBERS = st.sampled_from(["1", "2 + units", "count(many) * 3", "units"])


@st.composite
def documents(draw):
    """A document with some of everything."""

    def some(name, *parts):
        """Up to two records with their days."""
        made = draw(st.lists(st.fixed_dictionaries(dict(parts)), max_size=2))
        return {name: [{"name": f"{name} {n}"} | record | draw(spans()) for n, record in enumerate(made)]}

    when = {"when": draw(CONDITIONS)} if draw(st.booleans()) else {}
    document = {"code": draw(words), "name": draw(words), "end_item": draw(words), "revision": draw(words)}
    document |= {"base_price": draw(prices), "currency": "EUR", "features": features(draw)}
    document |= {"subassemblies": ["S"], "phantoms": draw(st.sampled_from([[], ["P", "Q"]]))}
    document["derived"] = [{"name": "load", "expression": "sum(size) + half"}, {"name": "half", "expression": "0.5 * units"}]
    document |= some("rules", ("text", words), ("rule", CONDITIONS))
    document["tables"] = draw(
        st.lists(
            st.sampled_from(
                [
                    {"features": ["one", "units"], "allowed": [["a0", "0..3|6"], ["*", 0]]},
                    {"features": ["opt", "width"], "forbidden": [["b0|none", "-1.5"], ["b1", "*"]]},
                ]
            ),
            max_size=2,
        )
    )
    document["tables"] = [table | {"name": f"table {n}"} | draw(spans()) for n, table in enumerate(document["tables"])]
    document["preferences"] = [{"prefer": draw(st.sampled_from(["one = a1", "many contains c0", "width = 0.5"])), **when}]
    document |= some("prices", ("text", words), ("amount", NUMBERS | st.integers(-9, 9)))
    document["prices"] += [{"name": "of an option", "feature": "one", "option": "a1", "amount": "load - 1", **when}]
    document["packages"] = [{"name": "set", "text": draw(words), "choices": {"many": ["c0", "c1"], "units": 6}, "price": 0}]
    document["volume_prices"] = [
        {"from_quantity": 9, "unit_price": draw(prices)},
        {"from_quantity": 5, "discount_percent": "2.5"},
    ]
    rounding = draw(st.sampled_from(["0.05", 1, 0.01]))
    document["currencies"] = [{"code": "CHF", "rate": "0.93", "rounding": rounding, "base_price": draw(prices),
                               "prices": {"one": {"a0": draw(amounts)}, "units": draw(amounts), "note": 3}}]  # fmt: skip
    document["lines"] = [
        {"item": draw(words), "quantity": draw(NUMBERS), "alternates": draw(st.sampled_from([[], ["ALT-1", "ALT-2"]])), **when}
    ]
    document["operations"] = [{"name": draw(words), "minutes": draw(NUMBERS), "line_group": draw(words), **when}]
    document["examples"] = [{"name": draw(words), "choices": {"one": "a0", "units": 6, "width": "0.5", "many": ["c0"]},
                             "valid": draw(st.booleans())}]  # fmt: skip
    return document


def worth_a_package(document):
    """Choices of a package must cost something by themselves."""
    for feature in document["features"]:
        if feature["code"] == "units":
            feature["price"] = 5
        for option in feature.get("options", ()):
            option["price"] = str(option["price"]).removeprefix("-")
    return document


@settings(max_examples=40, deadline=None)
@given(documents().map(worth_a_package))
def test_any_model_becomes_text_and_the_same_model_again(document):
    model = read_product_model(document, {})
    text = write_toml(write_product_model(model))
    again = read_product_model(tomllib.loads(text), {})
    assert again == model
    assert write_toml(write_product_model(again)) == text


@settings(max_examples=10, deadline=None)
@given(documents().map(worth_a_package))
def test_equal_choices_keep_their_key_through_the_text(document):
    model = read_product_model(document, {})
    again = read_product_model(tomllib.loads(write_toml(write_product_model(model))), {})
    if Configurator(model).explain({}) is None:
        assert Configurator(again).configuration({}) == Configurator(model).configuration({})
