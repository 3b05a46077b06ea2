"""Answers about a product model, as those about any other model."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import inf
from typing import Any

from atoll.configure.checking import check
from atoll.configure.choice import read_choices
from atoll.configure.compiled.circuit import Budget
from atoll.configure.engine import Configurator
from atoll.configure.errors import RuleTooLarge
from atoll.configure.model_engine import BUDGET, NO_CHOICES, SAT, Anomalies, Choices, Clash, PerValue
from atoll.configure.product_form import Outline, ProductForm
from atoll.errors import LimitReached
from atoll.model.product import FeatureKind, ProductModel, Value, plain

DEAD, FORCED, REDUNDANT = ("dead-option",), ("always-chosen",), ("redundant-rule", "never-binds")
"""Codes of the findings of `check` that have a name for every model."""

CIRCUITS = 3
"""That may be tried: of rules as a diagram and as clauses, and of prices."""


class ProductEngine:
    """Answers about the configurations of a product model, in words that a terminal takes and gives.

    The options of a feature that takes several are separated by commas. Of a text only counts whether there is one.

    Parameters
    ----------
    budget
        What the compilation may cost; none at all without nodes.
    on
        Rules and price rules in force on this day count; all of them when None.
    """

    def __init__(self, model: ProductModel, budget: Budget = BUDGET, on: date | None = None) -> None:
        self.model = model
        self._configurator = Configurator(model, on)
        self.is_void = self._configurator.explain({}) is not None
        self._form = self._compiled(budget, on)
        self.engine = SAT if self._form is None else self._form.engine

    def count(self, choices: Choices = NO_CHOICES) -> int | None:
        """How many configurations keep the choices; None when the model is not compiled."""
        return None if self._form is None else self._form.count(self._values(choices), with_texts=True)

    def valid(self, choices: Choices) -> Mapping[str, tuple[str, ...]]:
        """For each feature the values that some configuration has together with all choices of other features."""
        domains = self._configurator.domains(self._made(choices))
        return {code: tuple(str(value) for value, possible in domain.items() if possible) for code, domain in domains.items()}

    def cheapest(self, choices: Choices) -> PerValue | None:
        """The least price of a configuration with each value and all choices, in the model's currency.

        None when the model is not compiled, or its prices depend on choices in a way that is not looked through, see
        `atoll.configure.completing.can_find_cheapest`.
        """
        cents = None if self._form is None else self._form.lowest_price(self._values(choices))
        return None if cents is None else _by_value(cents, lambda amount, *_: amount / 100)

    def release(self, choices: Choices) -> PerValue | None:
        """How many choices, at least, must be given up for each value; None when the model is not compiled."""
        if self._form is None:
            return None
        values = self._values(choices)
        return _by_value(self._form.release(values), lambda others, code, value: others + _replaces(values, code, value))

    def clash(self, choices: Choices) -> Clash | None:
        """Why choices do not go together, and what could be given up instead; None if they do."""
        made = self._made(choices)
        conflict = self._configurator.explain(made)
        if conflict is None:
            return None
        repairs = tuple(_in_words(repair) for repair in self._configurator.repairs(made))
        return Clash(_in_words(conflict.choices), tuple(rule.text for rule in conflict.rules), conflict.text, repairs)

    def anomalies(self) -> Anomalies:
        """What `check` finds, on any day."""
        findings = check(self.model)

        def texts(*codes: str) -> tuple[str, ...]:
            return tuple(finding.text for finding in findings if finding.code in codes)

        others = tuple(finding.text for finding in findings if finding.code not in {*DEAD, *FORCED, *REDUNDANT})
        return Anomalies(texts(*DEAD), texts(*FORCED), texts(*REDUNDANT), others)

    def _compiled(self, budget: Budget, on: date | None) -> ProductForm | None:
        if not budget.nodes:
            return None
        try:
            return Outline(self.model, on).compile(Budget(budget.nodes, budget.seconds / CIRCUITS))
        except (LimitReached, RuleTooLarge):
            return None

    def _made(self, choices: Choices) -> dict[str, Any]:
        """Choices as the configurator takes them."""
        many = {feature.code for feature in self.model.features if feature.kind is FeatureKind.MANY}
        return {name: [*filter(None, value.split(","))] if name in many else value for name, value in choices.items()}

    def _values(self, choices: Choices) -> dict[str, Value]:
        return read_choices(self.model, self._made(choices))


def _replaces(values: Mapping[str, Value], code: str, value: Value) -> bool:
    """Whether a value goes against the choice that was made for its own feature."""
    if code not in values:
        return False
    made = values[code]
    return value not in made if isinstance(made, tuple) else value != made


def _by_value(answers: Mapping[str, Mapping[Value, float]], told: Callable[[float, str, Value], float]) -> PerValue:
    """What is told of each value that has a finite answer."""
    return {
        code: {str(value): told(answer, code, value) for value, answer in values.items() if answer < inf}
        for code, values in answers.items()
    }


def _in_words(choices: Sequence[tuple[str, Value]]) -> Choices:
    words = {code: plain(value) for code, value in choices}
    return {code: ",".join(value) if isinstance(value, list) else str(value) for code, value in words.items()}
