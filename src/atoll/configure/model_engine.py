"""Answers about a model in normal form: in compiled form where it can be compiled, and by SAT otherwise."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from atoll.configure.clausal import ClausalModel, clausal
from atoll.configure.compiled import diagram, knowledge
from atoll.configure.compiled.circuit import Budget, Circuit
from atoll.configure.compiled.passes import Compiled
from atoll.configure.document import did_you_mean
from atoll.configure.errors import UnknownFeature, UnknownOption
from atoll.configure.sat import Sat, fewest
from atoll.errors import AtollError, BadInput, Issue, LimitReached
from atoll.model.constraint import FALSE_OR_TRUE, ConstraintModel, Linear, Table

Choices = Mapping[str, str]
PerValue = Mapping[str, Mapping[str, float]]

NO_CHOICES: Choices = MappingProxyType({})

DIAGRAM, KNOWLEDGE, SAT = "decision diagram", "d-DNNF", "SAT"
BUDGET = Budget(nodes=1_000_000, seconds=60.0)
"""A larger circuit would not answer sooner than the solver; what does not compile is given up after ten seconds or so."""
MOST_REPAIRS = 3
PRICE = "price"
"""The attribute, in any case, that is taken for the price of a feature."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Choices and rules that do not go together, none of which can be left out; and the fewest choices to give up.

    Parameters
    ----------
    rules
        In words.
    text
        All of it in a sentence.
    """

    choices: Choices
    rules: tuple[str, ...]
    text: str
    repairs: tuple[Choices, ...]


@dataclass(frozen=True, slots=True)
class Anomalies:
    """What is odd about a feature model.

    Parameters
    ----------
    dead, forced
        Variables that are false, and true, in every configuration; variables with other values are named with the value that
        they never, or always, have.
    redundant
        Rules, beyond the structure of a feature model, that follow from the others, found by leaving out one after the other.
    others
        Further findings, in words.
    """

    dead: tuple[str, ...]
    forced: tuple[str, ...]
    redundant: tuple[str, ...]
    others: tuple[str, ...] = ()


class Answers(Protocol):
    """What can be asked about a model, whatever form it is in."""

    engine: str
    is_void: bool

    def count(self, choices: Choices = NO_CHOICES) -> int | None:
        """How many configurations keep the choices; None when the model is not compiled."""

    def valid(self, choices: Choices) -> Mapping[str, tuple[str, ...]]:
        """For each feature the values that some configuration has together with all choices of other features."""

    def cheapest(self, choices: Choices) -> PerValue | None:
        """The least price of a configuration with each value and all choices; None when it is not known."""

    def release(self, choices: Choices) -> PerValue | None:
        """How many choices, at least, must be given up for each value; None when the model is not compiled."""

    def clash(self, choices: Choices) -> Clash | None:
        """Why choices do not go together, and what could be given up instead; None if they do."""

    def anomalies(self) -> Anomalies:
        """What is odd about the model; of one without configurations only that it has none."""


class ModelEngine:
    """Answers about the configurations of a model, exactly.

    A model with tables is compiled to a decision diagram, one of clauses to a d-DNNF; where the budget is too small, a SAT solver
    answers what it can. `engine` says which it is.

    Parameters
    ----------
    budget
        What the compilation may cost; none at all without nodes.
    """

    def __init__(self, model: ConstraintModel, budget: Budget = BUDGET) -> None:
        self.model = model
        self._clausal = clausal(model)
        self._sat = Sat(self._clausal.definitions, self._clausal.rules, self._clausal.variables)
        self.is_void = not self._sat.holds()
        self.engine, circuit = _compiled(model, self._clausal, budget)
        self._compiled = None if circuit is None else Compiled(circuit, self._clausal.axes)
        self._literal = {
            (variable.name, value): literal
            for variable, literals in zip(model.variables, self._clausal.axes.literals, strict=True)
            for value, literal in zip(variable.values, literals, strict=True)
        }
        self._values = {variable.name: variable.values for variable in model.variables}

    def count(self, choices: Choices = NO_CHOICES) -> int | None:
        """How many configurations keep the choices; None when the model is not compiled."""
        return None if self._compiled is None else self._compiled.count(self._literals(choices))

    def valid(self, choices: Choices) -> Mapping[str, tuple[str, ...]]:
        """For each variable the values that some configuration has together with all choices of other variables."""
        literals = self._literals(choices)
        if self._compiled is not None:
            possible = set(np.flatnonzero(self._compiled.possible(literals)).tolist())
            places = iter(range(self._compiled.values))
            return {name: tuple(value for value in values if next(places) in possible) for name, values in self._values.items()}
        found = self._sat.possible(literals, (literal for pair, literal in self._literal.items() if pair[0] not in choices))
        for name in choices:
            others = self._literals({other: value for other, value in choices.items() if other != name})
            found |= self._sat.possible(others, (self._literal[name, value] for value in self._values[name]))
        return {name: tuple(v for v in values if self._literal[name, v] in found) for name, values in self._values.items()}

    def cheapest(self, choices: Choices) -> PerValue | None:
        """The least price of a configuration with each value and all choices; None when nothing has a price, or by SAT."""
        prices = self._prices()
        if self._compiled is None or prices is None:
            return None
        return self._by_value(self._compiled.cheapest(prices, self._literals(choices)))

    def release(self, choices: Choices) -> PerValue | None:
        """How many choices, at least, must be given up for each value; None by SAT."""
        return None if self._compiled is None else self._by_value(self._compiled.release(self._literals(choices)))

    def clash(self, choices: Choices) -> Clash | None:
        """Why choices do not go together, and what could be given up instead; None if they do."""
        literals = self._literals(choices)
        if self._sat.holds(literals):
            return None
        names, groups = [*choices], [[literal] for literal in literals]

        def named(places: Iterable[int]) -> Choices:
            return {names[place]: choices[names[place]] for place in sorted(places)}

        enough = self._sat.enough_to_give_up(groups)
        sets = [(place,) for place in enough][:MOST_REPAIRS] or self._sat.several_to_give_up(groups, MOST_REPAIRS)
        blamed = named(self._blamed(literals, enough))
        words = tuple(self.model.constraints[rule].text for rule in self._sat.fewest_rules(self._literals(blamed)))
        return Clash(blamed, words, _told(blamed, words), tuple(map(named, sets)))

    def _blamed(self, literals: Sequence[int], enough: Sequence[int]) -> Sequence[int]:
        """Those of conflicting literals, by place, of which none can be left out.

        One that is enough to give up is part of every conflict. So where all of these together conflict, there is no other.
        """

        def conflict(places: Iterable[int]) -> bool:
            return not self._sat.holds(literals[place] for place in places)

        return enough if conflict(enough) else fewest(range(len(literals))[::-1], conflict)

    def anomalies(self) -> Anomalies:
        """Dead and forced features and redundant constraints; of a model without configurations only that it has none."""
        if self.is_void:
            return Anomalies((), (), ())
        valid = self.valid({})
        rules = [number for number, constraint in enumerate(self.model.constraints) if not constraint.is_structure]
        dead = (_named(name, value) for name, values in self._values.items() for value in _never(values, valid[name]))
        forced = (_named(name, found[0]) for name, found in valid.items() if _is_forced(self._values[name], found))
        redundant = (self.model.constraints[rule].text for rule in self._sat.redundant_rules(rules))
        return Anomalies(tuple(dead), tuple(forced), tuple(redundant))

    def _literals(self, choices: Choices) -> list[int]:
        faults = [fault for name, value in choices.items() if (fault := self._fault(name, value))]
        if len(faults) == 1:
            raise faults[0]
        if faults:
            raise BadInput(Issue(f"choice {number}", fault.code, str(fault)) for number, fault in enumerate(faults, 1))
        return [self._literal[pair] for pair in choices.items()]

    def _fault(self, name: str, value: str) -> AtollError | None:
        if name not in self._values:
            return UnknownFeature(
                model=self.model.name, feature=name, did_you_mean=f" {did_you_mean(name, self._values)}".rstrip()
            )
        if value not in self._values[name]:
            return UnknownOption(option=value, feature=name, did_you_mean=f" {did_you_mean(value, self._values[name])}".rstrip())
        return None

    def _prices(self) -> NDArray[np.float64] | None:
        """The price of each value: of a feature when it is true."""
        prices, known = [], False
        for variable in self.model.variables:
            facts = {name.casefold(): fact for name, fact in variable.attributes}
            price = facts.get(PRICE)
            known |= price is not None
            prices += [float(str(price)) if price is not None and value == "true" else 0.0 for value in variable.values]
        return np.array(prices) if known else None

    def _by_value(self, answers: NDArray[np.float64]) -> PerValue:
        flat = iter(answers.tolist())
        return {
            name: {value: answer for value, answer in ((value, next(flat)) for value in values) if answer < np.inf}
            for name, values in self._values.items()
        }


def _compiled(model: ConstraintModel, clauses: ClausalModel, budget: Budget) -> tuple[str, Circuit | None]:
    """The model in compiled form: by the compiler that suits it in half of the time, or by the other one in what is left."""
    until = monotonic() + budget.seconds

    def by_diagram(share: float) -> Circuit:
        return diagram.compile_model(model, Budget(budget.nodes, share * (until - monotonic())))

    def by_knowledge(share: float) -> Circuit:
        left = Budget(budget.nodes, share * (until - monotonic()))
        return knowledge.compile_clauses(clauses.clauses, clauses.variables, budget=left)

    kinds = {type(part) for constraint in model.constraints for part in constraint.parts}
    ways = [(KNOWLEDGE, by_knowledge), (DIAGRAM, by_diagram)]
    if Table in kinds:
        ways.reverse()
    elif Linear not in kinds:
        del ways[1]  # a diagram of clauses alone is never smaller
    for tried, (name, way) in enumerate(ways if budget.nodes else ()):
        try:
            return name, way(1 / (len(ways) - tried))
        except LimitReached:
            continue
    return SAT, None


def _told(choices: Choices, rules: Sequence[str]) -> str:
    made = " with ".join(f"{name} = {value}" for name, value in choices.items()) or "Every choice"
    return f"{made} goes against: {'; '.join(rule.rstrip('.') for rule in rules)}."


def _never(values: Sequence[str], valid: Sequence[str]) -> list[str]:
    """Of a feature, whether it is never true; of another variable, the values that it never has."""
    if values == FALSE_OR_TRUE:
        return [] if "true" in valid else ["true"]
    return [value for value in values if value not in valid]


def _is_forced(values: Sequence[str], valid: Sequence[str]) -> bool:
    return len(values) > 1 and len(valid) == 1 and (values != FALSE_OR_TRUE or valid[0] == "true")


def _named(name: str, value: str) -> str:
    return name if value == "true" else f"{name} = {value}"
