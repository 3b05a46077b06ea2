"""XCSP 2.1: variables with whole numbers for values, and tables of those that are allowed or forbidden together."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from atoll.io.element import Element
from atoll.io.faults import MOST_FAULTS, Faults
from atoll.model.constraint import Constraint, ConstraintModel, Integers, Table, Variable

MOST_VALUES = 100_000
"""Values of one variable."""
MOST_CELLS = 30_000_000
"""Numbers in all tables of a file together."""

VALUE = re.compile(r"(-?[0-9]{1,15})(?:\.\.(-?[0-9]{1,15}))?")
TUPLES = re.compile(r"[-0-9 \t\n|]*")
NO_NUMBER = re.compile(r"[0-9]{16}|-(?![0-9])|[0-9]-")

SEMANTICS = {"supports": True, "conflicts": False}


@dataclass(frozen=True, slots=True, eq=False)
class _Relation:
    """Rows of numbers as they stand in the file."""

    rows: Integers
    allowed: bool


def read_xcsp(document: Element, name: str, source: str, faults: Faults) -> ConstraintModel | None:
    """The model of an `instance`; None, and faults, when it makes no sense."""
    return _Reader(document, source, faults).model(name)


class _Reader:
    """What has been read so far of one document."""

    def __init__(self, document: Element, source: str, faults: Faults) -> None:
        self.document, self.source, self.faults = document, source, faults
        self.cells = 0
        self.tables: dict[tuple[object, ...], Integers] = {}

    def model(self, name: str) -> ConstraintModel | None:
        if self.document.only("predicates") or self.document.only("functions"):
            message = "Predicates and functions are not read, tables only."
            self._fault(self.document, "not-supported", message, "Write them as relations.")
        for presentation in self.document.only("presentation"):
            name = presentation.attributes.get("name", "").strip().strip("?") or name
        domains = {word: self._domain(each) for word, each in self._named("domains", "domain").items()}
        relations = {word: self._relation(each) for word, each in self._named("relations", "relation").items()}
        variables = {word: self._values(each, domains) for word, each in self._named("variables", "variable").items()}
        if not variables:
            self._fault(self.document, "no-variable", "There is no variable.")
        places = {word: place for place, word in enumerate(variables)}
        constraints = [
            self._constraint(word, each, list(variables.values()), places, relations)
            for word, each in self._named("constraints", "constraint").items()
        ]
        if self.faults.issues:
            return None
        found = tuple(Variable(word, tuple(map(str, values.tolist()))) for word, values in variables.items())
        return ConstraintModel(name, found, tuple(filter(None, constraints)))

    def _named(self, plural: str, tag: str) -> dict[str, Element]:
        """The elements of a list by their names, which differ."""
        found: dict[str, Element] = {}
        for element in [child for group in self.document.only(plural) for child in group.only(tag)]:
            name = element.attributes.get("name", "").strip()
            if len(self.faults.issues) >= MOST_FAULTS:
                break
            if not name:
                self._fault(element, "missing-name", f"<{tag}> has no name.")
            elif name in found:
                self._fault(element, "duplicate-name", f"The {tag} {name} is there already, in line {found[name].line}.")
            found.setdefault(name, element)
        return found

    def _domain(self, element: Element) -> Integers:
        values: dict[int, None] = {}
        for word in element.text.split():
            found = VALUE.fullmatch(word)
            if found is None:
                self._fault(element, "bad-value", f"Expected whole numbers or ranges such as 0..5, found `{word[:40]}`.")
                break
            low, high = int(found.group(1)), int(found.group(2) or found.group(1))
            if high - low + len(values) >= MOST_VALUES:
                self._fault(element, "too-large", f"There are more than {MOST_VALUES:,} values.")
                break
            values.update(dict.fromkeys(range(low, high + 1)))
        if not values:
            self._fault(element, "no-value", f"The domain {element.attributes.get('name')} has no value.")
        return np.array(list(values) or [0], dtype=np.int64)

    def _values(self, element: Element, domains: Mapping[str, Integers]) -> Integers:
        domain = element.attributes.get("domain", "").strip()
        if domain not in domains:
            self._fault(element, "unknown-domain", f"There is no domain {domain}.")
        return domains.get(domain, np.zeros(1, dtype=np.int64))

    def _relation(self, element: Element) -> _Relation:
        arity, semantics = element.attributes.get("arity", ""), element.attributes.get("semantics", "supports")
        if not re.fullmatch("[1-9][0-9]{0,3}", arity):
            self._fault(element, "bad-arity", f"Expected a number for `arity`, found `{arity}`.")
            arity = "1"
        if semantics not in SEMANTICS:
            self._fault(element, "not-supported", f"`{semantics}` relations are not read.", "Use supports or conflicts.")
        return _Relation(self._rows(element, int(arity)), SEMANTICS.get(semantics, True))

    def _rows(self, element: Element, arity: int) -> Integers:
        empty = np.empty((0, arity), dtype=np.int64)
        if not TUPLES.fullmatch(element.text) or NO_NUMBER.search(element.text):
            self._fault(element, "bad-row", "Expected rows of whole numbers with `|` between them.")
            return empty
        signs = np.frombuffer(element.text.encode("ascii"), dtype=np.uint8)
        is_bar = signs == ord("|")
        is_part = (signs > ord(" ")) & ~is_bar
        starts = np.flatnonzero(is_part & ~np.concatenate(([False], is_part[:-1])))
        if not len(starts):
            return empty
        self.cells += len(starts)
        if self.cells > MOST_CELLS:
            self._fault(element, "too-large", f"The tables have more than {MOST_CELLS:,} numbers.", "Larger ones are not read.")
            return empty
        before = np.searchsorted(starts, np.append(np.flatnonzero(is_bar), len(signs)))
        lengths = np.diff(before, prepend=0)
        bad = np.flatnonzero((lengths != arity) & (np.arange(len(lengths)) < len(lengths) - (lengths[-1] == 0)))
        if len(bad):
            row = int(bad[0])
            self._fault(element, "bad-row", f"Row {row + 1} has {int(lengths[row])} numbers, expected {arity}.")
            return empty
        return np.fromstring(element.text.replace("|", " "), dtype=np.int64, sep=" ").reshape(-1, arity)

    def _constraint(
        self,
        name: str,
        element: Element,
        variables: list[Integers],
        places: Mapping[str, int],
        relations: Mapping[str, _Relation],
    ) -> Constraint | None:
        reference, scope = element.attributes.get("reference", "").strip(), element.attributes.get("scope", "").split()
        relation = relations.get(reference)
        if reference.startswith("global:"):
            self._fault(element, "not-supported", f"`{reference}` is not read, tables only.", "Write it as a relation.")
        elif relation is None:
            self._fault(element, "unknown-relation", f"There is no relation {reference}.")
        for word in [word for word in scope if word not in places]:
            self._fault(element, "unknown-variable", f"There is no variable {word}.")
        if len(set(scope)) < len(scope):
            self._fault(element, "duplicate-variable", f"`scope` names a variable twice: {' '.join(scope)}.")
        if relation is not None and relation.rows.shape[1] != len(scope):
            message = f"The relation {reference} has {relation.rows.shape[1]} columns, `scope` names {len(scope)} variables."
            self._fault(element, "bad-arity", message)
        if relation is None or self.faults.issues:
            return None
        positions = tuple(places[word] for word in scope)
        rows = self._positions(reference, relation, [variables[place] for place in positions])
        kind = "allowed" if relation.allowed else "forbidden"
        text = f"{', '.join(scope)}: {len(rows)} {kind} combinations"
        return Constraint(name, text, (Table(positions, rows, relation.allowed),))

    def _positions(self, name: str, relation: _Relation, columns: list[Integers]) -> Integers:
        """The rows by positions of values, without those that no variables can take; constraints share what is equal."""
        key = (name, *map(id, columns))
        if key not in self.tables:
            rows, is_possible = np.empty_like(relation.rows), np.ones(len(relation.rows), dtype=bool)
            for column, values in enumerate(columns):
                order = np.argsort(values)
                place = np.searchsorted(values[order], relation.rows[:, column]).clip(max=len(values) - 1)
                rows[:, column] = order[place]
                is_possible &= values[order[place]] == relation.rows[:, column]
            self.tables[key] = rows[is_possible]
        return self.tables[key]

    def _fault(self, element: Element, code: str, message: str, hint: str = "") -> None:
        self.faults.add(f"{self.source}:{element.line}", code, message, hint)
