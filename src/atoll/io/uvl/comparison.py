"""Comparisons as formulas: by all combinations where there are few, otherwise as bounded sums of whole numbers."""

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from math import ceil, floor, lcm, prod

from atoll.errors import AtollError
from atoll.io.formula import LARGEST, Atoms, Formula, SumTooLarge
from atoll.io.uvl.arithmetic import Number, Sum, as_sum, constant, evaluate, join, steps, variables

FEW = 64
"""Up to so many combinations, a comparison becomes clauses even where it could be a sum."""
MOST = 1_024
MOST_WORK = 200_000
"""Combinations times steps of the expression."""

HOLDS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
Words = tuple[int | None, tuple[str | None, ...]]
"""A text by the values of a variable, None where there is none; a text that depends on nothing has no variable."""


class ComparisonTooLarge(AtollError):
    """The comparison is no sum, and {count} features decide it. Their values may have {limit:,} combinations at most."""


def compare(sign: str, left: Number, right: Number, formula: Formula, atoms: Atoms) -> int:
    """A comparison of numbers as a step of the formula. Where it divides by zero it does not hold.

    Raises
    ------
    ComparisonTooLarge
        When it is no sum, and has too many combinations.
    SumTooLarge
        When the sum could overflow.
    """
    scope = sorted({*variables(left), *variables(right)})
    count = prod(atoms.counts[variable] for variable in scope)
    difference = join("-", left, right)
    total = as_sum(difference)
    is_possible = count <= MOST and count * len(steps(difference)) <= MOST_WORK
    if not (is_possible and (count <= FEW or sign == "!=")):
        if total is not None:
            return _bounded(sign, total, formula, atoms)
        if left.sign == "avg" and right.constant is not None:
            return _mean(sign, left, right.constant, formula, atoms)
        if right.sign == "avg" and left.constant is not None:
            return _mean(MIRRORED[sign], right, left.constant, formula, atoms)
    if is_possible:
        one, other = steps(left), steps(right)

        def holds(values: dict[int, int]) -> bool:
            return _holds(sign, evaluate(one, values), evaluate(other, values))

        return _tabulated(scope, holds, formula, atoms)
    raise ComparisonTooLarge(count=len(scope), limit=MOST)


def compare_words(sign: str, left: Words, right: Words, formula: Formula, atoms: Atoms) -> int:
    """A comparison of texts, `==` or `!=`, as a step of the formula. What is not chosen has no text, which equals nothing."""
    scope = sorted({variable for variable, _ in (left, right) if variable is not None})
    count = prod(atoms.counts[variable] for variable in scope)
    if count > MOST_WORK:
        raise ComparisonTooLarge(count=len(scope), limit=MOST_WORK)

    def holds(values: dict[int, int]) -> bool:
        one, other = (texts[0 if variable is None else values[variable]] for variable, texts in (left, right))
        return (one is not None and one == other) == (sign == "==")

    return _tabulated(scope, holds, formula, atoms)


def _holds(sign: str, left: Fraction | None, right: Fraction | None) -> bool:
    return left is not None and right is not None and HOLDS[sign](left, right)


def _tabulated(scope: Sequence[int], holds: Callable[[dict[int, int]], bool], formula: Formula, atoms: Atoms) -> int:
    """Something that the values of a few variables decide."""
    rows = list(product(*(range(atoms.counts[variable]) for variable in scope)))
    which = [holds(dict(zip(scope, row, strict=True))) for row in rows]
    if len(scope) == 1 and len(set(which)) == 2:
        codes = [atoms.value(scope[0], value) for value in range(len(which))]
        true = tuple(code for code, is_true in zip(codes, which, strict=True) if is_true)
        false = tuple(code for code, is_true in zip(codes, which, strict=True) if not is_true)
        return formula.given((true,), (false,))
    clauses = [tuple(-atoms.value(variable, value) for variable, value in zip(scope, row, strict=True)) for row in rows]
    fails = tuple(clause for clause, is_true in zip(clauses, which, strict=True) if is_true)
    return formula.given(tuple(clause for clause, is_true in zip(clauses, which, strict=True) if not is_true), fails)


def _bounded(sign: str, total: Sum, formula: Formula, atoms: Atoms) -> int:
    """A sum compared with zero."""
    match sign:
        case "==":
            return formula.join("and", _bounded("<=", total, formula, atoms), _bounded(">=", total, formula, atoms))
        case "!=":
            return formula.join("not", _bounded("==", total, formula, atoms))
        case ">" | ">=":
            return _bounded(sign.replace(">", "<"), _times(total, -1), formula, atoms)
    scale = lcm(*(amount.denominator for by_value in total.amounts.values() for amount in by_value))
    scaled = _times(total, scale)
    bound = ceil(-scaled.constant) - 1 if sign == "<" else floor(-scaled.constant)
    amounts = {variable: tuple(map(int, by_value)) for variable, by_value in scaled.amounts.items()}
    if sum(max(map(abs, by_value)) for by_value in amounts.values()) + abs(bound) > LARGEST:
        raise SumTooLarge(limit=LARGEST)
    return formula.atom(atoms.at_most(amounts, bound))


def _times(total: Sum, factor: int) -> Sum:
    amounts = {variable: tuple(factor * amount for amount in by_value) for variable, by_value in total.amounts.items()}
    return Sum(factor * total.constant, amounts)


def _mean(sign: str, mean: Number, bound: Fraction, formula: Formula, atoms: Atoms) -> int:
    """A mean compared with a bound: the sum with as many bounds as things are chosen. The mean of nothing is 0."""
    if mean.left is None or mean.right is None:
        raise ValueError("Expected a mean of a sum and a number.")
    compared = compare(sign, join("-", mean.left, join("*", constant(bound), mean.right)), constant(Fraction(0)), formula, atoms)
    of_nothing, expected = HOLDS[sign](Fraction(0), Fraction(0)), HOLDS[sign](Fraction(0), bound)
    if of_nothing == expected:
        return compared
    chosen = formula.join("or", *(formula.atom(atoms.chosen(variable)) for variable in mean.right.amounts))
    return formula.join("=>", chosen, compared) if expected else formula.join("and", chosen, compared)
