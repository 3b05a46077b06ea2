"""Search over whole numbers by simulation: coordinate steps on common random numbers, from coarse to fine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from atoll.model.system import Floats, Integers
from atoll.solve import Stop, never

Evaluate = Callable[[Sequence[Integers]], Floats]
"""Cost of each vector, on the same random numbers every time."""

FINALISTS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search found.

    Parameters
    ----------
    finalists
        The best vectors that were looked at, the best first.
    is_settled
        Whether no step improves the best; False where the search was stopped.
    """

    finalists: tuple[Integers, ...]
    is_settled: bool


class Search:
    """Vectors that were looked at and their costs.

    Parameters
    ----------
    evaluate
        Cost of vectors.
    low, high
        Limits of each coordinate.
    stop
        Asked before each evaluation.
    """

    def __init__(self, evaluate: Evaluate, low: Integers, high: Integers, stop: Stop = never) -> None:
        self.evaluate, self.low, self.high, self.stop = evaluate, low, high, stop
        self.seen: dict[tuple[int, ...], float] = {}

    def cost(self, vectors: Sequence[Integers]) -> list[float]:
        """Costs of vectors, those outside the limits infinite."""
        keys = [tuple(vector.tolist()) for vector in vectors]
        inside = [bool((vector >= self.low).all() and (vector <= self.high).all()) for vector in vectors]
        new = {key: vector for key, vector, ok in zip(keys, vectors, inside, strict=True) if ok and key not in self.seen}
        if new:
            self.seen.update(zip(new, self.evaluate(list(new.values())).tolist(), strict=True))
        return [self.seen[key] if ok else np.inf for key, ok in zip(keys, inside, strict=True)]

    def descend(self, start: Integers, step: Integers) -> Integers:
        """Steps along all coordinates together and along each, halved whenever none improves, down to one unit."""
        best, step = start.copy(), step.copy()
        (least,) = self.cost([best])
        while not self.stop():
            improved = False
            for direction in [step, *np.diag(step)]:
                tried = [best + direction, best - direction]
                costs = [np.inf, np.inf] if self.stop() else self.cost(tried)
                if min(costs) < least:
                    least, best, improved = min(costs), tried[int(np.argmin(costs))], True
            if not improved:
                if step.max() == 1:
                    break
                step = np.maximum(step // 2, 1)
        return best

    def look_around(self, start: Integers) -> Integers:
        """All steps of one unit along one or two coordinates, again and again until none improves."""
        best = start.copy()
        unit = np.eye(len(best), dtype=np.int64)
        moves = [*unit, *-unit]
        moves += [a * unit[i] + b * unit[k] for i, k in combinations(range(len(best)), 2) for a, b in product((1, -1), repeat=2)]
        while not self.stop():
            (least,) = self.cost([best])
            following = best
            for move in moves:
                if self.stop():
                    break
                (cost,) = self.cost([best + move])
                if cost < least:
                    least, following = cost, best + move
            if following is best:
                break
            best = following
        return best

    def found(self) -> Found:
        """The best vectors so far."""
        keys = sorted(self.seen, key=self.seen.__getitem__)[:FINALISTS]
        return Found(tuple(np.array(key, dtype=np.int64) for key in keys), not self.stop())
