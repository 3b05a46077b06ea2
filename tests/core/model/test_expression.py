"""The rule language: what binds closer, what is refused where, and what comes out."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.configure.evaluate import evaluate
from atoll.model.expression import (
    Arithmetic,
    Attribute,
    Choice,
    Chosen,
    Comparison,
    Count,
    Logical,
    Not,
    Number,
    OneOf,
    RuleSyntax,
    Sum,
    Word,
    depth,
    features_of,
    parse,
)
from atoll.model.product import Feature, FeatureKind, Option, ProductModel

A, B, C = Choice("a"), Choice("b"), Choice("c")
FEATURES = frozenset("abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = x", Comparison("=", A, Word("x"))),
        ("a != 'x y'", Comparison("!=", A, Word("x y"))),
        ("a in {x, 2, \"y z\"}", OneOf(A, ("x", "2", "y z"))),
        ("a.size <= b.room", Comparison("<=", Attribute("a", "size"), Attribute("b", "room"))),
        ("a.sizes contains b.size", Comparison("contains", Attribute("a", "sizes"), Attribute("b", "size"))),
        ("a + b * 2 - c > 1.5", Comparison(
            ">", Arithmetic("-", Arithmetic("+", A, Arithmetic("*", B, Number(Decimal(2)))), C), Number(Decimal("1.5")))),
        ("(a + b) * 2 > -c", Comparison(
            ">", Arithmetic("*", Arithmetic("+", A, B), Number(Decimal(2))), Arithmetic("-", Number(Decimal(0)), C))),
        ("sum(power) < count(a)", Comparison("<", Sum("power"), Count("a"))),
        ("chosen(a) and chosen(b) or chosen(c)", Logical("or", Logical("and", Chosen("a"), Chosen("b")), Chosen("c"))),
        ("not chosen(a) and chosen(b)", Logical("and", Not(Chosen("a")), Chosen("b"))),
        ("not not chosen(a)", Chosen("a")),
        ("chosen(a) -> chosen(b) -> chosen(c)", Logical("->", Chosen("a"), Logical("->", Chosen("b"), Chosen("c")))),
        ("chosen(a) requires chosen(b)", Logical("->", Chosen("a"), Chosen("b"))),
        ("chosen(a) excludes chosen(b) or chosen(c)", Logical("->", Chosen("a"), Not(Logical("or", Chosen("b"), Chosen("c"))))),
        ("chosen(a) <-> chosen(b) -> chosen(c)", Logical("<->", Chosen("a"), Logical("->", Chosen("b"), Chosen("c")))),
        ("a = i5-12400", Comparison("=", A, Word("i5-12400"))),
        ("a = 8GB", Comparison("=", A, Word("8GB"))),
        ("a = sum", Comparison("=", A, Word("sum"))),
    ],
)  # fmt: skip
def test_a_text_becomes_its_tree(text, tree):
    assert parse(text, FEATURES) == tree


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Line 1, column 1: expected a feature, an option, a number or `(`, found the end."),
        ("a =", "Line 1, column 4: expected a feature, an option, a number or `(`, found the end."),
        ("a = x\nand (b = y", "Line 2, column 11: expected `)`, found the end."),
        ("a = x b", "Line 1, column 7: expected the end, or `and`, `or`, `->` or a comparison, found `b`."),
        ("a ? b", "Line 1, column 3: expected a name, number or sign, found '?'."),
        ("a in {}", "Line 1, column 7: expected an option, found `}`."),
        ("a = and", "Line 1, column 5: expected a feature, an option, a number or `(`, found `and`."),
        ("count(x) > 1", "Line 1, column 7: expected a feature, found `x`."),
        ("sum(() > 1", "Line 1, column 5: expected a name, found `(`."),
        ("(" * 500 + "a", "Line 1, column 1: expected a shorter rule, `in {...}` or a table, found too many levels."),
        (
            " and ".join(["a = x"] * 200),
            "Line 1, column 1: expected a shorter rule, `in {...}` or a table, found too many levels.",
        ),
    ],
)
def test_a_fault_is_told_with_line_and_column(text, message):
    with pytest.raises(RuleSyntax) as refusal:
        parse(text, FEATURES)
    assert str(refusal.value) == message


def test_features_are_named_as_often_as_they_stand():
    assert list(features_of(parse("a = x and (b.size > count(a) or chosen(c)) and sum(w) < 3", FEATURES))) == ["a", "b", "a", "c"]
    assert depth(parse("a = x and not b = y", FEATURES)) == 4


MODEL = ProductModel("m", "M", "e", "1", Decimal(0), "USD", (
    Feature("a", "A", FeatureKind.OPTIONAL, (
        Option("x", "X", attributes={"size": 0.1, "fits": ("p", "q"), "new": True}), Option("y", "Y", attributes={"fit": "p"}))),
    Feature("b", "B", FeatureKind.MANY, (
        Option("u", "U", attributes={"size": 2}), Option("v", "V", attributes={"size": 3, "fit": "p"}))),
    Feature("c", "C", FeatureKind.QUANTITY, maximum=Decimal(5), attributes={"size": 0.2}),
))  # fmt: skip
VALUES = {"a": "x", "b": ("u", "v"), "c": 3}


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("a = x", True),
        ("a != x", False),
        ("a in {y, none}", False),
        ("a.size + c.size = 0.3", True),
        ("sum(size) = 5.7", True),  # 0.1 + 2 + 3 + 3 * 0.2
        ("count(b) = 2 and count(c) = 3 and count(a) = 1", True),
        ("b contains u", True),
        ("a.fits contains p and not a.fits contains r", True),
        ("a.new", True),
        ("a.new = true", True),
        ("a.size in {0.1, 7}", True),
        ("a.fit = p", None),
        ("not a.fit = p", None),
        ("a.fit = p -> c > 9", None),
        ("a.fit = p and c > 9", False),
        ("a.fit = p or c < 9", True),
        ("a.fit = p <-> c < 9", None),
        ("a.fits < 3", None),
        ("a.fit + 1 > 0", None),
        ("c * 2 - 1", Decimal(5)),
        ("chosen(a) and chosen(b) and chosen(c)", True),
    ],
)
def test_an_expression_is_worked_out(text, fact):
    assert evaluate(parse(text, FEATURES), VALUES, MODEL) == fact


@pytest.mark.parametrize(("values", "chosen"), [({"a": "none"}, False), ({"b": ()}, False), ({"c": 0}, False), ({}, True)])
def test_nothing_is_not_chosen(values, chosen):
    assert evaluate(parse("chosen(a) and chosen(b) and chosen(c)", FEATURES), VALUES | values, MODEL) is chosen


PIECES = (
    *("cpu", "gpu", "i9", "gpu.length", "chosen(", "count(", "sum(", ")", "(", "and", "or", "not", "->", "<->", "requires"),
    *("excludes", "contains", "in", "{", "}", ",", "=", "!=", "<=", "+", "-", "*", "3", "0.5", "'x", '"y"', "\n", "€", ".."),
)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join))
def test_any_text_is_a_tree_or_refused_at_a_place_of_it(text):
    refusal = None
    try:
        parse(text, frozenset({"cpu", "gpu"}))
    except RuleSyntax as error:
        refusal = error
    lines = text.split("\n")
    assert refusal is None or 1 <= refusal.line <= len(lines)
    assert refusal is None or 1 <= refusal.column <= len(lines[refusal.line - 1]) + 1
