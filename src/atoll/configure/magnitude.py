"""Whether numbers stay exact: how large an expression can become for any choice, and how many decimals it can have."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from atoll.configure.document import Faults
from atoll.configure.evaluate import number
from atoll.configure.meaning import NUMBERS, Features
from atoll.model.expression import Arithmetic, Attribute, Choice, Count, Expression, Number, Sum, parts_of
from atoll.model.item import Attribute as Fact
from atoll.model.product import Feature, FeatureKind

DIGITS = 28
"""Digits that the default context of `decimal` reckons with exactly."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The largest size that a number can have, its sign aside, and its decimals."""

    size: Decimal
    decimals: int

    @property
    def is_exact(self) -> bool:
        """Whether all its digits are kept."""
        return max(self.size.adjusted() + 1, 0) + self.decimals <= DIGITS


NOTHING = Extent(Decimal(0), 0)


def check_exact(expression: Expression, features: Features, faults: Faults) -> None:
    """Note that a sum or product can have more digits than are reckoned with."""
    if not _is_exact(expression, features):
        message = f"This can become a number of more than {DIGITS} digits."
        faults.add("overflow", message, "Multiply fewer numbers, or smaller ones.")


def _is_exact(expression: Expression, features: Features) -> bool:
    if isinstance(expression, Arithmetic):
        return _exact_extent(expression, features) is not None
    return all(_is_exact(part, features) for part in parts_of(expression))


def _exact_extent(expression: Expression, features: Features) -> Extent | None:
    """The extent of a number of which every part is exact, or None."""
    if not isinstance(expression, Arithmetic):
        return _extent(expression, features)
    left, right = _exact_extent(expression.left, features), _exact_extent(expression.right, features)
    if left is None or right is None:
        return None
    if expression.sign == "*":
        found = Extent(left.size * right.size, left.decimals + right.decimals)
    else:
        found = Extent(left.size + right.size, max(left.decimals, right.decimals))
    return found if found.is_exact else None


def _extent(expression: Expression, features: Features) -> Extent:
    match expression:
        case Number(value):
            return _extent_of([value])
        case Choice(code) if features[code].kind in NUMBERS:
            feature = features[code]
            return _extent_of([feature.minimum, feature.maximum, feature.step])
        case Count(code):
            return Extent(max(features[code].maximum, Decimal(len(features[code].options))), 0)
        case Attribute(code, name):
            feature = features[code]
            return _extent_of(
                _numbers([feature.attributes.get(name), *(option.attributes.get(name) for option in feature.options)])
            )
        case Sum(name):
            shares = [_extent_of_share(feature, name) for feature in features.values()]
            return Extent(sum((share.size for share in shares), Decimal(0)), max((s.decimals for s in shares), default=0))
        case _:
            return NOTHING


def _extent_of_share(feature: Feature, attribute: str) -> Extent:
    """What one feature can add to the sum of an attribute."""
    amounts = _numbers(option.attributes.get(attribute) for option in feature.options)
    if feature.kind is FeatureKind.QUANTITY:
        amounts = [amount * feature.maximum for amount in _numbers([feature.attributes.get(attribute)])]
    found = _extent_of(amounts)
    return Extent(sum(map(abs, amounts), Decimal(0)), found.decimals) if feature.kind is FeatureKind.MANY else found


def _numbers(facts: Iterable[Fact | None]) -> list[Decimal]:
    return [found for fact in facts if isinstance(found := number(fact), Decimal)]


def _extent_of(numbers: Iterable[Decimal]) -> Extent:
    found = [*numbers]
    decimals = max((-int(one.as_tuple().exponent) for one in found), default=0)
    return Extent(max(map(abs, found), default=Decimal(0)), max(decimals, 0))
