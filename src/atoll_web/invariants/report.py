"""What a check of the invariants found."""

from collections.abc import Iterator
from dataclasses import dataclass

MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check.

    Parameters
    ----------
    name
        A stable word for programs.
    invariant
        Number of the invariant in ARCHITECTURE.md, 1 to 7.
    sentence
        What must hold.
    rows
        Rows, or groups of rows, that were examined.
    violations
        Those for which it does not hold.
    examples
        The first of them in words.
    """

    name: str
    invariant: int
    sentence: str
    rows: int
    violations: int
    examples: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rows < 0 or self.violations < 0:
            raise ValueError(f"Expected counts >= 0, got {self.rows} rows and {self.violations} violations.")
        if len(self.examples) > min(self.violations, MOST_EXAMPLES):
            raise ValueError(f"Expected at most {min(self.violations, MOST_EXAMPLES)} examples, got {len(self.examples)}.")


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of all checks."""

    checks: tuple[Check, ...]

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    @property
    def violations(self) -> int:
        """Violations of all checks together."""
        return sum(check.violations for check in self.checks)

    @property
    def violated(self) -> tuple[Check, ...]:
        """The checks that found something."""
        return tuple(check for check in self.checks if check.violations)
