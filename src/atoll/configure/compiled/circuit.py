"""The compiled form of a model: a circuit that stands for all its configurations."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atoll.model.constraint import Variable

FALSE, TRUE, LITERAL, AND, OR = range(5)
"""Kinds of nodes."""

NO_LITERAL = 0
"""Of a value that a variable has where no literal of its other values is true."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a compilation may cost.

    Parameters
    ----------
    nodes
        Nodes that may be made.
    seconds
        Time from start to end.
    """

    nodes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Axes:
    """How the variables of a model stand as Boolean variables, which are counted from 1.

    A variable with the values ``false`` and ``true`` is one Boolean variable. Another has a Boolean variable for each value, of
    which exactly one is true.

    Parameters
    ----------
    literals
        For each variable of the model the literal of each of its values: a Boolean variable, or its negation.
    """

    literals: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        used = [literal for values in self.literals for literal in values]
        if len(set(used)) < len(used) or 0 in used:
            raise ValueError("Expected every literal to stand for one value.")

    @classmethod
    def of(cls, variables: Iterable[Variable]) -> "Axes":
        """The axes of variables, numbered in their order.

        Examples
        --------
        >>> Axes.of([Variable("colour", ("red", "blue")), Variable("bell", ("false", "true"))]).literals
        ((1, 2), (-3, 3))
        """
        literals: list[tuple[int, ...]] = []
        top = 0
        for variable in variables:
            if variable.values == ("false", "true"):
                literals.append((-top - 1, top + 1))
                top += 1
            else:
                literals.append(tuple(range(top + 1, top + len(variable.values) + 1)))
                top += len(variable.values)
        return cls(tuple(literals))

    @property
    def variables(self) -> int:
        """The largest Boolean variable."""
        return max((abs(literal) for values in self.literals for literal in values), default=0)


@dataclass(frozen=True, slots=True, eq=False)
class Circuit:
    """A Boolean function in deterministic decomposable negation normal form (d-DNNF) [1]_.

    Children stand before their parents and the root is last. The children of an AND speak of different variables; no two
    children of an OR can be true together.

    Parameters
    ----------
    kind
        FALSE, TRUE, LITERAL, AND or OR; shape (n,).
    literal
        A variable 1 … v or its negation, of nodes of kind LITERAL; shape (n,).
    start, child
        The children of node i are ``child[start[i]:start[i + 1]]``; shapes (n + 1,) and (e,).
    variables
        v, how many Boolean variables there are.

    References
    ----------
    .. [1] A. Darwiche, P. Marquis: A Knowledge Compilation Map. Journal of Artificial Intelligence Research 17 (2002), 229-264.
    """

    kind: NDArray[np.int8]
    literal: NDArray[np.int32]
    start: NDArray[np.int64]
    child: NDArray[np.int32]
    variables: int

    def __post_init__(self) -> None:
        nodes = len(self.kind)
        if nodes == 0 or len(self.literal) != nodes or len(self.start) != nodes + 1 or self.start[-1] != len(self.child):
            raise ValueError(f"Expected a literal and a start for each of at least one node, got {nodes} nodes.")
        parents = np.repeat(np.arange(nodes), np.diff(self.start))
        if np.any(self.child >= parents) or np.any(self.child < 0):
            raise ValueError("Expected every child before its parents.")
        if np.any((np.abs(self.literal) > self.variables) | ((self.literal == 0) & (self.kind == LITERAL))):
            raise ValueError(f"Expected literals of the variables 1 to {self.variables}.")

    def smooth(self) -> "Circuit":
        """The same function, where all children of an OR speak of the same variables, and the root of all."""
        nodes = Nodes()
        root = nodes.smooth(nodes.copy(self, range(-self.variables, self.variables + 1)), range(1, self.variables + 1))
        return nodes.circuit(root, self.variables)


class Nodes:
    """Nodes in the making. Equal ones are made once, and what cannot be true is left out.

    A node is a number: the place of its children among `children`, which for a literal is the literal itself.
    """

    def __init__(self) -> None:
        self.kinds: list[int] = []
        self.children: list[tuple[int, ...]] = []
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}
        self.false = self._node(OR, ())
        self.true = self._node(AND, ())

    def _node(self, kind: int, children: tuple[int, ...]) -> int:
        key = (kind, children)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.kinds)
            self.kinds.append(kind)
            self.children.append(children)
        return found

    def literal(self, literal: int) -> int:
        """The node of a literal."""
        return self._node(LITERAL, (literal,))

    def both(self, parts: Iterable[int]) -> int:
        """The AND of nodes that speak of different variables."""
        kept = [part for part in parts if part != self.true]
        if self.false in kept:
            return self.false
        return kept[0] if len(kept) == 1 else self._node(AND, tuple(kept))

    def either(self, parts: Iterable[int]) -> int:
        """The OR of nodes of which no two can be true together."""
        kept = [part for part in parts if part != self.false]
        return kept[0] if len(kept) == 1 else self._node(OR, tuple(kept))

    def copy(self, circuit: Circuit, kept: Iterable[int]) -> int:
        """Take a circuit over, with its literals that are kept; others become true."""
        places, wanted = [0] * len(circuit.kind), set(kept)
        start, child, literals = circuit.start.tolist(), circuit.child.tolist(), circuit.literal.tolist()
        for node, kind in enumerate(circuit.kind.tolist()):
            parts = [places[part] for part in child[start[node] : start[node + 1]]]
            if kind == LITERAL:
                places[node] = self.literal(literals[node]) if literals[node] in wanted else self.true
            elif kind in (FALSE, TRUE):
                places[node] = self.true if kind == TRUE else self.false
            else:
                places[node] = self.both(parts) if kind == AND else self.either(parts)
        return places[-1]

    def below(self, root: int) -> list[int]:
        """The nodes that a root is made of, itself last."""
        is_below = bytearray(root + 1)
        is_below[root] = 1
        for node in range(root, -1, -1):
            if is_below[node] and self.kinds[node] != LITERAL:
                for part in self.children[node]:
                    is_below[part] = 1
        return [node for node, flag in enumerate(is_below) if flag]

    def smooth(self, root: int, variables: Iterable[int]) -> int:
        """The same function below a root, where all children of an OR speak of the same of the variables, and the root of all.

        What a child lacks is one AND of "true or false" for each variable, made once for each set of variables.
        """
        bits = {variable: 1 << place for place, variable in enumerate(variables)}
        gaps = _Gaps(self, [*bits])
        spoken, made = [0] * (root + 1), [0] * (root + 1)
        for node in self.below(root):
            parts = self.children[node]
            if self.kinds[node] == LITERAL:
                spoken[node], made[node] = bits.get(abs(parts[0]), 0), node
                continue
            for part in parts:
                spoken[node] |= spoken[part]
            if self.kinds[node] == AND:
                made[node] = self.both([made[part] for part in parts])
            else:
                made[node] = self.either([gaps.filled(made[part], spoken[node] & ~spoken[part]) for part in parts])
        return gaps.filled(made[root], ((1 << len(bits)) - 1) & ~spoken[root])

    def circuit(self, root: int, variables: int) -> Circuit:
        """The nodes below a root."""
        order = self.below(root)
        places = {node: place for place, node in enumerate(order)}
        kinds = [self.kinds[node] for node in order]
        parts = [() if kind == LITERAL else self.children[node] for node, kind in zip(order, kinds, strict=True)]
        shown = {self.true: TRUE, self.false: FALSE}
        return Circuit(
            kind=np.array([shown.get(node, kind) for node, kind in zip(order, kinds, strict=True)], np.int8),
            literal=np.array([self.children[n][0] if k == LITERAL else 0 for n, k in zip(order, kinds, strict=True)], np.int32),
            start=np.cumsum([0, *map(len, parts)], dtype=np.int64),
            child=np.array([places[part] for children in parts for part in children], np.int32),
            variables=variables,
        )


class _Gaps:
    """What children of an OR lack."""

    def __init__(self, nodes: Nodes, variables: list[int]) -> None:
        self.nodes, self.variables = nodes, variables
        self.known: dict[int, int] = {}

    def filled(self, node: int, lacking: int) -> int:
        """A node that also speaks of the variables it lacks, a set of bits."""
        if not lacking or node == self.nodes.false:
            return node
        if lacking not in self.known:
            self.known[lacking] = self.nodes.both(self._free(self.variables[place]) for place in _places(lacking))
        return self.nodes.both([node, self.known[lacking]])

    def _free(self, variable: int) -> int:
        return self.nodes.either([self.nodes.literal(variable), self.nodes.literal(-variable)])


def _places(bits: int) -> Iterator[int]:
    """Which bits are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
