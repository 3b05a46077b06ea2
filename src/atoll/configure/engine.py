"""The configuration engine: completes choices, says what else is possible, explains and repairs conflicts, draws examples."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from types import MappingProxyType
from typing import Any

import numpy as np
from pysat.examples.rc2 import RC2
from pysat.formula import WCNF
from pysat.solvers import Solver

from atoll.configure.choice import read_choices
from atoll.configure.encoding import Axis, Encoding
from atoll.configure.errors import InvalidConfiguration
from atoll.configure.preference import Wish, mean_waits, preferred, wishes_of
from atoll.configure.sat import Sat, fewest
from atoll.configure.wording import because
from atoll.errors import AtollError
from atoll.model.expression import Expression
from atoll.model.product import Configuration, FeatureKind, ProductModel, Rule, Value, plain

Choices = tuple[tuple[str, Value], ...]

MOST_REPAIRS = 3

MOST_REASONS = 50
"""Reasons kept for each value, so that it is seen at a glance why the value does not go with other choices."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Rules and choices that do not go together. None of them can be left out.

    Parameters
    ----------
    choices
        Feature and value, in the order in which they were made.
    text
        The conflict in words.
    """

    rules: tuple[Rule, ...]
    choices: Choices
    text: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What configurations cost more where a condition is certainly met, or less when the cost is below zero."""

    name: str
    condition: Expression
    cost: int


class Configurator:
    """Answers questions about the valid configurations of a product model, exactly.

    Parameters
    ----------
    on
        Rules in force on this day count; all of them when None.

    Raises
    ------
    RuleTooLarge
        When a rule has more combinations than can be kept.

    Notes
    -----
    A SAT solver decides on clauses that are made once (`atoll.configure.encoding`); every question is a number of calls under
    assumptions. Answers do not depend on earlier questions, but that of several reasons for a conflict one is told again that was
    found before. Threads may share an engine: they take turns.

    Examples
    --------
    >>> from atoll.configure import Configurator, read_product_model
    >>> colours, sizes = [{"code": c, "name": c} for c in ("red", "blue")], [{"code": c, "name": c} for c in ("small", "large")]
    >>> document = {
    ...     "code": "cup", "name": "Cup", "end_item": "CUP", "revision": "1", "base_price": 5, "currency": "EUR",
    ...     "features": [{"code": "colour", "name": "Colour", "kind": "one", "options": colours},
    ...                  {"code": "size", "name": "Size", "kind": "one", "options": sizes}],
    ...     "rules": [{"name": "large", "text": "Large cups are blue", "rule": "size = large -> colour = blue"}],
    ... }
    >>> engine = Configurator(read_product_model(document, {}))
    >>> engine.configuration({"size": "large"}).as_dict()
    {'colour': 'blue', 'size': 'large'}
    >>> engine.domains({"colour": "red"})["size"]
    {'small': True, 'large': False}
    >>> engine.explain({"colour": "red", "size": "large"}).text
    'Colour red with Size large goes against “Large cups are blue”.'
    """

    def __init__(self, model: ProductModel, on: date | None = None) -> None:
        self.model = model
        self._encoding = Encoding(model, on)
        self._wishes = wishes_of(model, self._encoding)
        self._sat = Sat(self._encoding.clauses, [[[literal]] for literal in self._encoding.literals], self._encoding.top)
        self._lock = Lock()
        self._found: Sequence[int] = ()
        self._reasons: dict[tuple[str, Value], dict[frozenset[tuple[str, Value]], tuple[Rule, ...]]] = {}
        self._orders = [(code, order) for code, axes in self._encoding.axes.items() for order in preferred(axes)]
        drawn = [axis for axis in self._encoding.all_axes() if axis.feature.kind is not FeatureKind.TEXT]
        self._drawn = [(axis.feature.code, [*axis.literals.values()]) for axis in drawn]
        self._waits = mean_waits(drawn)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force, those for the number of options first."""
        return self._encoding.rules

    def rules_against(self, code: str, option: str, *, taken: bool) -> tuple[Rule, ...] | None:
        """The fewest rules under which an option can never be taken (or never be left out); None when it can."""
        axes = self._encoding.axes[code]
        literal = next(axis.literals[True if axis.option else option] for axis in axes if axis.option in {None, option})
        wish = [literal if taken else -literal]
        with self._lock:
            return None if self._sat.holds(wish) else self._fewest_rules(wish)

    def implied_by(self, rule: Rule, without: Collection[str] = ()) -> tuple[Rule, ...] | None:
        """The fewest other rules from which a rule in force follows; None when it forbids something that they allow.

        Parameters
        ----------
        without
            Names of rules that are not to be counted among the others.
        """
        place = self.rules.index(rule)
        left_out = [other for other, one in enumerate(self.rules) if other == place or one.name in without]
        broken = [-self._encoding.literals[place]]
        with self._lock:
            return None if self._sat.holds_without(broken, left_out) else self._fewest_rules(broken, left_out)

    def allows(self, choices: Mapping[str, Any]) -> bool:
        """Whether some valid configuration has all of the choices; one that the model does not know is in none."""
        try:
            made = read_choices(self.model, choices)
        except AtollError:
            return False
        with self._lock:
            return self._sat.holds(self._literals(made))

    def each(self, most: int) -> Iterator[dict[str, Value]]:
        """Valid configurations, each once, as values by feature without the texts; no more than asked for.

        It takes time in proportion to what is found, so it is for models with few configurations.
        """
        axes = {code: group for code, group in self._encoding.axes.items() if group[0].feature.kind is not FeatureKind.TEXT}
        in_force = [[literal] for literal in self._encoding.literals]
        with Solver(name="minisat22", bootstrap_with=self._encoding.clauses + in_force) as solver:
            for _ in range(most):
                if not solver.solve():
                    return
                found = solver.get_model()
                literals = (literal for group in axes.values() for axis in group for literal in axis.literals.values())
                solver.add_clause([-literal for literal in literals if _is_in(found, literal)])
                yield {code: _value(group, found) for code, group in axes.items()}

    def configuration(self, choices: Mapping[str, Any]) -> Configuration:
        """Complete choices to a valid configuration.

        Every choice is kept. Then the preferences of the model are granted whose condition follows, where they are possible, the
        weightiest first; each may let others count. Then one feature after another, in the order of the model, gets what is
        preferred by then, or its default where that is possible, and otherwise the possible value with the largest share (the
        first of equal ones; the smallest number). An optional feature without default stays empty where possible, and of several
        options none is taken without need. A text that is not given is the default where possible, or empty.

        Raises
        ------
        UnknownFeature, UnknownOption
            When a choice is wrong by itself.
        BadInput
            When several are, with all of them.
        InvalidConfiguration
            When the choices break rules, with the smallest reason.
        """
        made = read_choices(self.model, choices)
        with self._lock:
            return self._completed(made, self._orders, self._wishes)

    def best(
        self, choices: Mapping[str, Any], costs: Callable[[Axis], Sequence[int]], conditions: Sequence[Condition] = ()
    ) -> Configuration:
        """Complete choices to a valid configuration whose decisions cost least together, exactly.

        Of several that cost the same, one is taken that differs least from what is preferred. Texts are completed as in
        `configuration`.

        Parameters
        ----------
        costs
            What each value of a decision costs, in the order of its literals; it may be below zero.
        conditions
            What is added to the costs where conditions are met.

        Raises
        ------
        UnknownFeature, UnknownOption, BadInput, InvalidConfiguration
            As `configuration` does.

        Notes
        -----
        Weighted MaxSAT by unsatisfiable cores [1]_. The product models of the demonstrations take some milliseconds; in the worst
        case the time is exponential.

        .. [1] A. Ignatiev, A. Morgado, J. Marques-Silva: RC2: an Efficient MaxSAT Solver. Journal on Satisfiability, Boolean
           Modeling and Computation 11 (2019), 53-64.
        """
        made = read_choices(self.model, choices)
        with self._lock:
            made = self._with_texts(made)
            decided = self._literals(made)
            if not self._solve(decided):
                raise self._invalid(made)
            penalties = [*self._penalties(costs, conditions)]
            problem = WCNF()
            problem.extend([*self._encoding.clauses, *([literal] for literal in [*self._encoding.literals, *decided])])
            for literal, weight in penalties:
                problem.append([-literal], weight=weight)
            with RC2(problem, solver="minisat22") as search:
                found = {abs(literal): literal for literal in search.compute()}
            self._found = [found.get(variable, -variable) for variable in range(1, self._encoding.top + 1)]
            return self._configuration(made)

    def _penalties(self, costs: Callable[[Axis], Sequence[int]], conditions: Sequence[Condition]) -> Iterator[tuple[int, int]]:
        """Literals with what each costs beyond the least of its decision, and a trifle where it is not the preferred one.

        What is taken off under a condition costs where it is not met.
        """
        preferred_literals = {order[0] for _, order in self._orders}
        axes = [axis for axis in self._encoding.all_axes() if axis.feature.kind is not FeatureKind.TEXT]
        for axis in axes:
            amounts = costs(axis)
            for literal, amount in zip(axis.literals.values(), amounts, strict=True):
                weight = (amount - min(amounts)) * (len(axes) + 1) + (literal not in preferred_literals)
                if weight:
                    yield literal, weight
        for one in conditions:
            met = self._encoding.certain(one.condition, one.name)
            if one.cost:
                yield (met if one.cost > 0 else -met), abs(one.cost) * (len(axes) + 1)

    def domains(self, choices: Mapping[str, Any]) -> Mapping[str, Mapping[Value, bool]]:
        """For every feature and each of its values: is there a valid configuration with this value and all the other choices?

        So a person may change a choice. For a feature that takes several options: can the option be, or stay, among them; when
        the feature is chosen, its other options stay as they are. A text has no values to list.
        """
        made = read_choices(self.model, choices)
        with self._lock:
            base = self._literals(made)
            free = [axis for axis in self._encoding.all_axes() if axis.feature.code not in made]
            possible = self._sat.possible(base, [literal for axis in free for literal in _listed(axis)])
            for code in made:
                possible |= self._possible_instead(code, made)
        return {code: _domain(axes, possible) for code, axes in self._encoding.axes.items()}

    def explain(self, choices: Mapping[str, Any]) -> Conflict | None:
        """Why choices do not go together, or None if they do. No rule and no choice of the reason can be left out."""
        made = read_choices(self.model, choices)
        with self._lock:
            return self._conflict(made)

    def repairs(self, choices: Mapping[str, Any]) -> list[Choices]:
        """The smallest sets of choices to give up so that the others go together: up to three, those of older choices first.

        Empty when there is no conflict, or when the rules contradict each other without any choice.
        """
        made = read_choices(self.model, choices)
        pairs = [*made.items()]
        with self._lock:
            groups = [self._encoding.chosen(code, value) for code, value in made.items()]
            if self._sat.holds(literal for group in groups for literal in group):
                return []
            smallest: Sequence[tuple[int, ...]] = [(place,) for place in self._sat.enough_to_give_up(groups)][:MOST_REPAIRS]
            smallest = smallest or self._sat.several_to_give_up(groups, MOST_REPAIRS)
            return [tuple(pairs[place] for place in given_up) for given_up in smallest]

    def sample(self, rng: np.random.Generator, choices: Mapping[str, Any] = MappingProxyType({})) -> Configuration:
        """Draw a valid configuration.

        Features are drawn in the order of the model, each by its shares among the values that are possible after the choices and
        the features before it. Texts are not drawn: without a choice they have their default.

        Parameters
        ----------
        choices
            What is decided already.

        Raises
        ------
        InvalidConfiguration
            When the choices contradict each other.
        """
        made = read_choices(self.model, choices)
        waits = rng.exponential(self._waits)
        orders, start = [], 0
        for code, literals in self._drawn:
            order = np.argsort(waits[start : start + len(literals)], kind="stable")
            orders.append((code, [literals[place] for place in order]))
            start += len(literals)
        with self._lock:
            return self._completed(made, orders)

    # with the lock held

    def _solve(self, assumptions: Iterable[int]) -> bool:
        """Whether there is a valid configuration under assumptions; it is kept."""
        found = self._sat.solution(assumptions)
        if found is None:
            return False
        self._found = found
        return True

    def _is_found(self, literal: int) -> bool:
        """Whether the configuration found last has a literal."""
        return _is_in(self._found, literal)

    def _literals(self, made: Mapping[str, Value]) -> list[int]:
        return [literal for code, value in made.items() for literal in self._encoding.chosen(code, value)]

    def _completed(
        self, made: Mapping[str, Value], orders: Iterable[tuple[str, Sequence[int]]], wishes: Iterable[Wish] = ()
    ) -> Configuration:
        """Keep what is made, grant wishes, then decide in the orders given: the first literal of each that is possible.

        Trying all first wishes at once gives the same, and mostly is enough.

        Raises
        ------
        InvalidConfiguration
            When what is made is not possible.
        """
        made = self._with_texts(made)
        decided = self._literals(made)
        waiting = [wish for wish in wishes if wish.feature not in made]
        if waiting:
            if not self._solve(decided):
                raise self._invalid(made)
            decided += self._granted(decided, waiting)
            waiting = [wish for wish in waiting if self._sat.holds([*decided, wish.when])]
        open_orders = [(code, order) for code, order in orders if code not in made and not {*order} & {*decided}]
        first_wishes = [order[0] for _, order in open_orders]
        if waiting or not self._solve([*decided, *first_wishes]):
            self._sat.prefer(first_wishes)
            if not self._solve(decided):
                raise self._invalid(made)
            for code, order in open_orders:
                decided += self._granted(decided, [wish for wish in waiting if wish.feature == code])
                decided.append(self._first_possible(decided, order))
        return self._configuration(made)

    def _granted(self, decided: list[int], waiting: list[Wish]) -> list[int]:
        """Literals of wishes whose condition follows from what is decided, where they are possible; each may let others count.

        Those that are settled wait no more.
        """
        granted: list[int] = []
        while wish := next((wish for wish in waiting if not self._sat.holds([*decided, *granted, -wish.when])), None):
            waiting.remove(wish)
            if self._solve([*decided, *granted, wish.literal]):
                granted.append(wish.literal)
        return granted

    def _first_possible(self, decided: list[int], order: Sequence[int]) -> int:
        if self._is_found(order[0]) or self._solve([*decided, order[0]]):
            return order[0]
        impossible = self._sat.impossible(decided)
        return next(wish for wish in order if wish not in impossible and (self._is_found(wish) or self._solve([*decided, wish])))

    def _with_texts(self, made: Mapping[str, Value]) -> dict[str, Value]:
        """Choices with the texts that nobody gave: the default where it is possible, or empty."""
        full = dict(made)
        for feature in self.model.features:
            if feature.kind is FeatureKind.TEXT and feature.code not in made:
                full[feature.code] = feature.default or ""
                if feature.default and not self._sat.holds(self._literals(full)):
                    full[feature.code] = ""
        return full

    def _configuration(self, made: Mapping[str, Value]) -> Configuration:
        """The configuration found last, with the texts as they were made."""
        values = tuple(
            (code, made[code] if code in made else _value(axes, self._found)) for code, axes in self._encoding.axes.items()
        )
        return Configuration(self.model.code, self.model.revision, values, key_of(self.model, values))

    def _invalid(self, made: Mapping[str, Value]) -> InvalidConfiguration:
        conflict = self._conflict(made)
        if conflict is None:
            raise AssertionError("Expected a conflict where no configuration was found.")
        return InvalidConfiguration(because=conflict.text, rules=conflict.rules, choices=conflict.choices)

    def _possible_instead(self, code: str, made: Mapping[str, Value]) -> set[int]:
        """Values that one choice could be changed to while the others stay."""
        others = self._literals({name: value for name, value in made.items() if name != code})
        axes = self._encoding.axes[code]
        if len(axes) == 1 and axes[0].option is None:
            impossible = self._sat.impossible(others)
            return {literal for literal in _listed(axes[0]) if literal not in impossible and self._sat.holds([*others, literal])}
        chosen = self._encoding.chosen(code, made[code])
        return {
            axis.literals[True]
            for place, axis in enumerate(axes)
            if self._sat.holds([*others, *chosen[:place], axis.literals[True], *chosen[place + 1 :]])
        }

    def _conflict(self, made: Mapping[str, Value]) -> Conflict | None:
        """What is left after dropping choices, newest first, and then rules, as long as the rest does not go together."""
        choices, rules = self._known_reason(made) or self._reason(made)
        if not rules:
            return None
        pairs = tuple(pair for pair in made.items() if pair in choices)
        return Conflict(rules, pairs, because(self.model, rules, pairs))

    def _known_reason(self, made: Mapping[str, Value]) -> tuple[frozenset[tuple[str, Value]], tuple[Rule, ...]] | None:
        """A reason found before that says why choices do not go together; None when none does."""
        pairs = made.items()
        known = (reason for pair in pairs for reason in self._reasons.get(pair, {}).items())
        return next((reason for reason in known if reason[0] <= pairs), None)

    def _reason(self, made: Mapping[str, Value]) -> tuple[frozenset[tuple[str, Value]], tuple[Rule, ...]]:
        """The choices and rules that do not go together, none where all do; it is kept with the latest of the choices."""
        if self._sat.holds(self._literals(made)):
            return frozenset(), ()
        latest_first = [*made.items()][::-1]
        blamed = fewest(
            range(len(made)), lambda kept: not self._sat.holds(self._literals(dict(latest_first[place] for place in kept)))
        )
        choices = dict(latest_first[place] for place in blamed)
        rules, pairs = self._fewest_rules(self._literals(choices)), frozenset(choices.items())
        if blamed:
            of_latest = self._reasons.setdefault(latest_first[blamed[0]], {})
            if len(of_latest) < MOST_REASONS:
                of_latest[pairs] = rules
        return pairs, rules

    def _fewest_rules(self, literals: list[int], left_out: Collection[int] = ()) -> tuple[Rule, ...]:
        """Rules that cannot be kept together with literals; without any one of them the others can."""
        return tuple(self.rules[rule] for rule in self._sat.fewest_rules(literals, left_out))


def key_of(model: ProductModel, values: Choices) -> str:
    """Equal for equal values of one revision, whatever their order."""
    facts = [model.code, model.revision, sorted((code, plain(value)) for code, value in values)]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


def _is_in(found: Sequence[int], literal: int) -> bool:
    """Whether what a solver found has a literal."""
    return found[abs(literal) - 1] == literal


def _value(axes: Sequence[Axis], found: Sequence[int]) -> Value:
    """The value of a feature in what a solver found."""
    if axes[0].option is not None:
        return tuple(str(axis.option) for axis in axes if _is_in(found, axis.literals[True]))
    value: Value = next(value for value, literal in axes[0].literals.items() if _is_in(found, literal))
    return value


def _listed(axis: Axis) -> list[int]:
    """The literals of the values that a domain lists."""
    if axis.option is not None:
        return [axis.literals[True]]
    return [] if axis.feature.kind is FeatureKind.TEXT else [*axis.literals.values()]


def _domain(axes: Sequence[Axis], possible: set[int]) -> dict[Value, bool]:
    if axes and axes[0].option is not None:
        return {str(axis.option): axis.literals[True] in possible for axis in axes}
    listed = axes[0].feature.values()
    return {value: axes[0].literals[value] in possible for value in listed}
