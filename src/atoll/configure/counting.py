"""How many configurations a model has, and how many of them another revision allows too: exactly, whatever their number.

The rules of both revisions are compiled to one decision diagram over the earlier one's decisions. What is not looked at, such as
texts, is read last and then folded: a choice counts once if there is a way to go on from it.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from atoll.configure.choice import parse_value
from atoll.configure.compiled.circuit import Budget
from atoll.configure.compiled.diagram import joint_diagram
from atoll.configure.compiled.layered import Diagram, conjunction
from atoll.configure.compiled.rule_diagram import Part, table_part
from atoll.configure.encoding import GIVEN, Axis, Encoding
from atoll.configure.errors import UnknownOption
from atoll.configure.tabulation import parts_of_rules
from atoll.model.product import NONE, Feature, FeatureKind, ProductModel, Value

Integers = NDArray[np.int64]

BUDGET = Budget(nodes=400_000, seconds=5.0)
"""What one count may cost."""

LEFT_OPEN = {FeatureKind.TEXT, FeatureKind.ONE, FeatureKind.QUANTITY, FeatureKind.NUMBER}
"""Kinds of a feature that only the other revision has, for which any value will do; of other kinds it must stay empty."""


def count_all(model: ProductModel, on: date | None = None) -> int:
    """How many configurations there are, without their texts, under the rules in force on a day.

    Raises
    ------
    LimitReached, RuleTooLarge
        When counting takes more than the budget has.
    """
    return _Joint(Encoding(model, on)).count()


def count_common(model: ProductModel, other: ProductModel, on: date | None = None) -> int:
    """How many configurations of a model another revision allows too, without their texts.

    What `atoll.configure.still_valid` says of one configuration, this counts for all: a feature that the other revision does not
    have must be left empty; one that only the other has must be able to stay empty, or has any value where it cannot be empty.

    Raises
    ------
    LimitReached, RuleTooLarge
    """
    joint = _Joint(Encoding(model, on))
    joint.add(Encoding(other, on))
    return joint.count()


class _Joint:
    """Decisions of a model, then those that only another revision has, with the rules of both."""

    def __init__(self, encoding: Encoding) -> None:
        self.axes = [*encoding.all_axes()]
        self.sizes = [len(axis.literals) for axis in self.axes]
        self.parts: list[Part] = parts_of_rules(encoding)
        self.open = {place for place, axis in enumerate(self.axes) if axis.feature.kind is FeatureKind.TEXT}

    def add(self, other: Encoding) -> None:
        """Let the other revision's rules count too."""
        own: dict[tuple[str, str | None], int] = {
            (a.feature.code, a.option): n for n, a in enumerate(self.axes) if n not in self.open
        }
        places, columns = [], []
        for axis in other.all_axes():
            place = own.pop((axis.feature.code, axis.option), None)
            values = _columns(self.axes[place], axis) if place is not None else np.arange(len(axis.literals))
            if place is None:
                place = self._own_to_other(axis)
            else:
                self._only(place, np.flatnonzero(values >= 0))
            places.append(place)
            columns.append(values)
        for (code, _), place in own.items():
            shared = other.model.feature(code)
            both_many = shared is not None and shared.kind is self.axes[place].feature.kind is FeatureKind.MANY
            self._only(place, _empty(self.axes[place]) if shared is None or both_many else np.empty(0, np.int64))
        self.parts += [_moved(part, places, columns) for part in parts_of_rules(other)]

    def _own_to_other(self, axis: Axis) -> int:
        """A decision that only the other revision has."""
        place = len(self.sizes)
        self.sizes.append(len(axis.literals))
        if axis.feature.kind in LEFT_OPEN:
            self.open.add(place)
        else:
            self._only(place, _empty(axis))
        return place

    def _only(self, place: int, values: Integers) -> None:
        """Allow only some values of a decision."""
        if len(values) < self.sizes[place]:
            self.parts.append(table_part((place,), self.sizes, values.reshape(-1, 1), allowed=True))

    def count(self) -> int:
        """Choices of the decisions that are looked at, from each of which there is a way to go on."""
        found = joint_diagram(self.sizes, self.parts, BUDGET)
        looked_at = [variable for variable in found.variables if variable not in self.open]
        if found.start and self.open:
            order = [*looked_at, *(variable for variable in found.variables if variable in self.open)]
            place = {variable: level for level, variable in enumerate(order)}
            diagrams = [part.diagram(tuple(sorted(part.scope, key=place.__getitem__))) for part in self.parts]
            found = conjunction(order, self.sizes, diagrams, BUDGET)
        return _counted(found, len(looked_at))


def _counted(diagram: Diagram, levels: int) -> int:
    """Ways through the first levels of a diagram from which there is a way through the others."""
    ways = np.array([0, 1], dtype=object)
    for layer in diagram.layers[levels:][::-1]:
        ways = ways[layer].max(axis=1)
    for layer in diagram.layers[:levels][::-1]:
        ways = ways[layer].sum(axis=1)
    return int(ways[diagram.start])


def _columns(axis: Axis, other: Axis) -> Integers:
    """For each value of a decision its place among those of the same decision of another revision, −1 where it is none."""
    if axis.option is not None or other.option is not None:
        return np.array([[*other.literals].index(value) for value in axis.literals])
    places = {value: place for place, value in enumerate(other.literals)}
    return np.array([places.get(_as_value(other.feature, value), -1) for value in axis.literals])


def _as_value(feature: Feature, value: Value) -> Value | None:
    """A value of one revision's feature as one of another's; None where it is none."""
    try:
        found = parse_value(feature, value)
    except UnknownOption:
        return None
    return (GIVEN if found else "") if feature.kind is FeatureKind.TEXT else found


def _empty(axis: Axis) -> Integers:
    """The places of the values with which nothing is chosen."""
    return np.array([place for place, value in enumerate(axis.literals) if not value or value == NONE], np.int64)


def _moved(part: Part, places: Sequence[int], columns: Sequence[Integers]) -> Part:
    """A part of another revision over joint decisions and their values."""
    own: Mapping[int, int] = {places[axis]: axis for axis in part.scope}

    def diagram(order: tuple[int, ...]) -> Diagram:
        inner = part.diagram(tuple(own[variable] for variable in order))
        layers = tuple(
            np.where(columns[axis] >= 0, layer[:, np.maximum(columns[axis], 0)], 0)
            for axis, layer in zip(inner.variables, inner.layers, strict=True)
        )
        return Diagram(order, layers, inner.start)

    return Part(tuple(own), diagram)
