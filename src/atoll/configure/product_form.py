"""A product model in compiled form: price, date, minutes and distance of every value at once, counts and even samples."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import cached_property
from itertools import chain
from math import inf
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from atoll.configure.compiled.circuit import Axes, Budget, Circuit
from atoll.configure.compiled.knowledge import compile_clauses
from atoll.configure.compiled.passes import Compiled
from atoll.configure.compiled.storing import FormNotReadable, OtherModel, read_compiled, write_compiled
from atoll.configure.completing import CENT, can_find_cheapest, cents, list_prices, price_conditions
from atoll.configure.encoding import Encoding
from atoll.configure.engine import Condition
from atoll.configure.errors import RuleTooLarge
from atoll.configure.material import Material, Need, Taken, material_of, unknown_material
from atoll.configure.model_engine import DIAGRAM, KNOWLEDGE
from atoll.configure.pricing import rounded
from atoll.configure.tabulation import RuleDiagram, axes_of
from atoll.errors import LimitReached
from atoll.model.bill import Bills
from atoll.model.expression import Expression
from atoll.model.item import Item
from atoll.model.product import FeatureKind, ProductModel, Value

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LENGTH_BYTES = 8

NO_BILLS: Bills = MappingProxyType({})

CONDITIONS_BUDGET = Budget(nodes=40_000, seconds=5.0)
"""What a circuit with the conditions of material may cost; without them dates are bounds that are less tight."""

PerValue = Mapping[str, Mapping[Value, float]]
"""A number for each value of each feature; options of a feature that takes several by their code, texts left out."""

Number = TypeVar("Number", int, float)

DayOf = Callable[[Need], float]
"""The day from which so many units of an item, or of an alternate, are there, as a number; infinite where that is not known."""


class Outline:
    """What a compiled form of a model speaks of: the rules in force, and conditions that prices and material hang on.

    Made of the same model, day, bills and items it is always the same; a form that was kept fits as long as `digest` is.

    Parameters
    ----------
    on
        Rules and price rules of this day count; all of them when None.
    bills
        Of the model's subassemblies and phantoms, at least.
    items
        All that the model names; without them nothing is told of material.

    Raises
    ------
    RuleTooLarge, NoBill, BillCycle
        When a rule has more combinations than can be kept, or a phantom no bill.
    """

    def __init__(
        self, model: ProductModel, on: date | None, bills: Bills = NO_BILLS, items: Mapping[str, Item] | None = None
    ) -> None:
        self.model, self.on = model, on
        self.encoding = Encoding(model, on)
        self.materials = tuple(
            unknown_material(self.encoding)
            if items is None
            else material_of(model, self.encoding, bills, items, with_conditions=flag)
            for flag in (True, False)
        )
        self.prices: list[Condition] | None = None
        self.cents = [float(cents(amount)) for axis in self.encoding.all_axes() for amount in list_prices(axis)]
        if can_find_cheapest(model):
            self.prices = [one for one in price_conditions(model, on) if not self._is_of_values(one)]

    def _is_of_values(self, one: Condition) -> bool:
        """Add what hangs on one decision to the prices of its values; whether it does."""
        places = self.encoding.places_where(one.condition)
        for place in places or ():
            self.cents[place] += one.cost
        return places is not None

    @cached_property
    def digest(self) -> str:
        """Equal for outlines whose forms are equal."""
        rules = [rule.condition for rule in self.encoding.rules]
        conditions = [one.condition for one in self.prices or ()]
        facts = [axes_of(self.encoding).literals, rules, conditions, [_conditions(material) for material in self.materials]]
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    def compile(self, budget: Budget) -> "ProductForm":
        """Compile it: to decision diagrams, or to the d-DNNF of its clauses where these take too many nodes.

        Conditions of material are left out where they would make the form much larger, and prices are not told where theirs
        would.

        Parameters
        ----------
        budget
            Of each circuit that is tried.

        Raises
        ------
        LimitReached, RuleTooLarge
            When there is none within the budget.
        """
        try:
            rules = RuleDiagram(self.encoding, budget)
            return self._compiled(rules.circuit, budget, DIAGRAM)
        except (LimitReached, RuleTooLarge):
            return self.compile_clauses(budget)

    def compile_clauses(self, budget: Budget) -> "ProductForm":
        """Compile it to d-DNNFs of its clauses.

        Raises
        ------
        LimitReached, RuleTooLarge
        """
        return self._compiled(self._clauses, budget, KNOWLEDGE)

    def read(self, data: bytes, engine: str) -> "ProductForm":
        """The form that `ProductForm.write` wrote.

        Raises
        ------
        FormNotReadable
            When the bytes are damaged, or not those of this outline.
        """
        length = int.from_bytes(data[:LENGTH_BYTES], "big")
        first, second = data[LENGTH_BYTES : LENGTH_BYTES + length], data[LENGTH_BYTES + length :]
        if len(first) != length:
            raise FormNotReadable(why="it is damaged")
        priced = read_compiled(second, self._axes(self._price_conditions())) if second else None
        try:
            return ProductForm(
                self, engine, self.materials[0], read_compiled(first, self._axes(_conditions(self.materials[0]))), priced
            )
        except OtherModel:
            return ProductForm(self, engine, self.materials[1], read_compiled(first, self._axes(())), priced)

    def _compiled(self, compiler: "Compiler", budget: Budget, engine: str) -> "ProductForm":
        """The circuit of the rules, with the conditions of material if it may be, and the one that prices need."""

        def compiled(conditions: Sequence[Expression], budget: Budget) -> Compiled:
            return Compiled(compiler(conditions, budget), self._axes(conditions))

        material = self.materials[0]
        try:
            rules = compiled(_conditions(material), CONDITIONS_BUDGET if _conditions(material) else budget)
        except LimitReached:
            material = self.materials[1]
            rules = compiled((), budget)
        priced = None
        if self.prices:
            with suppress(LimitReached):
                priced = compiled(self._price_conditions(), budget)
        return ProductForm(self, engine, material, rules, priced)

    def _price_conditions(self) -> Sequence[Expression]:
        return [one.condition for one in self.prices or ()]

    def _axes(self, conditions: Sequence[Expression]) -> Axes:
        return axes_of(self.encoding, len(conditions))

    def _clauses(self, conditions: Sequence[Expression], budget: Budget) -> Circuit:
        encoding = Encoding(self.model, self.on)
        own = encoding.reserve(len(conditions))
        for variable, condition in zip(own, conditions, strict=True):
            met = encoding.certain(condition, f"condition {variable}")
            encoding.clauses += [[-met, variable], [met, -variable]]
        clauses = [*encoding.clauses, *([literal] for literal in encoding.literals)]
        return compile_clauses(clauses, encoding.top, budget=budget)


Compiler = Callable[[Sequence[Expression], Budget], Circuit]


def _conditions(material: Material) -> Sequence[Expression]:
    return [condition for condition, _ in material.conditions]


class ProductForm:
    """Answers about a product model from its compiled form; each takes one or two passes over the circuit.

    Choices are values by feature as `atoll.configure.choice.read_choices` gives them. Other values of a chosen feature are
    answered as if this choice alone were changed, as `Configurator.domains` does.

    Parameters
    ----------
    engine
        Which compiler made it.
    material
        What values and the conditions that the circuit knows take.
    compiled
        The circuit of the rules.
    priced
        The one that knows the conditions of prices; None where that of the rules will do, or none could be made.
    """

    def __init__(self, outline: Outline, engine: str, material: Material, compiled: Compiled, priced: Compiled | None) -> None:
        self.outline, self.engine, self.material = outline, engine, material
        self._compiled, self._priced = compiled, priced
        self._axes = [*outline.encoding.all_axes()]
        self._text = {axis.feature.code for axis in self._axes if axis.feature.kind is FeatureKind.TEXT}
        self._taken = [*material.values, *(taken for _, under in material.conditions for taken in (Taken(), under))]
        self._minutes = np.array([float(taken.minutes) for taken in self._taken])
        self._items = [*dict.fromkeys(one for part in (material.always, *self._taken) for need in part.needs for one in need)]
        self._needs = self._groups()

    def _groups(self) -> tuple[Integers, Integers, Integers, Integers]:
        """Places of the items that will do for each need, and of the needs of what is always taken and of each value."""
        place = {one: number for number, one in enumerate(self._items)}
        needs: dict[tuple[int, ...], int] = {(len(place),): 0}  # the first is that of who needs nothing
        parts = [
            [needs.setdefault(tuple(place[one] for one in need), len(needs)) for need in part.needs] or [0]
            for part in (self.material.always, *self._taken)
        ]
        return *_joined(needs), *_joined(parts)

    @property
    def needs(self) -> Sequence[Need]:
        """All items that a product may take, with the units of one value or condition."""
        return self._items

    @property
    def nodes(self) -> int:
        """The size of its circuits."""
        return self._compiled.nodes + (self._priced.nodes if self._priced else 0)

    def write(self) -> bytes:
        """The form as bytes, to be read by the same outline: the length of the first circuit, and both circuits."""
        first = write_compiled(self._compiled)
        second = write_compiled(self._priced) if self._priced else b""
        return len(first).to_bytes(LENGTH_BYTES, "big") + first + second

    # for every value

    def possible(self, choices: Mapping[str, Value]) -> Mapping[str, Mapping[Value, bool]]:
        """Whether some configuration has the value and all other choices."""
        found = self._by_value(self._compiled.possible(self.literals(choices)).astype(np.float64))
        return {code: {value: bool(flag) for value, flag in values.items()} for code, values in found.items()}

    def lowest_price(self, choices: Mapping[str, Value]) -> PerValue | None:
        """The price in cents of the cheapest product with each value and all other choices, infinite where there is none.

        None where prices depend on choices in a way that is not looked through (`can_find_cheapest`), or takes too large a
        circuit.
        """
        prices, compiled = self.outline.prices, self._priced or self._compiled
        if prices is None or (prices and self._priced is None):
            return None
        costs = [*self.outline.cents, *(amount for one in prices for amount in (0.0, float(one.cost)))]
        costs += [0.0] * (compiled.values - len(costs))
        base = cents(rounded(self.outline.model.base_price, CENT))
        return self._by_value(compiled.cheapest(np.array(costs), self.literals(choices)) + base)

    def earliest(self, choices: Mapping[str, Value], day_of: DayOf) -> PerValue:
        """The earliest day on which all material of a product with each value and all other choices is there.

        Each item is looked at on its own, as if no other needed the same supply; so a real promise is never earlier, and mostly
        just that. Infinite where no product or no day is known.
        """
        return self._by_value(self._compiled.earliest(self._days(day_of), self.literals(choices)))

    def least_minutes(self, choices: Mapping[str, Value]) -> PerValue:
        """The least work of final assembly of a product with each value and all other choices; never more than that."""
        found = self._compiled.cheapest(self._minutes, self.literals(choices))
        return self._by_value(found + self.material.always.minutes)

    def release(self, choices: Mapping[str, Value]) -> PerValue:
        """How many other choices, at least, must be given up for each value; 0 where it is possible.

        Of a feature that takes several, each option taken or left counts as a choice.
        """
        literals = self.literals(choices)
        found = self._compiled.release(literals)
        made = {*literals}
        axes = self._compiled.axes.literals
        own = [value not in made and not made.isdisjoint(axis) for axis in axes for value in axis]
        return self._by_value(found - np.array(own))

    def log_counts(self, choices: Mapping[str, Value]) -> PerValue:
        """The natural logarithm of the number of configurations with each value and all other choices."""
        return self._by_value(self._compiled.log_counts(self._without_texts(choices)))

    # one number, or some configurations

    def count(self, choices: Mapping[str, Value], *, with_texts: bool = False) -> int:
        """The number of configurations that keep the choices, exactly; texts that are not chosen are left empty.

        Parameters
        ----------
        with_texts
            Count texts that are not chosen as there or not, too.
        """
        return self._compiled.count(self.literals(choices) if with_texts else self._without_texts(choices))

    def counts(self, choices: Mapping[str, Value]) -> Mapping[str, Mapping[Value, int]]:
        """The number of configurations with each value and all other choices, exactly; texts that are not chosen are empty."""
        return self._by_place(self._compiled.counts(self._without_texts(choices)))

    def samples(self, choices: Mapping[str, Value], rng: np.random.Generator, size: int) -> list[dict[str, Value]]:
        """Configurations that keep the choices, each as likely as the other; texts that are not chosen are empty.

        Raises
        ------
        ValueError
            When no configuration keeps the choices.
        """
        drawn = self._compiled.draw(rng, size, self._without_texts(choices))
        return [self._values(row, choices) for row in drawn]

    def earliest_completion(self, choices: Mapping[str, Value], usual: Mapping[str, Value], day_of: DayOf) -> Mapping[str, Value]:
        """Of the configurations whose material is there earliest, one that differs least from what is usual.

        Parameters
        ----------
        usual
            A valid configuration that keeps the choices. Its texts are kept.

        Raises
        ------
        ValueError
            When no configuration keeps the choices, or no day is known.
        """
        kept = self.literals({code: value for code, value in usual.items() if code in choices or code in self._text})
        days = self._days(day_of)
        best = self._compiled.earliest_completion(days, kept).cost
        if best == inf:
            raise ValueError("Expected choices that go together and days that are known.")
        unlike = {*self.literals(usual)}
        cost = np.array([float(literal not in unlike) for axis in self._axes for literal in axis.literals.values()])
        cost = np.append(cost, np.zeros(self._compiled.values - len(cost)))
        cost[days > best] = inf
        return self._values(self._compiled.cheapest_completion(cost, kept).values, usual)

    def literals(self, choices: Mapping[str, Value]) -> list[int]:
        """Choices as the compiled form takes them."""
        return [literal for code, value in choices.items() for literal in self.outline.encoding.chosen(code, value)]

    # inside

    def _without_texts(self, choices: Mapping[str, Value]) -> list[int]:
        return self.literals({**dict.fromkeys(self._text, ""), **choices})

    def _days(self, day_of: DayOf) -> Floats:
        """The day of each value: of the latest of its needs, each of which is there with the first of those that will do."""
        items, first_item, needs, first_need = self._needs
        day_of_item = np.array([*map(day_of, self._items), -inf])
        day_of_need = np.minimum.reduceat(day_of_item[items], first_item)
        days: Floats = np.maximum.reduceat(day_of_need[needs], first_need)
        return days[1:].clip(days[0])

    def _by_value(self, answers: Floats) -> PerValue:
        return self._by_place(answers.tolist())

    def _by_place(self, answers: Sequence[Number]) -> Mapping[str, Mapping[Value, Number]]:
        """Answers for each value, by feature: of an option that can be taken or left, the one for taking it."""
        found: dict[str, dict[Value, Number]] = {feature.code: {} for feature in self.outline.model.features}
        place = 0
        for axis in self._axes:
            for value in axis.literals:
                if axis.option is not None and value:
                    found[axis.feature.code][axis.option] = answers[place]
                elif axis.option is None and axis.feature.kind is not FeatureKind.TEXT:
                    found[axis.feature.code][value] = answers[place]
                place += 1
        return found

    def _values(self, places: Iterable[int], texts: Mapping[str, Value]) -> dict[str, Value]:
        """A configuration from the place of each axis' value."""
        values: dict[str, Value] = {}
        for axis, place in zip(self._axes, places, strict=False):
            code, value = axis.feature.code, [*axis.literals][place]
            if axis.option is not None:
                before = values.setdefault(code, ())
                values[code] = (*before, axis.option) if value else before  # type: ignore[misc]
            else:
                values[code] = texts.get(code, "") if code in self._text else value
        return values


def _joined(groups: Iterable[Sequence[int]]) -> tuple[Integers, Integers]:
    """Members of groups one after the other, and where each group begins; none is empty."""
    groups = list(groups)
    return np.array([*chain.from_iterable(groups)]), np.cumsum([0, *map(len, groups)])[:-1]
