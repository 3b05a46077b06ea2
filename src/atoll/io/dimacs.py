"""DIMACS: clauses over numbered variables, with names in comments such as `c 12 ABS` or `c 12$ ABS`."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from atoll.errors import AtollError
from atoll.io.faults import MOST_FAULTS, Faults
from atoll.io.formula import Atoms, code_of
from atoll.model.constraint import FALSE_OR_TRUE, Clause, Constraint, ConstraintModel, Linear, Variable

MOST_VARIABLES = 1_000_000
MOST_CLAUSES = 3_000_000

HEADER = re.compile(r"p\s+cnf\s+(\d{1,12})\s+(\d{1,12})\s*")
NUMBER = re.compile(r"-?\d{1,12}")
NAME = re.compile(r"c\s+(\d{1,12})\$?\s+(\S.*)")


class NotInDimacs(AtollError):
    """{what} cannot be written as DIMACS, which has features that are false or true and clauses only."""


def read_dimacs(text: str, name: str, source: str, faults: Faults) -> ConstraintModel | None:
    """The model, one constraint for each clause; None, and faults, when the text makes no sense."""
    reader = _Reader(source, faults)
    for number, line in enumerate(text.split("\n"), 1):
        if len(faults.issues) >= MOST_FAULTS or not reader.takes(number, line):
            break
    return reader.model(name)


class _Reader:
    """What has been read so far."""

    def __init__(self, source: str, faults: Faults) -> None:
        self.source, self.faults = source, faults
        self.names: dict[int, tuple[str, int]] = {}
        self.counts: tuple[int, int] | None = None
        self.clauses: list[tuple[int, ...]] = []
        self.open: list[int] = []
        self.line = 1

    def takes(self, number: int, line: str) -> bool:
        """Take a line in; false when it is the last that counts."""
        self.line = number
        if line.startswith("c"):
            self._comment(line)
        elif line.startswith("p"):
            return self._header(line)
        elif line.strip():
            return self._numbers(line)
        return True

    def _comment(self, line: str) -> None:
        if found := NAME.fullmatch(line):
            number, name = int(found.group(1)), found.group(2).strip()
            if number in self.names:
                old, place = self.names[number]
                self._fault("duplicate-name", f"Variable {number} is called {old} already, in line {place}.")
            self.names[number] = (name, self.line)

    def _header(self, line: str) -> bool:
        found = HEADER.fullmatch(line)
        if self.counts is not None:
            self._fault("bad-header", "There is a second header.")
        elif found is None:
            self._fault("bad-header", f"Expected `p cnf VARIABLES CLAUSES`, found `{line[:40]}`.")
        elif int(found.group(1)) > MOST_VARIABLES or int(found.group(2)) > MOST_CLAUSES:
            limits = f"{MOST_VARIABLES:,} variables and {MOST_CLAUSES:,} clauses"
            self._fault("too-large", f"The file announces more than {limits}.", "Larger ones are not read.")
        else:
            self.counts = (int(found.group(1)), int(found.group(2)))
            return True
        return False

    def _numbers(self, line: str) -> bool:
        if self.counts is None:
            self._fault("missing-header", "Expected `p cnf VARIABLES CLAUSES` before the first clause.")
            return False
        words = line.split()
        is_end = words[-1] == "%"
        for word in words[: -1 if is_end else None]:
            if not NUMBER.fullmatch(word):
                self._fault("bad-clause", f"Expected numbers that end with 0, found `{word[:40]}`.")
                break
            if number := int(word):
                self._literal(number)
            else:
                self.clauses.append(tuple(dict.fromkeys(self.open)))
                self.open.clear()
        if len(self.clauses) > MOST_CLAUSES:
            self._fault("too-large", f"There are more than {MOST_CLAUSES:,} clauses.", "Larger files are not read.")
        return not is_end and len(self.clauses) <= MOST_CLAUSES

    def _literal(self, number: int) -> None:
        if self.counts is not None and abs(number) > self.counts[0]:
            self._fault("unknown-variable", f"There is no variable {abs(number)}: the header says {self.counts[0]} variables.")
        self.open.append(number)

    def _fault(self, code: str, message: str, hint: str = "") -> None:
        self.faults.add(f"{self.source}:{self.line}", code, message, hint)

    def model(self, name: str) -> ConstraintModel | None:
        """What was read; None, and faults, when something is missing."""
        if self.counts is None and not self.faults.issues:
            self._fault("missing-header", "Expected `p cnf VARIABLES CLAUSES`, found the end.")
        if self.counts is None or self.faults.issues:
            return None
        if self.open:
            self._fault("bad-clause", "The last clause does not end with 0.")
        if len(self.clauses) != self.counts[1]:
            hint = "Correct the header, or see what is missing."
            self._fault("bad-count", f"The header says {self.counts[1]} clauses, there are {len(self.clauses)}.", hint)
        if not self.counts[0]:
            self._fault("no-variable", "There is no variable.")
        names = self._names(self.counts[0])
        if self.faults.issues:
            return None
        atoms = Atoms([2] * len(names))
        variables = tuple(Variable(word, FALSE_OR_TRUE) for word in names)
        return ConstraintModel(name, variables, tuple(self._constraints(names, atoms)))

    def _names(self, count: int) -> list[str]:
        """The name of each variable, its number if it has none."""
        names = [self.names.get(number, (str(number), 1))[0] for number in range(1, count + 1)]
        first: dict[str, int] = {}
        for number, word in enumerate(names, 1):
            if word in first:
                self.line = self.names.get(number, ("", 1))[1]
                self._fault("duplicate-name", f"Variables {first[word]} and {number} are both called {word}.")
            first.setdefault(word, number)
        return names

    def _constraints(self, names: list[str], atoms: Atoms) -> Iterator[Constraint]:
        for number, codes in enumerate(self.clauses, 1):
            text = " or ".join(names[code - 1] if code > 0 else f"not {names[-code - 1]}" for code in codes)
            yield Constraint(f"clause {number}", text or "nothing is possible", (atoms.clause(*codes),))


def write_dimacs(model: ConstraintModel) -> str:
    """A model of features that are false or true as DIMACS with names.

    Raises
    ------
    NotInDimacs
        When a variable has other values, or a constraint is neither clauses nor at most one of some features.

    Examples
    --------
    >>> from atoll.model.constraint import Literal
    >>> features = (Variable("Lamp", FALSE_OR_TRUE), Variable("Dimmer", FALSE_OR_TRUE))
    >>> rule = Constraint("rule 1", "Dimmer requires Lamp", (Clause((Literal(1, 1, False), Literal(0, 1))),))
    >>> print(write_dimacs(ConstraintModel("Lamps", features, (rule,))), end="")
    c 1 Lamp
    c 2 Dimmer
    p cnf 2 1
    -2 1 0
    """
    for variable in model.variables:
        if variable.values != FALSE_OR_TRUE:
            raise NotInDimacs(what=f"The variable {variable.name} with the values {', '.join(variable.values[:4])}")
    clauses = [clause for constraint in model.constraints for clause in _clauses(constraint)]
    lines = [f"c {number} {variable.name}" for number, variable in enumerate(model.variables, 1)]
    lines.append(f"p cnf {len(model.variables)} {len(clauses)}")
    lines.extend(" ".join(map(str, (*clause, 0))) for clause in clauses)
    return "\n".join(lines) + "\n"


def _clauses(constraint: Constraint) -> Iterator[Sequence[int]]:
    for part in constraint.parts:
        if isinstance(part, Clause):
            yield [code_of(literal) for literal in part.literals]
        elif isinstance(part, Linear) and part.bound == 1 and all(amounts == (0, 1) for _, amounts in part.amounts):
            yield from combinations([-variable - 1 for variable, _ in part.amounts], 2)
        else:
            raise NotInDimacs(what=f"The rule {constraint.name} ({constraint.text})")
