"""Product models: features with options, rules, and what a valid choice takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from atoll.model.expression import Expression
from atoll.model.item import NO_ATTRIBUTES, Attributes

Value = str | int | Decimal | tuple[str, ...]
"""The value of a feature: an option's code, a number, a text, or the codes chosen of several."""

NONE = "none"
"""The value of an optional feature when nothing is chosen."""


class FeatureKind(StrEnum):
    """How many values a feature takes, and of what sort."""

    ONE = "one"
    OPTIONAL = "optional"
    MANY = "many"
    QUANTITY = "quantity"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a feature.

    Parameters
    ----------
    item
        The item that it brings into the product, or None.
    price
        Added to the price of the product.
    share
        Relative weight with which it is taken. A feature of kind many takes each option by itself with this probability; an
        optional one stays empty with the weight that the shares leave to 1, or with weight 1 when they leave nothing.
    attributes
        What rules know of it.
    """

    code: str
    name: str
    item: str | None = None
    price: Decimal = Decimal(0)
    share: float = 1.0
    attributes: Attributes = field(default_factory=lambda: NO_ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Feature:
    """Something to choose.

    Parameters
    ----------
    options
        The values of kinds one, optional and many.
    minimum, maximum, step
        How many options of kind many (a maximum of 0 is no limit); the range of kinds quantity and number.
    item, attributes
        What each unit of a quantity brings, and what rules know of it.
    price
        What each unit of a quantity costs, or a text that is not empty.
    max_length, pattern
        What a text must keep to; an empty text always may stand.
    """

    code: str
    name: str
    kind: FeatureKind
    options: tuple[Option, ...] = ()
    default: Value | None = None
    group: str = ""
    minimum: Decimal = Decimal(0)
    maximum: Decimal = Decimal(0)
    step: Decimal = Decimal(1)
    item: str | None = None
    price: Decimal = Decimal(0)
    attributes: Attributes = field(default_factory=lambda: NO_ATTRIBUTES)
    max_length: int = 60
    pattern: str = ""

    def option(self, code: str) -> Option | None:
        """The option of a code."""
        return next((option for option in self.options if option.code == code), None)

    def values(self) -> tuple[Value, ...]:
        """All values, in order: of kind many the single options, of kind text none."""
        match self.kind:
            case FeatureKind.TEXT:
                return ()
            case FeatureKind.QUANTITY:
                return tuple(int(number) for number in self._numbers())
            case FeatureKind.NUMBER:
                return self._numbers()
            case FeatureKind.OPTIONAL:
                return (NONE, *(option.code for option in self.options))
            case _:
                return tuple(option.code for option in self.options)

    def _numbers(self) -> tuple[Decimal, ...]:
        count = int((self.maximum - self.minimum) // self.step)
        return tuple(self.minimum + self.step * n for n in range(count + 1))


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a configuration valid: a name, words for people, and the condition.

    Parameters
    ----------
    source
        The condition as it was written; empty for a table.
    valid_from, valid_until
        Days on which it begins to hold and on which it no longer does; None for always.
    """

    name: str
    text: str
    condition: Expression
    source: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    def holds_on(self, day: date | None) -> bool:
        """Whether the rule is in force on a day; without a day, whether it ever is."""
        return _is_within(self.valid_from, day, self.valid_until)


def _is_within(start: date | None, day: date | None, end: date | None) -> bool:
    return day is None or ((start is None or start <= day) and (end is None or day < end))


@dataclass(frozen=True, slots=True)
class Derived:
    """A number with a name, which rules, quantities and prices may use.

    Parameters
    ----------
    expression
        What it comes to, with other derived values already put in; so it does in every expression of a model.
    source
        The expression as it was written.
    """

    name: str
    expression: Expression
    source: str


@dataclass(frozen=True, slots=True)
class Preference:
    """A value to complete a choice with where its condition holds and the rules allow it. It never keeps anybody from choosing.

    Parameters
    ----------
    value
        Of a feature that takes several, the one option that is preferred.
    source
        The preference as it was written.
    weight
        The weightier one wins where two cannot both be granted.
    """

    feature: str
    value: Value
    source: str
    condition: Expression | None = None
    condition_text: str = ""
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class PriceRule:
    """What is added to the price, or taken off it, under a condition.

    Parameters
    ----------
    amount
        In the model's currency; below zero it is taken off.
    feature, option
        It counts only when the option is chosen, or anything of the feature; without them always.
    valid_from, valid_until
        Days on which it begins to count and on which it no longer does; None for always.
    """

    name: str
    text: str
    amount: Expression
    amount_text: str
    feature: str | None = None
    option: str | None = None
    condition: Expression | None = None
    condition_text: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    def holds_on(self, day: date | None) -> bool:
        """Whether it counts on a day; without a day, whether it ever does."""
        return _is_within(self.valid_from, day, self.valid_until)


@dataclass(frozen=True, slots=True)
class Package:
    """Choices that cost less together.

    Parameters
    ----------
    choices
        Feature, with the option that it must have or the units of a quantity that there must be at least.
    price
        What the choices cost together, in place of the sum of their prices.
    feature, option
        The option that stands for the package and requires its choices; without one, whoever makes them all gets the price.
    """

    name: str
    text: str
    choices: tuple[tuple[str, str | int], ...]
    price: Decimal = Decimal(0)
    feature: str | None = None
    option: str | None = None


@dataclass(frozen=True, slots=True)
class VolumePrice:
    """What an order for many units costs less.

    Parameters
    ----------
    from_quantity
        Units of one order line from which it counts.
    discount_percent
        Taken off the price of each unit.
    unit_price
        Takes the place of the base price; None where that stays.
    """

    from_quantity: int
    discount_percent: Decimal = Decimal(0)
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Currency:
    """Another currency to sell in.

    Parameters
    ----------
    rate
        Units of it for one unit of the model's currency.
    rounding
        Amounts are rounded to a multiple of this; what is half way goes away from zero.
    base_price
        In place of the base price times the rate.
    prices
        A price list: feature, option (empty for a quantity or text) and price, in place of the price times the rate.
    """

    code: str
    rate: Decimal
    rounding: Decimal = Decimal("0.01")
    base_price: Decimal | None = None
    prices: tuple[tuple[str, str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """Choices that must stay valid, or must stay invalid, whatever else changes in a model."""

    name: str
    choices: tuple[tuple[str, Value], ...]
    valid: bool = True


@dataclass(frozen=True, slots=True)
class SuperBillLine:
    """An item that goes into the product under a condition, beyond the items of the options themselves.

    Parameters
    ----------
    alternates
        Items that may be taken in its place, the best first.
    substitutes
        Items that may be taken in its place where somebody agrees to it, the best first.
    """

    item: str
    quantity: Expression
    quantity_text: str
    condition: Expression | None = None
    condition_text: str = ""
    alternates: tuple[str, ...] = ()
    substitutes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """Work of final assembly, under a condition.

    Parameters
    ----------
    line_group
        The assembly lines that can do it, in the company's own words; empty where any can.
    """

    name: str
    minutes: Expression
    minutes_text: str
    condition: Expression | None = None
    condition_text: str = ""
    line_group: str = ""


@dataclass(frozen=True, slots=True)
class ProductModel:
    """What can be ordered.

    Parameters
    ----------
    end_item
        Code of the item that is shipped.
    rules
        As they were written, then those that options which stand for packages bring, then those of the tables.
    subassemblies
        Stocked subassemblies that may stand in an order bill for the components they are made of.
    phantoms
        Items that are never stocked: their components take their place at once.
    tables
        The documents of the table rules, as they were read; their rules are the last ones among the rules.
    volume_prices
        Smallest quantity first.
    """

    code: str
    name: str
    end_item: str
    revision: str
    base_price: Decimal
    currency: str
    features: tuple[Feature, ...]
    rules: tuple[Rule, ...] = ()
    lines: tuple[SuperBillLine, ...] = ()
    operations: tuple[Operation, ...] = ()
    subassemblies: tuple[str, ...] = ()
    tables: tuple[Mapping[str, Any], ...] = ()
    phantoms: tuple[str, ...] = ()
    derived: tuple[Derived, ...] = ()
    preferences: tuple[Preference, ...] = ()
    prices: tuple[PriceRule, ...] = ()
    packages: tuple[Package, ...] = ()
    volume_prices: tuple[VolumePrice, ...] = ()
    currencies: tuple[Currency, ...] = ()
    examples: tuple[Example, ...] = ()

    def feature(self, code: str) -> Feature | None:
        """The feature of a code."""
        return next((feature for feature in self.features if feature.code == code), None)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A complete valid choice under one revision of a model.

    Parameters
    ----------
    values
        Feature and value, in the order of the model's features.
    key
        Equal for equal choices of the same model and revision, whatever the order in which they were made.
    """

    model: str
    revision: str
    values: tuple[tuple[str, Value], ...]
    key: str

    def as_dict(self) -> dict[str, Any]:
        """Values by feature, as JSON keeps them."""
        return {feature: plain(value) for feature, value in self.values}

    def __getitem__(self, feature: str) -> Value:
        return dict(self.values)[feature]


def plain(value: Value) -> str | int | list[str]:
    """A value as JSON keeps it; decimal numbers become text."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Decimal) else value
