"""The value of an expression for a complete choice."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from atoll.model.expression import (
    Arithmetic,
    Attribute,
    Choice,
    Chosen,
    Comparison,
    Count,
    Expression,
    Logical,
    Not,
    Number,
    OneOf,
    Sum,
    Word,
)
from atoll.model.item import Attribute as AttributeValue
from atoll.model.product import NONE, Feature, FeatureKind, Option, ProductModel, Value

Fact = AttributeValue | Decimal | None
"""What an expression comes to; None where an attribute is missing."""


def evaluate(expression: Expression, values: Mapping[str, Value], model: ProductModel) -> Fact:
    """Work an expression out.

    Parameters
    ----------
    values
        Value of every feature that the expression speaks of.

    Returns
    -------
    A truth value, number or word; None where an attribute that it needs is missing.
    """
    match expression:
        case Number(value):
            return value
        case Word(value):
            return value
        case Choice(name):
            return choice_fact(values[name])
        case Attribute(name, attribute):
            return attribute_fact(_feature(model, name), values[name], attribute)
        case Chosen(name):
            return values[name] not in (NONE, (), "")
        case Count(name):
            return Decimal(len(chosen_options(_feature(model, name), values[name])))
        case Sum(attribute):
            return sum((share_of_sum(feature, values[feature.code], attribute) for feature in model.features), Decimal(0))
        case Arithmetic(sign, left, right):
            return arithmetic(sign, evaluate(left, values, model), evaluate(right, values, model))
        case Comparison(sign, left, right):
            return compare(sign, evaluate(left, values, model), evaluate(right, values, model))
        case OneOf(left, words):
            found = evaluate(left, values, model)
            return True if found is None else any(compare("=", found, word) for word in words)
        case Not(part):
            return not evaluate(part, values, model)
        case Logical(sign, left, right):
            return logical(sign, bool(evaluate(left, values, model)), bool(evaluate(right, values, model)))


def _feature(model: ProductModel, code: str) -> Feature:
    feature = model.feature(code)
    if feature is None:
        raise ValueError(f"Expected a feature of {model.code}, got {code}.")
    return feature


def choice_fact(value: Value) -> Fact:
    """What the name of a feature stands for: its option, number or text, or the list of its options."""
    return Decimal(value) if isinstance(value, int) else value


def chosen_options(feature: Feature, value: Value) -> tuple[Option, ...]:
    """The options that a value chooses."""
    codes: Iterable[Value] = value if isinstance(value, tuple) else (value,)
    return tuple(option for code in codes if (option := feature.option(str(code))) is not None)


def attribute_fact(feature: Feature, value: Value, name: str) -> Fact:
    """An attribute of the option chosen; None when nothing is chosen or the option has none."""
    options = chosen_options(feature, value)
    fact = options[0].attributes.get(name) if len(options) == 1 else None
    return number(fact)


def share_of_sum(feature: Feature, value: Value, attribute: str) -> Decimal:
    """What the choice for one feature adds to the sum of an attribute."""
    facts = [number(option.attributes.get(attribute)) for option in chosen_options(feature, value)]
    return sum((fact for fact in facts if isinstance(fact, Decimal)), Decimal(0))


def number(fact: AttributeValue | None) -> Fact:
    """Numbers as decimals, so that 0.1 is a tenth."""
    if isinstance(fact, bool) or not isinstance(fact, (int, float)):
        return fact
    return Decimal(str(fact))


def arithmetic(sign: str, left: Fact, right: Fact) -> Fact:
    """Add, subtract or multiply; missing where a side is missing or no number."""
    if not isinstance(left, Decimal) or not isinstance(right, Decimal):
        return None
    return left + right if sign == "+" else left - right if sign == "-" else left * right


def compare(sign: str, left: Fact, right: Fact) -> bool:
    """Compare two facts; true where one is missing, since nothing is known against it."""
    if left is None or right is None:
        return True
    if sign == "contains":
        return right in left if isinstance(left, tuple) else _same(left, right)
    if sign in {"=", "!="}:
        return _same(left, right) == (sign == "=")
    if not isinstance(left, Decimal) or not isinstance(right, Decimal):
        return False
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def _same(left: Fact, right: Fact) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return str(left).lower() == str(right).lower()
    if isinstance(left, tuple) or isinstance(right, tuple):
        return left == right or (isinstance(left, tuple) and left == (right,))
    return str(left) == str(right) if type(left) is not type(right) else left == right


def logical(sign: str, left: bool, right: bool) -> bool:
    """Combine two truths."""
    return {"and": left and right, "or": left or right, "->": not left or right, "<->": left == right}[sign]


def is_finite(feature: Feature) -> bool:
    """Whether the engine reasons about the feature; texts are only checked by themselves."""
    return feature.kind is not FeatureKind.TEXT
