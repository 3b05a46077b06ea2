"""Answers about a product model, as those about any other model."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atoll.configure.checking import check
from atoll.configure.choice import read_choices
from atoll.configure.compiled.circuit import Budget
from atoll.configure.compiled.passes import Compiled
from atoll.configure.completing import can_find_cheapest
from atoll.configure.encoding import Axis, Encoding
from atoll.configure.engine import Configurator
from atoll.configure.model_engine import BUDGET, DIAGRAM, NO_CHOICES, SAT, Anomalies, Choices, Clash, PerValue
from atoll.configure.offer import list_price
from atoll.configure.tabulation import axes_of, compile_product
from atoll.errors import LimitReached
from atoll.model.product import Feature, FeatureKind, ProductModel, Value, plain

DEAD, FORCED, REDUNDANT = ("dead-option",), ("always-chosen",), ("redundant-rule", "never-binds")
"""Codes of the findings of `check` that have a name for every model."""


class ProductEngine:
    """Answers about the configurations of a product model, in words that a terminal takes and gives.

    The options of a feature that takes several are separated by commas. Of a text only counts whether there is one.
    """

    def __init__(self, model: ProductModel, budget: Budget = BUDGET) -> None:
        self.model = model
        self._configurator = Configurator(model)
        self._encoding = Encoding(model, None)
        self.is_void = self._configurator.explain({}) is not None
        self._compiled = self._compile(budget)
        self.engine = SAT if self._compiled is None else DIAGRAM

    def count(self, choices: Choices = NO_CHOICES) -> int | None:
        """How many configurations keep the choices; None when the model is not compiled."""
        return None if self._compiled is None else self._compiled.count(self._literals(choices))

    def valid(self, choices: Choices) -> Mapping[str, tuple[str, ...]]:
        """For each feature the values that some configuration has together with all choices of other features."""
        domains = self._configurator.domains(self._made(choices))
        return {code: tuple(str(value) for value, possible in domain.items() if possible) for code, domain in domains.items()}

    def cheapest(self, choices: Choices) -> PerValue | None:
        """The least list price of a configuration with each value; None where prices depend on other choices."""
        if self._compiled is None or self.model.prices or self.model.packages or not can_find_cheapest(self.model):
            return None
        prices = np.array([price for axis in self._encoding.all_axes() for price in _prices(axis)])
        return self._by_value(self._compiled.cheapest(prices, self._literals(choices)) + float(self.model.base_price))

    def release(self, choices: Choices) -> PerValue | None:
        """How many choices, at least, must be given up for each value; None when the model is not compiled."""
        if self._compiled is None:
            return None
        return self._by_value(self._compiled.release(self._literals(choices)))

    def clash(self, choices: Choices) -> Clash | None:
        """Why choices do not go together, and what could be given up instead; None if they do."""
        made = self._made(choices)
        conflict = self._configurator.explain(made)
        if conflict is None:
            return None
        repairs = tuple(_in_words(repair) for repair in self._configurator.repairs(made))
        return Clash(_in_words(conflict.choices), tuple(rule.text for rule in conflict.rules), conflict.text, repairs)

    def anomalies(self) -> Anomalies:
        """What `check` finds."""
        findings = check(self.model)

        def texts(*codes: str) -> tuple[str, ...]:
            return tuple(finding.text for finding in findings if finding.code in codes)

        others = tuple(finding.text for finding in findings if finding.code not in {*DEAD, *FORCED, *REDUNDANT})
        return Anomalies(texts(*DEAD), texts(*FORCED), texts(*REDUNDANT), others)

    def _compile(self, budget: Budget) -> Compiled | None:
        if not budget.nodes:
            return None
        try:
            return Compiled(compile_product(self._encoding, budget), axes_of(self._encoding))
        except LimitReached:
            return None

    def _made(self, choices: Choices) -> dict[str, Any]:
        """Choices as the configurator takes them."""
        many = {feature.code for feature in self.model.features if feature.kind is FeatureKind.MANY}
        return {name: [*filter(None, value.split(","))] if name in many else value for name, value in choices.items()}

    def _literals(self, choices: Choices) -> list[int]:
        made = read_choices(self.model, self._made(choices))
        return [literal for code, value in made.items() for literal in self._encoding.chosen(code, value)]

    def _by_value(self, answers: NDArray[np.float64]) -> PerValue:
        found: dict[str, dict[str, float]] = {feature.code: {} for feature in self.model.features}
        flat = iter(answers.tolist())
        for axis in self._encoding.all_axes():
            for value in axis.literals:
                answer = next(flat)
                if answer < np.inf and value is not False and axis.feature.kind is not FeatureKind.TEXT:
                    found[axis.feature.code][axis.option or str(value)] = answer
        return found


def _prices(axis: Axis) -> list[float]:
    """The list price of each value of a decision."""
    feature = axis.feature
    if axis.option is not None:
        return [float(list_price(feature, axis.option)) if taken else 0.0 for taken in axis.literals]
    return [_price(feature, value) for value in axis.literals]


def _price(feature: Feature, value: Value) -> float:
    option = feature.option(str(value))
    if option is not None:
        return float(option.price)
    if feature.kind is FeatureKind.QUANTITY:
        return float(feature.price * int(str(value)))
    return float(feature.price) if feature.kind is FeatureKind.TEXT and value else 0.0


def _in_words(choices: Sequence[tuple[str, Value]]) -> Choices:
    words = {code: plain(value) for code, value in choices}
    return {code: ",".join(value) if isinstance(value, list) else str(value) for code, value in words.items()}
