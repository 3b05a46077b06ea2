"""Multi-valued decision diagrams in layers: how they are joined, reduced, and made a circuit.

A diagram reads one variable after another. Its state after some of them says all that matters of them, like a finite automaton:
the rows of a table that are still open, or the sum so far. Several diagrams are joined by reading all variables with all of them
at once: a state of the whole is the states of those that have begun and not ended [1]_. Then equal states are merged, from the
last variable to the first.

.. [1] G. Perez, J.-C. Régin: Efficient Operations on MDDs for Building Constraint Programming Models. IJCAI 2015. There two are
   joined at a time; here all are, so that nothing is worked out without regard to the other rules.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from atoll.configure.compiled.circuit import NO_LITERAL, Budget, Circuit, Nodes
from atoll.errors import LimitReached

Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]

DEAD = -1
"""Stands for the state from which nothing is valid, while a diagram is made."""

LARGEST_CODE = 1 << 62
MOST_CELLS = 5_000_000
"""States times values of a layer, before states are merged."""


@dataclass(frozen=True, slots=True, eq=False)
class Diagram:
    """A reduced diagram.

    Parameters
    ----------
    variables
        Positions of the variables, in the order in which they are read.
    layers
        For each variable the state that follows, by state and value. State 0 is the one from which nothing is valid; after the
        last variable, state 1 is valid.
    start
        The first state: 1, or 0 if nothing is valid.
    """

    variables: tuple[int, ...]
    layers: tuple[Integers, ...]
    start: int

    @property
    def nodes(self) -> int:
        """How many states there are, after which something is valid."""
        return sum(len(layer) - 1 for layer in self.layers)

    @property
    def edges(self) -> int:
        """How many values lead on, over all states."""
        return sum(int(np.count_nonzero(layer)) for layer in self.layers)


def conjunction(order: Sequence[int], sizes: Sequence[int], diagrams: Sequence[Diagram], budget: Budget) -> Diagram:
    """The diagram over all variables, in an order, of what all diagrams allow.

    Parameters
    ----------
    sizes
        How many values each variable has.

    Raises
    ------
    LimitReached
        When there are more states before reduction, or it takes longer, than the budget allows.
    """
    if not all(diagram.start for diagram in diagrams):
        return reduced(order, [np.zeros((0, sizes[variable]), np.int64) for variable in order], np.ones(0, np.bool_))
    joint = _Joint(order, sizes, diagrams, budget, all_allow=True)
    return reduced(order, joint.layers, np.ones(joint.count, np.bool_))


def combination(
    order: Sequence[int],
    sizes: Sequence[int],
    diagrams: Sequence[Diagram],
    truth: Callable[[Sequence[Truths]], Truths],
    budget: Budget,
) -> Diagram:
    """The diagram of a condition on which of several diagrams allow the values."""
    joint = _Joint(order, sizes, diagrams, budget, all_allow=False)
    return reduced(order, joint.layers, truth([joint.states[number] > 0 for number in range(len(diagrams))]))


class _Joint:
    """Reads all variables with several diagrams at once, a layer at a time.

    Parameters
    ----------
    all_allow
        Whether all diagrams must allow the values. Then a state is dead where one of theirs is, and a diagram that has read all
        its variables is forgotten.

    Attributes
    ----------
    layers
        For each variable the state that follows, or DEAD, by state and value.
    states
        For the last layer, the state of each diagram that is not forgotten.
    """

    def __init__(
        self, order: Sequence[int], sizes: Sequence[int], diagrams: Sequence[Diagram], budget: Budget, *, all_allow: bool
    ) -> None:
        self.diagrams, self.all_allow = diagrams, all_allow
        self.layers: list[Integers] = []
        self.states = {} if all_allow else {number: np.full(1, diagram.start) for number, diagram in enumerate(diagrams)}
        self.count = 1
        readers: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, diagram in enumerate(diagrams):
            for level, variable in enumerate(diagram.variables):
                readers[variable].append((number, level))
        until, made = monotonic() + budget.seconds, 0
        for variable in order:
            made += self.count
            if made > budget.nodes or self.count * sizes[variable] > MOST_CELLS or monotonic() > until:
                raise LimitReached(limit=f"{budget.nodes} nodes or {budget.seconds:.1f} seconds for a decision diagram")
            self._read(sizes[variable], readers[variable])

    def _read(self, size: int, readers: Sequence[tuple[int, int]]) -> None:
        """One variable; readers are the diagrams that it concerns, each with its layer for it."""
        alive = np.ones(self.count * size, np.bool_)
        moved: dict[int, Integers] = {}
        for number, level in readers:
            before = self.states.pop(number, np.full(self.count, self.diagrams[number].start))
            after = self.diagrams[number].layers[level][before].ravel()
            if self.all_allow:
                alive &= after > 0
            if not self.all_allow or level < len(self.diagrams[number].layers) - 1:
                moved[number] = after
        kept = np.flatnonzero(alive)
        still = np.repeat(ranked(self.states.values(), self.count), size)[kept]
        codes = ranked([still, *(states[kept] for states in moved.values())], len(kept))
        _, first, place = np.unique(codes, return_index=True, return_inverse=True)
        layer = np.full((self.count, size), DEAD, np.int64)
        layer.ravel()[kept] = place
        self.layers.append(layer)
        self.states = {number: states[kept[first] // size] for number, states in self.states.items()}
        self.states |= {number: states[kept[first]] for number, states in moved.items()}
        self.count = len(first)


def ranked(columns: Iterable[Integers], count: int) -> Integers:
    """A number for each of `count` rows of the columns: equal for equal rows, smallest for the row of the smallest numbers."""
    code, codes = np.zeros(count, np.int64), 1
    for column in columns:
        largest = int(column.max(initial=0)) + 1
        if codes * largest > LARGEST_CODE:
            different, code = np.unique(code, return_inverse=True)
            codes = len(different)
        code = code * largest + column
        codes *= largest
    return code


def reduced(order: Iterable[int], layers: Sequence[Integers], valid: Truths) -> Diagram:
    """Merge equal states from the last variable to the first.

    Parameters
    ----------
    layers
        For each variable the state that follows, or DEAD, by state and value; the first state is 0.
    valid
        Which states after the last variable are.
    """
    same = np.append(valid, False).astype(np.int64)  # its end is what becomes of DEAD
    merged = []
    for layer in reversed(layers):
        rows = np.vstack([np.zeros((1, layer.shape[1]), np.int64), same[layer]])
        _, first, place = np.unique(ranked(rows.T, len(rows)), return_index=True, return_inverse=True)
        merged.append(rows[first])
        same = np.append(place[1:], 0)
    return Diagram(tuple(order), tuple(merged[::-1]), int(same[0]))


def circuit_of(diagram: Diagram, literals: Sequence[Sequence[int]]) -> Circuit:
    """The circuit of a diagram over all variables: a state is an OR over the states that follow, each with its values.

    Parameters
    ----------
    literals
        For each variable the literal of each value, as of `Axes`, or `NO_LITERAL`.
    """
    nodes = Nodes()
    below = [nodes.false, nodes.true]
    for variable, layer in zip(reversed(diagram.variables), reversed(diagram.layers), strict=True):
        values = _value_nodes(nodes, literals[variable])
        below = [nodes.either(_branches(nodes, row, values, below)) for row in layer.tolist()]
    root = below[diagram.start] if diagram.layers else (nodes.true if diagram.start else nodes.false)
    return nodes.circuit(root, max((abs(literal) for values in literals for literal in values), default=0))


def _branches(nodes: Nodes, row: Sequence[int], values: Sequence[int], below: Sequence[int]) -> list[int]:
    leading: dict[int, list[int]] = defaultdict(list)
    for value, state in zip(values, row, strict=True):
        if state:
            leading[state].append(value)
    return [nodes.both([nodes.either(found), below[state]]) for state, found in leading.items()]


def _value_nodes(nodes: Nodes, literals: Sequence[int]) -> list[int]:
    """For each value of a variable the AND of its literal and the negations of the others, which share their parts."""
    if len(literals) == 2 and literals[0] == -literals[1]:
        return [nodes.literal(literal) for literal in literals]
    own = [nodes.true if literal == NO_LITERAL else nodes.literal(literal) for literal in literals]
    not_so = [nodes.true if literal == NO_LITERAL else nodes.literal(-literal) for literal in literals]
    before, after = [nodes.true], [nodes.true]
    for node in not_so[:-1]:
        before.append(nodes.both([before[-1], node]))
    for node in not_so[:0:-1]:
        after.append(nodes.both([node, after[-1]]))
    return [nodes.both(parts) for parts in zip(before, own, reversed(after), strict=True)]
