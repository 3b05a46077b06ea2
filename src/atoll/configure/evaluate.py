"""The value of an expression for a complete choice."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

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
from atoll.model.product import NONE, Feature, FeatureKind, Option, ProductModel, Rule, Value

Fact = AttributeValue | Decimal | None
"""What an expression comes to; None where an attribute is missing."""


def evaluate(expression: Expression, values: Mapping[str, Value], model: ProductModel) -> Fact:
    """Work an expression out.

    Parameters
    ----------
    values
        Value of every feature that the expression speaks of; a sum is over those that are there.

    Returns
    -------
    Fact
        A truth value, number or word; None where it is unknown because an attribute is missing.
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
            return is_chosen(_feature(model, name), values[name])
        case Count(name):
            return count_fact(_feature(model, name), values[name])
        case Sum(attribute):
            chosen = [feature for feature in model.features if feature.code in values]
            return sum((share_of_sum(feature, values[feature.code], attribute) for feature in chosen), Decimal(0))
        case Arithmetic(sign, left, right):
            return arithmetic(sign, evaluate(left, values, model), evaluate(right, values, model))
        case Comparison(sign, left, right):
            return compare(sign, evaluate(left, values, model), evaluate(right, values, model))
        case OneOf(left, words):
            found = evaluate(left, values, model)
            return None if found is None else any(compare("=", found, word) for word in words)
        case Not(part):
            truth = truth_of(evaluate(part, values, model))
            return None if truth is None else not truth
        case Logical(sign, left, right):
            return logical(sign, truth_of(evaluate(left, values, model)), truth_of(evaluate(right, values, model)))


def is_kept(rule: Rule, values: Mapping[str, Value], model: ProductModel) -> bool:
    """Whether a complete choice keeps to a rule; what is unknown breaks none."""
    return truth_of(evaluate(rule.condition, values, model)) is not False


def is_true(condition: Expression | None, values: Mapping[str, Value], model: ProductModel) -> bool:
    """Whether a condition certainly holds; no condition always does."""
    return condition is None or truth_of(evaluate(condition, values, model)) is True


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


def is_chosen(feature: Feature, value: Value) -> bool:
    """Whether anything is chosen; a quantity is when it is above zero, a number always."""
    return value != 0 if feature.kind is FeatureKind.QUANTITY else value not in (NONE, (), "")


def count_fact(feature: Feature, value: Value) -> Fact:
    """How many options are chosen, or units of a quantity."""
    return Decimal(value) if isinstance(value, int) else Decimal(len(chosen_options(feature, value)))


def attribute_fact(feature: Feature, value: Value, name: str) -> Fact:
    """An attribute of the one option chosen, or of a quantity's units; None when nothing is chosen or it has none."""
    if feature.kind is FeatureKind.QUANTITY:
        return number(feature.attributes.get(name)) if value else None
    options = chosen_options(feature, value)
    return number(options[0].attributes.get(name)) if len(options) == 1 else None


def share_of_sum(feature: Feature, value: Value, attribute: str) -> Decimal:
    """What the choice for one feature adds to the sum of an attribute."""
    if isinstance(value, int):
        return value * _amount(feature.attributes.get(attribute))
    return sum((_amount(option.attributes.get(attribute)) for option in chosen_options(feature, value)), Decimal(0))


def _amount(attribute: AttributeValue | None) -> Decimal:
    fact = number(attribute)
    return fact if isinstance(fact, Decimal) else Decimal(0)


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


def compare(sign: str, left: Fact, right: Fact) -> bool | None:
    """Compare two facts; unknown where one is missing, or is to be smaller or larger and is no number."""
    if left is None or right is None:
        return None
    if sign == "contains":
        return right in left if isinstance(left, tuple) else _same(left, right)
    if sign in {"=", "!="}:
        return _same(left, right) == (sign == "=")
    if not isinstance(left, Decimal) or not isinstance(right, Decimal):
        return None
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def _same(left: Fact, right: Fact) -> bool:
    """Equal facts; a truth is the word for it, a number the text that says it, and a list of one is that one."""
    if isinstance(left, bool) or isinstance(right, bool):
        return str(left).lower() == str(right).lower()
    if isinstance(left, Decimal) and isinstance(right, str):
        return left == as_number(right)
    if isinstance(right, Decimal) and isinstance(left, str):
        return right == as_number(left)
    return left == right or (isinstance(left, tuple) and left == (right,))


def as_number(text: str) -> Decimal | None:
    """The number that a text says, or None."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def truth_of(fact: Fact) -> bool | None:
    """Whether a fact stands for yes: not for zero, an empty list or text, `no` or `false`."""
    if fact is None or isinstance(fact, bool):
        return fact
    return fact.lower() not in {"", "no", "false"} if isinstance(fact, str) else bool(fact)


def logical(sign: str, left: bool | None, right: bool | None) -> bool | None:
    """Combine two truths, either of which may be unknown (Kleene's logic)."""
    match sign:
        case "and":
            return False if left is False or right is False else None if left is None or right is None else True
        case "or":
            return _opposite(logical("and", _opposite(left), _opposite(right)))
        case "->":
            return logical("or", _opposite(left), right)
        case _:
            return logical("and", logical("->", left, right), logical("->", right, left))


def _opposite(truth: bool | None) -> bool | None:
    return None if truth is None else not truth
