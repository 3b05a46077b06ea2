"""Models of other formats: small ones from texts, large ones from a folder beside the repository."""

import gzip
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from atoll.errors import BadInput, Issue
from atoll.io.exchange import read_constraint_model
from atoll.model.constraint import ANY, Clause, ConstraintModel, Linear, Literal, Table

INSTANCES = Path(__file__).parents[4] / "shared" / "instances" / "configure"

ReadText = Callable[..., ConstraintModel]
Configurations = Callable[[ConstraintModel], set[frozenset[str]]]


@pytest.fixture(scope="session")
def read_text(tmp_path_factory: pytest.TempPathFactory) -> ReadText:
    """Reads a model from the text of a file with a name."""
    folder = tmp_path_factory.mktemp("models")

    def read(text: str | bytes, name: str = "model.uvl") -> ConstraintModel:
        content = text if isinstance(text, bytes) else text.encode()
        path = folder / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") and not content.startswith(b"\x1f\x8b") else content)
        return read_constraint_model(path)

    return read


@pytest.fixture(scope="session")
def faults_of(read_text: ReadText) -> Callable[..., tuple[Issue, ...]]:
    """The faults of a file with a text; none if it can be read."""

    def faults(text: str | bytes, name: str = "model.uvl") -> tuple[Issue, ...]:
        try:
            read_text(text, name)
        except BadInput as refusal:
            return refusal.issues
        return ()

    return faults


@pytest.fixture(scope="session")
def configurations() -> Configurations:
    """All configurations of a small model, each as the values that are not `false`, tried one after the other."""

    def all_of(model: ConstraintModel) -> set[frozenset[str]]:
        return {
            frozenset(_words(model, values))
            for values in product(*(range(len(variable.values)) for variable in model.variables))
            if all(_holds(part, values) for constraint in model.constraints for part in constraint.parts)
        }

    return all_of


def _words(model: ConstraintModel, values: tuple[int, ...]) -> Iterator[str]:
    for variable, value in zip(model.variables, values, strict=True):
        word = variable.values[value]
        if word != "false":
            yield variable.name if word == "true" else f"{variable.name}={word}"


def _holds(part: Clause | Table | Linear, values: tuple[int, ...]) -> bool:
    if isinstance(part, Clause):
        return any(_is_true(literal, values) for literal in part.literals)
    if isinstance(part, Linear):
        return sum(amounts[values[variable]] for variable, amounts in part.amounts) <= part.bound
    chosen = [values[variable] for variable in part.scope]
    return part.allowed == any(all(cell in (ANY, value) for cell, value in zip(row, chosen, strict=True)) for row in part.rows)


def _is_true(literal: Literal, values: tuple[int, ...]) -> bool:
    return (values[literal.variable] == literal.value) == literal.holds


@pytest.fixture(scope="session")
def instance() -> Callable[[str], Path]:
    """A large model that nobody here wrote; the test is skipped without it."""

    def find(name: str) -> Path:
        if not (INSTANCES / name).is_file():
            pytest.skip(f"the model {name} is not there: put the instances beside the repository to run this test")
        return INSTANCES / name

    return find
