"""In which order the values of a feature are tried, and which are wished for under a condition."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atoll.configure.encoding import Axis, Encoding
from atoll.model.product import NONE, Feature, FeatureKind, Preference, ProductModel, Value

NEVER = 1e300
"""A wait that ends only when everything else is impossible."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A preference as literals: that its condition certainly holds, and that the feature has the value."""

    feature: str
    when: int
    literal: int


def wishes_of(model: ProductModel, encoding: Encoding) -> tuple[Wish, ...]:
    """The preferences of a model, the weightiest first, among equals the first one."""
    by_weight = sorted(model.preferences, key=lambda preference: -preference.weight)
    return tuple(
        Wish(preference.feature, _when(preference, encoding), _literal(preference, encoding)) for preference in by_weight
    )


def _when(preference: Preference, encoding: Encoding) -> int:
    if preference.condition is None:
        return encoding.truth
    return encoding.certain(preference.condition, f"preference {preference.source}")


def _literal(preference: Preference, encoding: Encoding) -> int:
    value = preference.value
    if isinstance(value, tuple):
        return next(axis.literals[True] for axis in encoding.axes[preference.feature] if axis.option in value)
    return encoding.axes[preference.feature][0].literals[value]


def preferred(axes: Sequence[Axis]) -> Iterator[list[int]]:
    """For each decision of one feature, the literals of its values, dearest first.

    Of several options, the least popular is decided on first, so that it is the first to be left out. Texts are not decided so.
    """
    if not axes:
        return
    feature = axes[0].feature
    match feature.kind:
        case FeatureKind.MANY:
            taken = feature.default if isinstance(feature.default, tuple) else ()
            for axis in sorted(axes, key=share_of, reverse=True)[::-1]:
                literal = axis.literals[True]
                yield [literal, -literal] if axis.option in taken else [-literal, literal]
        case FeatureKind.TEXT:
            return
        case _:
            default = NONE if feature.default is None and feature.kind is FeatureKind.OPTIONAL else feature.default
            yield [axes[0].literals[value] for value in _by_share(feature, default)]


def share_of(axis: Axis) -> float:
    """The share of the option that a decision is about."""
    option = axis.feature.option(axis.option or "")
    return option.share if option else 0.0


def _by_share(feature: Feature, default: Value | None) -> list[Value]:
    shares = {option.code: option.share for option in feature.options}
    return sorted(feature.values(), key=lambda value: (value != default, -shares.get(str(value), 0.0)))


def weights(axis: Axis) -> list[float]:
    """How often each value of a decision is drawn, relative to the others; numbers are drawn evenly, texts are not drawn."""
    feature = axis.feature
    if axis.option is not None:
        share = min(share_of(axis), 1.0)
        return [share, 1 - share]
    if not feature.options:
        return [1.0] * len(axis.literals)
    shares = [option.share for option in feature.options]
    return [share_of_none(feature), *shares] if feature.kind is FeatureKind.OPTIONAL else shares


def share_of_none(feature: Feature) -> float:
    """The weight with which an optional feature stays empty."""
    left = 1 - sum(option.share for option in feature.options)
    return left if left > 1e-9 else 1.0


def mean_waits(axes: Sequence[Axis]) -> NDArray[np.float64]:
    """The mean of an exponential wait for each value; the value that comes first is drawn by the weights, as in a race."""
    rates = np.array([weight for axis in axes for weight in weights(axis)], dtype=np.float64)
    waits = np.full(len(rates), NEVER)
    waits[rates > 0] = 1 / rates[rates > 0]
    return waits
