"""What a configuration costs the customer."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from atoll.configure.evaluate import chosen_options
from atoll.configure.wording import words_for
from atoll.model.product import Configuration, Feature, FeatureKind, ProductModel, Value


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one unit, in the model's currency.

    Parameters
    ----------
    parts
        What it is made of, in words, with each amount; they add up to the total.
    """

    total: Decimal
    parts: tuple[tuple[str, Decimal], ...]


def price(model: ProductModel, configuration: Configuration) -> Price:
    """The base price, and what each choice adds to it."""
    chosen = dict(configuration.values)
    parts = [(model.name, model.base_price)]
    for feature in model.features:
        parts += [(words, amount) for words, amount in _added(feature, chosen[feature.code]) if amount]
    return Price(sum((amount for _, amount in parts), Decimal(0)), tuple(parts))


def _added(feature: Feature, value: Value) -> Iterator[tuple[str, Decimal]]:
    for option in chosen_options(feature, value):
        yield f"{feature.name} {option.name}", option.price
    if isinstance(value, int):
        yield words_for(feature, value), feature.price * value
    if feature.kind is FeatureKind.TEXT and value:
        yield words_for(feature, value), feature.price
