"""What a compiled model answers: two passes over its circuit give one number for every value of every variable.

The upward pass works out what each node costs at best, the downward pass what is cheapest around it, as a derivative [1]_. What
"cost" is, makes the question: a sum of prices, a latest date, a number of configurations.

All questions treat a variable that has been chosen alike: its other values are answered as if only this choice were changed.

.. [1] A. Darwiche: A differential approach to inference in Bayesian networks. Journal of the ACM 50 (2003), 280-305; with other
   semirings A. Kimmig, G. Van den Broeck, L. De Raedt: Algebraic model counting. Journal of Applied Logic 22 (2017), 46-62.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, prod
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from atoll.configure.compiled.circuit import AND, LITERAL, Axes, Circuit, Nodes
from atoll.native import native

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SUM, LATEST, COUNT = range(3)
"""What the cost of an AND is: the sum of its parts, with the cheapest of an OR; the latest, with the earliest of an OR; or the
product of its counts, with the sum of an OR, both as −log."""


@native
def _upward(start: NDArray[np.int32], child: NDArray[np.int32], is_and: NDArray[np.bool_], how: int, cost: Floats) -> None:
    """What each node costs at best, from the costs of the literals, which stand first."""
    literals = len(cost) - len(is_and)
    for node in range(len(is_and)):
        first, last = start[node], start[node + 1]
        if is_and[node]:
            total = 0.0 if how != LATEST else -inf
            for edge in range(first, last):
                part = cost[child[edge]]
                total = max(total, part) if how == LATEST else total + part
        else:
            total = inf
            for edge in range(first, last):
                total = min(total, cost[child[edge]])
            if how == COUNT and total < inf:
                times = 0.0
                for edge in range(first, last):
                    times += np.exp(total - cost[child[edge]])
                total -= np.log(times)
        cost[literals + node] = total


@native
def _downward(
    start: NDArray[np.int32], child: NDArray[np.int32], is_and: NDArray[np.bool_], how: int, cost: Floats, around: Floats
) -> None:
    """What is cheapest around each node: what the rest of a configuration costs that it is part of."""
    literals = len(cost) - len(is_and)
    around[:] = inf
    around[-1] = 0.0 if how != LATEST else -inf
    for node in range(len(is_and) - 1, -1, -1):
        outside = around[literals + node]
        if outside == inf:
            continue
        first, last = start[node], start[node + 1]
        if not is_and[node]:
            for edge in range(first, last):
                _offer(around, child[edge], outside, how)
        elif how == LATEST:
            largest, second = -inf, -inf
            for edge in range(first, last):
                part = cost[child[edge]]
                if part > largest:
                    largest, second = part, largest
                elif part > second:
                    second = part
            for edge in range(first, last):
                part = cost[child[edge]]
                rest = max(outside, second if part == largest else largest)
                around[child[edge]] = min(around[child[edge]], rest)
        else:
            total, impossible = outside, 0
            for edge in range(first, last):
                part = cost[child[edge]]
                if part == inf:
                    impossible += 1
                else:
                    total += part
            if impossible < 2:
                for edge in range(first, last):
                    part = cost[child[edge]]
                    if part == inf:
                        _offer(around, child[edge], total, how)
                    elif impossible == 0:
                        _offer(around, child[edge], total - part, how)


@native
def _offer(around: Floats, node: int, cost: float, how: int) -> None:
    before = around[node]
    if how != COUNT or before == inf:
        around[node] = min(before, cost)
    else:
        low, high = min(before, cost), max(before, cost)
        around[node] = low - np.log1p(np.exp(low - high))


@native
def _descend(
    start: NDArray[np.int32],
    child: NDArray[np.int32],
    is_and: NDArray[np.bool_],
    cost: Floats,
    draws: Floats,
    taken: NDArray[np.bool_],
) -> None:
    """Mark one configuration: of each OR the first cheapest child, or one drawn by its count if there is a draw for each node."""
    literals = len(cost) - len(is_and)
    taken[:] = False
    taken[-1] = True
    for node in range(len(is_and) - 1, -1, -1):
        if not taken[literals + node]:
            continue
        first, last = start[node], start[node + 1]
        if is_and[node]:
            for edge in range(first, last):
                taken[child[edge]] = True
            continue
        found = first
        for edge in range(first + 1, last):
            if cost[child[edge]] < cost[child[found]]:
                found = edge
        if len(draws) > 0:
            left = draws[node]
            for edge in range(first, last):
                left -= np.exp(cost[literals + node] - cost[child[edge]])
                if left < 0:
                    found = edge
                    break
        taken[child[found]] = True


@dataclass(frozen=True, slots=True, eq=False)
class Completion:
    """A configuration that is best in some respect.

    Parameters
    ----------
    values
        For each variable the position of its value; empty when no configuration keeps the choices.
    cost
        What it comes to; infinite when there is none.
    """

    values: Integers
    cost: float


class Program(NamedTuple):
    """The inner nodes of a circuit as flat arrays. Nodes are numbered from the literals, which stand first, to the root.

    Parameters
    ----------
    start, child
        Where the children of each inner node start, and the children.
    is_and
        Whether an inner node is an AND, or else an OR.
    """

    start: NDArray[np.int32]
    child: NDArray[np.int32]
    is_and: NDArray[np.bool_]


class Compiled:
    """A model in compiled form; every question about it takes time in proportion to the circuit.

    Answers "for every value" are arrays over the values of all variables, one variable after another: those of variable i are
    ``[start[i]:start[i + 1]]``. So are prices, dates and shares. Choices are literals of the axes; that a value is *not* taken is
    its negative literal. The other values of a chosen variable are answered as if this choice alone were changed to them.

    Parameters
    ----------
    circuit
        Any d-DNNF of the model. Variables that are no axes must follow from those that are.
    axes
        How the model's variables stand in the circuit.

    Notes
    -----
    Threads may share it: they take turns. Costs are double precision numbers, so sums of integers are exact up to 2⁵³.

    Examples
    --------
    Two variables, a colour of three and a bell; a red one has no bell.

    >>> colour = [1, 2, 3]
    >>> nodes = Nodes()
    >>> red, blue, green = (nodes.both(nodes.literal(c if c == value else -c) for c in colour) for value in colour)
    >>> root = nodes.either([nodes.both([red, nodes.literal(-4)]), nodes.either([blue, green])])
    >>> model = Compiled(nodes.circuit(root, 4), Axes(((1, 2, 3), (-4, 4))))
    >>> model.count(), model.count([4])
    (5, 2)
    >>> model.possible([4]).tolist()
    [False, True, True, True, True]
    >>> model.cheapest(np.array([10, 12, 15, 0, 3]), [4]).tolist()
    [inf, 15.0, 18.0, 10.0, 15.0]
    >>> model.release([4]).tolist()
    [1.0, 0.0, 0.0, 1.0, 0.0]
    """

    def __init__(self, circuit: Circuit, axes: Axes) -> None:
        literals = [literal for values in axes.literals for literal in values]
        nodes = Nodes()
        # Negations of values are left out: of the values of a variable exactly one is true. What is left must speak of every
        # variable, and of those with several literals it already does, since each one follows from the others.
        root = nodes.copy(circuit, literals)
        values = set(literals)
        root = nodes.smooth(root, [literal for literal in literals if literal > 0 and -literal in values])
        self._begin(_program(nodes, root, {literal: place for place, literal in enumerate(literals)}), axes)

    @classmethod
    def of_program(cls, program: Program, axes: Axes) -> "Compiled":
        """A model whose circuit was made a program before: what `program` of a model with the same axes gave."""
        made = cls.__new__(cls)
        made._begin(program, axes)
        return made

    def _begin(self, program: Program, axes: Axes) -> None:
        literals = [literal for values in axes.literals for literal in values]
        self.axes, self.program = axes, program
        self.start = np.cumsum([0, *map(len, axes.literals)])
        self._places = {literal: place for place, literal in enumerate(literals)}
        self._variables = np.repeat(np.arange(len(axes.literals)), np.diff(self.start)).tolist()
        size = len(literals) + len(program.is_and)
        self._cost, self._around, self._taken = np.empty(size), np.empty(size), np.empty(size, np.bool_)
        self._lock = Lock()

    @property
    def values(self) -> int:
        """How many values all variables have together."""
        return len(self._places)

    @property
    def nodes(self) -> int:
        """How many inner nodes the circuit has."""
        return len(self.program.is_and)

    @property
    def edges(self) -> int:
        """The size of the circuit, which a pass takes time for."""
        return len(self.program.child)

    # for every value

    def possible(self, choices: Iterable[int] = ()) -> NDArray[np.bool_]:
        """Whether there is a configuration with the value and all choices (but for those of the same variable)."""
        return self._answers(SUM, np.zeros(self.values), choices) < inf

    def cheapest(self, prices: Floats, choices: Iterable[int] = ()) -> Floats:
        """The least sum of prices of a configuration with the value and all choices; infinite where there is none.

        Parameters
        ----------
        prices
            A price for each value; infinite for one that is not for sale.
        """
        return self._answers(SUM, prices, choices)

    def earliest(self, dates: Floats, choices: Iterable[int] = ()) -> Floats:
        """The earliest date of a configuration with the value and all choices, where one is as late as its latest value.

        Parameters
        ----------
        dates
            A date for each value, as a number; −∞ for one that waits for nothing, infinite for one that never comes.
        """
        return self._answers(LATEST, dates, choices)

    def release(self, choices: Sequence[int], weights: Sequence[float] | None = None) -> Floats:
        """The release distance: how many choices, at least, a configuration with the value goes against.

        Among them is the choice that the value itself takes the place of. A value that costs no other choice is possible.

        Parameters
        ----------
        weights
            What it costs to give up each choice, 1 unless given.
        """
        price = np.zeros(self.values)
        for literal, weight in zip(choices, [1.0] * len(choices) if weights is None else weights, strict=True):
            price[self._against(literal)] += weight
        return self._answers(SUM, price, ())

    def log_counts(self, choices: Iterable[int] = ()) -> Floats:
        """The natural logarithm of the number of configurations with the value and all choices; −∞ where there is none."""
        return -self._answers(COUNT, np.zeros(self.values), choices)

    def counts(self, choices: Iterable[int] = ()) -> list[int]:
        """The number of configurations with the value and all choices, exactly; much slower than its logarithm."""
        count = self._counted(choices)
        around = [0] * len(count)
        around[-1] = 1
        for node, (multiplies, parts) in reversed([*enumerate(self._inner, start=self.values)]):
            outside = around[node]
            if not multiplies:
                for part in parts:
                    around[part] += outside
            elif outside and sum(not count[part] for part in parts) < 2:
                total = outside * prod(count[part] for part in parts if count[part])
                for part in parts:
                    if count[part] == 0:
                        around[part] += total
                    elif count[node]:
                        around[part] += total // count[part]
        return around[: self.values]

    # one number, or one configuration

    def count(self, choices: Iterable[int] = ()) -> int:
        """The number of configurations that keep the choices, exactly."""
        return self._counted(choices)[-1]

    def cheapest_completion(self, prices: Floats, choices: Iterable[int] = ()) -> Completion:
        """A configuration that keeps the choices with the least sum of prices."""
        return self._completion(SUM, prices, choices)

    def earliest_completion(self, dates: Floats, choices: Iterable[int] = ()) -> Completion:
        """A configuration that keeps the choices and whose latest date is earliest."""
        return self._completion(LATEST, dates, choices)

    def most_popular_completion(self, shares: Floats, choices: Iterable[int] = ()) -> Completion:
        """A configuration that keeps the choices with the largest product of option shares; its cost is −log of that.

        A share of zero is taken only where nothing else is possible.
        """
        return self._completion(SUM, -np.log(np.maximum(shares, 1e-300)), choices)

    def draw(self, rng: np.random.Generator, size: int, choices: Iterable[int] = ()) -> Integers:
        """Configurations that keep the choices, each as likely as the other.

        Returns
        -------
        Integers
            Positions of values, of shape (size, variables).

        Raises
        ------
        ValueError
            When no configuration keeps the choices.
        """
        drawn = np.empty((size, len(self.axes.literals)), np.int64)
        with self._lock:
            self._pass_up(COUNT, np.zeros(self.values), self._excluded(choices))
            if self._cost[-1] == inf:
                raise ValueError("Expected choices that some configuration keeps.")
            for row in drawn:
                row[:] = self._descended(rng.random(len(self.program.is_and)))
        return drawn

    # inside

    def _against(self, literal: int) -> Integers:
        """Places of the values that go against a choice."""
        place = self._places.get(literal)
        if place is None:
            if -literal not in self._places:
                raise ValueError(f"Expected a literal of the axes, got {literal}.")
            return np.array([self._places[-literal]])
        variable = self._variables[place]
        return np.array([other for other in range(self.start[variable], self.start[variable + 1]) if other != place], np.int64)

    def _excluded(self, choices: Iterable[int]) -> NDArray[np.bool_]:
        excluded = np.zeros(self.values, np.bool_)
        for literal in choices:
            excluded[self._against(literal)] = True
        return excluded

    def _answers(self, how: int, costs: Floats, choices: Iterable[int]) -> Floats:
        excluded = self._excluded(choices)
        with self._lock:
            self._pass_up(how, costs, excluded)
            _downward(*self.program, how, self._cost, self._around)
            around = self._around[: self.values]
            return np.maximum(around, costs) if how == LATEST else around + costs

    def _pass_up(self, how: int, costs: Floats, excluded: NDArray[np.bool_]) -> None:
        if len(costs) != self.values:
            raise ValueError(f"Expected a number for each of {self.values} values, got {len(costs)}.")
        self._cost[: self.values] = costs
        self._cost[: self.values][excluded] = inf
        _upward(*self.program, how, self._cost)

    def _completion(self, how: int, costs: Floats, choices: Iterable[int]) -> Completion:
        excluded = self._excluded(choices)
        with self._lock:
            self._pass_up(how, costs, excluded)
            cost = float(self._cost[-1])
            return Completion(self._descended(np.empty(0)) if cost < inf else np.empty(0, np.int64), cost)

    def _descended(self, draws: Floats) -> Integers:
        _descend(*self.program, self._cost, draws, self._taken)
        places: Integers = np.flatnonzero(self._taken[: self.values]) - self.start[:-1]
        return places

    def _counted(self, choices: Iterable[int]) -> list[int]:
        """The number of configurations of each node, in Python's integers, which have any size."""
        count = [1 - is_out for is_out in self._excluded(choices).astype(int).tolist()]
        for multiplies, parts in self._inner:
            counts = [count[part] for part in parts]
            count.append(prod(counts) if multiplies else sum(counts))
        return count

    @cached_property
    def _inner(self) -> list[tuple[bool, list[int]]]:
        """The inner nodes in Python's own lists: whether each is an AND, and its children."""
        start, child, is_and = (part.tolist() for part in self.program)
        return [(is_and[node], child[start[node] : start[node + 1]]) for node in range(len(is_and))]


def _program(nodes: Nodes, root: int, places: dict[int, int]) -> Program:
    """What the passes run over. An AND within an AND that nothing else uses is dissolved, and so is an OR within an OR."""
    order = nodes.below(root)
    uses = [0] * (root + 1)
    for node in order:
        for part in nodes.children[node] if nodes.kinds[node] != LITERAL else ():
            uses[part] += 1
    parts: dict[int, list[int]] = {}
    for node in order:
        kind = nodes.kinds[node]
        if kind == LITERAL:
            continue
        parts[node] = []
        for part in nodes.children[node]:
            if nodes.kinds[part] == kind and uses[part] == 1:
                parts[node] += parts.pop(part)
            else:
                parts[node].append(part)
    if nodes.kinds[root] == LITERAL:
        parts[-1] = [root]
    numbers = {node: len(places) + place for place, node in enumerate(parts)}
    numbers |= {node: places[nodes.children[node][0]] for node in order if nodes.kinds[node] == LITERAL}
    return Program(
        np.cumsum([0, *map(len, parts.values())], dtype=np.int32),
        np.array([numbers[part] for children in parts.values() for part in children], np.int32),
        np.array([node == -1 or nodes.kinds[node] == AND for node in parts], np.bool_),
    )
