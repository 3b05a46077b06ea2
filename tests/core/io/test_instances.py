"""Large models that nobody here wrote are read, and mean the same in each of their formats."""

import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from pysat.solvers import Solver

from atoll.io.dimacs import write_dimacs
from atoll.io.exchange import read_constraint_model
from atoll.io.uvl import write_uvl
from atoll.model.constraint import Clause, ConstraintModel, Linear, Table

Instance = Callable[[str], Path]
ReadText = Callable[..., ConstraintModel]

FOLDER = "feature_models/"
BANK = FOLDER + "bank__AlHajjaji2019"
RICHMOND = FOLDER + "pc-richmond__Sprey2020"
FINANCIAL = FOLDER + "FinancialServices01__Nieke2018-2018-05-09"
AUTOMOTIVE1 = FOLDER + "automotive01__Kowal2016"
AUTOMOTIVE2 = FOLDER + "automotive2__Knueppel2017-2_4"


@pytest.mark.parametrize(
    ("name", "variables", "rules"),
    [
        ("renault/small.xml.gz", 139, 147),
        ("renault/medium.xml.gz", 148, 174),
        ("clib/pc.json", 45, 36),
        (RICHMOND + ".xml.gz", 377, 12),
        (FINANCIAL + ".xml.gz", 771, 1080),
        (FINANCIAL + ".uvl.gz", 771, 1080),
        (AUTOMOTIVE1 + ".xml.gz", 2513, 2833),
        (AUTOMOTIVE1 + ".uvl.gz", 2513, 2833),
        (AUTOMOTIVE2 + ".xml.gz", 18616, 1369),
        (BANK + ".xml.gz", 176, 4),
        (BANK + ".uvl", 176, 4),
        (BANK + ".dimacs", 176, 280),
        (FOLDER + "decisionmaking__AlHajjaji2019.xml.gz", 366, 192),
        (FOLDER + "BusyBox__Pett2021-2010-05-09_00-13-40.dimacs", 631, 681),
    ],
)
def test_a_model_has_the_published_size(name: str, variables: int, rules: int, instance: Instance) -> None:
    model = read_constraint_model(instance(name))

    assert len(model.variables) == variables
    assert sum(not constraint.is_structure for constraint in model.constraints) == rules


@pytest.mark.parametrize(("name", "tables", "tuples"), [("small", 147, 3044), ("medium", 174, 9532)])
def test_the_vehicle_families_have_the_published_tuples(name: str, tables: int, tuples: int, instance: Instance) -> None:
    model = read_constraint_model(instance(f"renault/{name}.xml.gz"))

    found = [part for constraint in model.constraints for part in constraint.parts if isinstance(part, Table)]
    assert len(found) == tables
    assert sum(len(part.rows) for part in found) == tuples


def test_the_shop_has_its_prices(instance: Instance) -> None:
    model = read_constraint_model(instance(RICHMOND + ".xml.gz"))

    prices = {variable.name: dict(variable.attributes).get("Price") for variable in model.variables}
    assert prices.pop("PC RICHMOND F") == Decimal("841.9")
    assert prices["i3-7350K Kaby Lake"] == 92
    assert sum(bool(price) for price in prices.values()) == 273


def clauses_of(model: ConstraintModel) -> set[frozenset[str]]:
    """The clauses by the names of features."""
    found = set()
    for part in (part for constraint in model.constraints for part in constraint.parts):
        assert isinstance(part, Clause)
        signs = (("" if (literal.value == 1) == literal.holds else "!") for literal in part.literals)
        words = (model.variables[literal.variable].name for literal in part.literals)
        found.add(frozenset(sign + word for sign, word in zip(signs, words, strict=True)))
    return found


def test_the_bank_is_clause_by_clause_what_its_authors_made_of_it(instance: Instance) -> None:
    models = [read_constraint_model(instance(BANK + ending)) for ending in (".uvl", ".xml.gz", ".dimacs")]

    assert clauses_of(models[0]) == clauses_of(models[1]) == clauses_of(models[2])


class Oracle:
    """Asks a SAT solver about a model of features, by their names."""

    def __init__(self, model: ConstraintModel) -> None:
        self.numbers = {variable.name: number for number, variable in enumerate(model.variables, 1)}
        self.names = {number: name for name, number in self.numbers.items()}
        text = write_dimacs(model).splitlines()
        self.solver = Solver("glucose4")
        for line in text[len(model.variables) + 1 :]:
            self.solver.add_clause([int(word) for word in line.split()[:-1]])

    def is_possible(self, chosen: dict[str, bool]) -> bool:
        return bool(self.solver.solve([self.numbers[name] if value else -self.numbers[name] for name, value in chosen.items()]))

    def always(self) -> set[tuple[str, bool]]:
        """Features that are chosen in all configurations, and in none."""
        assert self.solver.solve()
        left = set(self.solver.get_model())
        found = set()
        while left:
            literal = left.pop()
            if self.solver.solve([-literal]):
                left.intersection_update(self.solver.get_model())
            else:
                found.add((self.names[abs(literal)], literal > 0))
        return found


@pytest.mark.parametrize("name", [BANK, FINANCIAL, AUTOMOTIVE1])
def test_uvl_and_xml_leave_the_same_configurations(name: str, instance: Instance) -> None:
    models = [
        read_constraint_model(instance(name + (".uvl" if name == BANK else ".uvl.gz"))),
        read_constraint_model(instance(name + ".xml.gz")),
    ]
    oracles = [Oracle(model) for model in models]
    names = sorted(oracles[0].numbers)

    assert names == sorted(oracles[1].numbers)
    assert oracles[0].always() == oracles[1].always()
    assert_same_answers(oracles, names)


def assert_same_answers(oracles: list[Oracle], names: list[str], count: int = 300) -> None:
    rng = random.Random(1)
    answers = []
    for _ in range(count):
        chosen = {name: rng.random() < 0.5 for name in rng.sample(names, rng.randint(1, 12))}
        answers.append([oracle.is_possible(chosen) for oracle in oracles])
    assert all(len(set(answer)) == 1 for answer in answers)
    assert {True, False} == {answer[0] for answer in answers}


def test_the_shop_in_uvl_is_the_shop_in_xml_without_what_stands_below_one_feature(instance: Instance) -> None:
    """The file in UVL has commas for points in names, and has lost the 13 features below `M.2 SSD`."""
    uvl, xml = (read_constraint_model(instance(RICHMOND + ending)) for ending in (".uvl", ".xml.gz"))
    oracles = [Oracle(uvl), Oracle(xml)]
    oracles[1].numbers = {name.replace(".", ","): number for name, number in oracles[1].numbers.items()}
    shared = sorted(set(oracles[0].numbers) & set(oracles[1].numbers))

    assert len(shared) == len(uvl.variables) == len(xml.variables) - 13
    assert_same_answers(oracles, shared)


@pytest.mark.parametrize(
    "name", [FINANCIAL + ".uvl.gz", AUTOMOTIVE2 + ".xml.gz", FOLDER + "decisionmaking__AlHajjaji2019.xml.gz"]
)
def test_large_models_are_written_as_they_were(name: str, instance: Instance, read_text: ReadText) -> None:
    model = read_constraint_model(instance(name))
    again = read_text(write_uvl(model))

    assert [variable.name for variable in again.variables] == [variable.name for variable in model.variables]
    assert {part_set(constraint.parts) for constraint in again.constraints} == {
        part_set(constraint.parts) for constraint in model.constraints
    }


def test_a_large_model_is_written_as_dimacs_as_it_was(instance: Instance, read_text: ReadText) -> None:
    model = read_constraint_model(instance(FINANCIAL + ".uvl.gz"))
    again = read_text(write_dimacs(model), "model.dimacs")

    assert [variable.name for variable in again.variables] == [variable.name for variable in model.variables]
    assert clauses_of(again) == clauses_of(model)


def part_set(parts: tuple[Clause | Table | Linear, ...]) -> frozenset[object]:
    """Clauses whose literals may stand in another order, and sums."""
    return frozenset(frozenset(part.literals) if isinstance(part, Clause) else part for part in parts)
