"""In which order a decision diagram reads the variables: near to each other what stands in the same rules."""

from collections.abc import Sequence
from math import log2

from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

Order = list[int]


def orders(scopes: Sequence[Sequence[int]], sizes: Sequence[int]) -> list[Order]:
    """Orders worth trying, none of them twice: by bandwidth, by frontier, as given, and each of them backwards.

    Parameters
    ----------
    scopes
        Positions of the variables of each rule.
    sizes
        How many values each variable has.
    """
    if not sizes:
        return [[]]
    neighbours = _neighbours(scopes, len(sizes))
    found = [_by_bandwidth(neighbours), _by_frontier(neighbours, sizes), [*range(len(sizes))]]
    return [list(order) for order in dict.fromkeys(tuple(order) for one in found for order in (one, one[::-1]))]


def _neighbours(scopes: Sequence[Sequence[int]], count: int) -> list[set[int]]:
    """For each variable those that share a rule with it."""
    neighbours: list[set[int]] = [set() for _ in range(count)]
    for scope in scopes:
        for variable in scope:
            neighbours[variable].update(scope)
    for variable, others in enumerate(neighbours):
        others.discard(variable)
    return neighbours


def _by_bandwidth(neighbours: Sequence[set[int]]) -> Order:
    """Reverse Cuthill-McKee: neighbours stand close to each other."""
    pairs = [(variable, other) for variable, others in enumerate(neighbours) for other in others]
    rows, columns = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    matrix = csr_array(([1] * len(pairs), (rows, columns)), shape=(len(neighbours), len(neighbours)))
    return [int(variable) for variable in reverse_cuthill_mckee(matrix, symmetric_mode=True)]


def _by_frontier(neighbours: Sequence[set[int]], sizes: Sequence[int]) -> Order:
    """One by one the variable with the fewest values (as a product) of neighbours that are neither read nor waiting yet.

    What waits has a neighbour that is read; it is what a state of the diagram has to remember.
    """
    weights = [log2(size) for size in sizes]
    fresh = [sum(weights[other] for other in others) for others in neighbours]
    waiting, left, order = set[int](), set(range(len(sizes))), []

    def cost(variable: int) -> tuple[float, int, int]:
        gain = weights[variable] if variable in waiting else 0.0
        return (round(fresh[variable] - gain, 9), -len(neighbours[variable]), variable)

    def wait(variable: int) -> None:
        waiting.add(variable)
        for other in neighbours[variable]:
            fresh[other] -= weights[variable]

    while left:
        best = min(left, key=cost)
        for variable in [best, *neighbours[best]]:
            if variable in left and variable not in waiting:
                wait(variable)
        left.remove(best)
        order.append(best)
    return order
