"""Numbers that depend on what is chosen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

LARGEST = 10**30
"""Numerators and denominators beyond it are refused, so that no expression grows without end."""


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A sum of amounts by variable and value, or an operation (`+`, `-`, `*`, `/`, `avg`) on two numbers.

    Parameters
    ----------
    constant
        Its value if it does not depend on anything.
    """

    sign: str = ""
    left: "Number | None" = None
    right: "Number | None" = None
    amounts: Mapping[int, tuple[Fraction, ...]] = field(default_factory=dict)
    constant: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """Amounts by variable and value, added to a constant."""

    constant: Fraction
    amounts: dict[int, tuple[Fraction, ...]]


def constant(value: Fraction) -> Number:
    """A number that depends on nothing."""
    return Number(constant=value)


def join(sign: str, left: Number, right: Number) -> Number:
    """An operation on two numbers.

    Raises
    ------
    OverflowError
        When a constant becomes too large.
    """
    if left.constant is not None and right.constant is not None:
        value = apply(sign, left.constant, right.constant)
        if value is not None:
            return constant(value)
    return Number(sign, left, right)


def apply(sign: str, left: Fraction, right: Fraction) -> Fraction | None:
    """The result of an operation; None where it divides by zero. The mean of nothing is 0.

    Raises
    ------
    OverflowError
        When it is too large.
    """
    if sign == "avg":
        return left / right if right else Fraction(0)
    if sign == "/" and not right:
        return None
    result = {"+": left + right, "-": left - right, "*": left * right}[sign] if sign != "/" else left / right
    if abs(result.numerator) > LARGEST or result.denominator > LARGEST:
        raise OverflowError
    return result


def steps(number: Number) -> list[Number]:
    """All numbers that it is made of, parts before wholes, itself the last."""
    found, left = [], [number]
    while left:
        part = left.pop()
        found.append(part)
        left.extend(each for each in (part.left, part.right) if each is not None)
    return found[::-1]


def variables(number: Number) -> Iterator[int]:
    """The variables that it depends on, each as often as it does."""
    for step in steps(number):
        yield from step.amounts


def evaluate(whole: list[Number], values: Mapping[int, int]) -> Fraction | None:
    """The value of a number, given by its steps, where variables have values; None where it divides by zero."""
    done: list[Fraction | None] = []
    for step in whole:
        if step.constant is not None:
            done.append(step.constant)
        elif step.sign:
            right, left = done.pop(), done.pop()
            done.append(None if left is None or right is None else apply(step.sign, left, right))
        else:
            done.append(sum((amounts[values[variable]] for variable, amounts in step.amounts.items()), Fraction(0)))
    return done.pop()


def as_sum(number: Number) -> Sum | None:
    """The number as a sum of amounts; None where it multiplies or divides by something that is not constant."""
    total, amounts = Fraction(0), dict[int, tuple[Fraction, ...]]()
    left = [(number, Fraction(1))]
    while left:
        part, times = left.pop()
        if part.constant is not None:
            total += times * part.constant
        elif part.left is None or part.right is None:
            for variable, by_value in part.amounts.items():
                old = amounts.get(variable, (Fraction(0),) * len(by_value))
                amounts[variable] = tuple(a + times * b for a, b in zip(old, by_value, strict=True))
        elif part.sign in {"+", "-"}:
            left += [(part.left, times), (part.right, times if part.sign == "+" else -times)]
        elif part.sign == "*" and part.left.constant is not None:
            left.append((part.right, apply("*", times, part.left.constant) or Fraction(0)))
        elif part.sign in {"*", "/"} and part.right.constant:
            left.append((part.left, apply(part.sign, times, part.right.constant) or Fraction(0)))
        elif part.sign == "*" and part.right.constant is not None:
            continue
        else:
            return None
    return Sum(total, amounts)
