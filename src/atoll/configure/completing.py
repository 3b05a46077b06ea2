"""The best ways to complete choices: the cheapest and the most popular configuration, exactly."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from math import log
from typing import Any

from atoll.configure.encoding import Axis
from atoll.configure.engine import Condition, Configurator
from atoll.configure.evaluate import evaluate
from atoll.configure.preference import weights
from atoll.configure.pricing import rounded
from atoll.configure.table import joined
from atoll.model.expression import (
    Arithmetic,
    Choice,
    Chosen,
    Comparison,
    Expression,
    Number,
    Sum,
    Word,
    features_of,
    parts_of,
)
from atoll.model.product import Configuration, FeatureKind, Package, PriceRule, ProductModel

CENT = Decimal("0.01")

FINE = 1_000
"""Popularity is reckoned in thousandths of a natural logarithm."""

NEVER_TAKEN = 40 * FINE
"""What an option without any share costs: it is taken only where it must be."""


def can_find_cheapest(model: ProductModel) -> bool:
    """Whether the cheapest configuration of a model is found here: price rules must have fixed amounts, and no two packages may
    share a choice.
    """
    shared = [(code, value if isinstance(value, str) else "") for package in model.packages for code, value in package.choices]
    return len(shared) == len(set(shared)) and all(_is_fixed(rule.amount) for rule in model.prices)


def priced_together(model: ProductModel) -> frozenset[str]:
    """Features of which a choice may change what other choices cost, through a price rule or a package."""
    expressions = [e for rule in model.prices for e in (rule.amount, rule.condition) if e is not None]
    if any(_sums_up(expression) for expression in expressions):
        return frozenset(feature.code for feature in model.features)
    of_rules = {rule.feature for rule in model.prices} | {code for one in expressions for code in features_of(one)}
    of_packages = {p.feature for p in model.packages} | {code for p in model.packages for code, _ in p.choices}
    return frozenset(code for code in of_rules | of_packages if code is not None)


def _sums_up(expression: Expression) -> bool:
    return isinstance(expression, Sum) or any(_sums_up(part) for part in parts_of(expression))


def _is_fixed(amount: Expression) -> bool:
    match amount:
        case Number():
            return True
        case Arithmetic(_, left, right):
            return _is_fixed(left) and _is_fixed(right)
        case _:
            return False


def cheapest(engine: Configurator, choices: Mapping[str, Any], on: date | None = None) -> Configuration:
    """The configuration with the lowest price that keeps the choices; of equal ones, the most usual.

    Parameters
    ----------
    on
        Price rules that hold on this day count; all of them when None.

    Raises
    ------
    ValueError
        When prices depend on choices in a way that is not looked through here.
    """
    if not can_find_cheapest(engine.model):
        raise ValueError("Expected price rules with fixed amounts, and packages that share no choice.")
    return engine.best(
        choices, lambda axis: [cents(price) for price in list_prices(axis)], list(price_conditions(engine.model, on))
    )


def cents(amount: Decimal) -> int:
    """An amount of whole cents."""
    return int(amount * 100)


def list_prices(axis: Axis) -> Iterator[Decimal]:
    """What each value of a decision adds to the price."""
    feature = axis.feature
    for value in axis.literals:
        option = feature.option(axis.option or str(value))
        if option is not None:
            yield rounded(option.price, CENT) if value else Decimal(0)
        elif feature.kind is FeatureKind.TEXT:
            yield rounded(feature.price, CENT) if value else Decimal(0)
        else:
            yield rounded(feature.price, CENT) * value if feature.kind is FeatureKind.QUANTITY else Decimal(0)


def price_conditions(model: ProductModel, on: date | None) -> Iterator[Condition]:
    """What price rules and packages add or take off where their conditions are met."""
    for rule in model.prices:
        amount = evaluate(rule.amount, {}, model)
        if rule.holds_on(on) and isinstance(amount, Decimal):
            yield Condition(rule.name, joined("and", [*_meant(model, rule)]), cents(rounded(amount, CENT)))
    for package in model.packages:
        alone = sum((_alone(model, code, value) for code, value in package.choices), Decimal(0))
        off = rounded(package.price, CENT) - alone
        yield Condition(package.name, joined("and", [*_taken(model, package)]), cents(off))


def _meant(model: ProductModel, rule: PriceRule) -> Iterator[Expression]:
    if rule.feature is not None:
        yield Chosen(rule.feature) if rule.option is None else has_option(model, rule.feature, rule.option)
    if rule.condition is not None:
        yield rule.condition


def _taken(model: ProductModel, package: Package) -> Iterator[Expression]:
    """That its choices are made; the option that stands for a package requires them already."""
    if package.feature is not None and package.option is not None:
        yield has_option(model, package.feature, package.option)
        return
    for code, value in package.choices:
        yield has_option(model, code, value) if isinstance(value, str) else Comparison(">=", Choice(code), Number(Decimal(value)))


def has_option(model: ProductModel, code: str, option: str) -> Expression:
    """That an option is chosen."""
    feature = model.feature(code)
    sign = "contains" if feature is not None and feature.kind is FeatureKind.MANY else "="
    return Comparison(sign, Choice(code), Word(option))


def _alone(model: ProductModel, code: str, value: str | int) -> Decimal:
    """What a choice of a package costs by itself."""
    feature = model.feature(code)
    if feature is None:
        return Decimal(0)
    if isinstance(value, int):
        return rounded(feature.price, CENT) * value
    option = feature.option(value)
    return rounded(option.price, CENT) if option else Decimal(0)


def most_popular(engine: Configurator, choices: Mapping[str, Any]) -> Configuration:
    """The configuration that keeps the choices and is drawn most often when each decision is drawn by its shares for itself."""
    return engine.best(choices, lambda axis: [_rarity(weight) for weight in weights(axis)])


def _rarity(weight: float) -> int:
    return round(-log(weight) * FINE) if weight > 0 else NEVER_TAKEN
