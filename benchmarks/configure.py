"""Clicks in a configurator: all valid values after each choice, and prices and release distances of all of them.

Side by side on the same choices: the compiled form, incremental SAT as in `atoll.configure.sat`, python-sat with one question for
each value as users write it, z3's `consequences`, and OR-Tools CP-SAT. Times are those of the processor.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from benchmarks.measure import Row

ROOT = Path(__file__).parent.parent
INSTANCES = ROOT.parent / "shared" / "instances" / "configure"
FILES = (
    "clib/pc.json",
    "renault/small.xml.gz",
    "renault/medium.xml.gz",
    "feature_models/pc-richmond__Sprey2020.xml.gz",
    "feature_models/BusyBox__Pett2021-2010-05-09_00-13-40.dimacs",
    "feature_models/FinancialServices01__Nieke2018-2018-05-09.uvl.gz",
    "feature_models/decisionmaking__AlHajjaji2019.xml.gz",
    "feature_models/automotive01__Kowal2016.uvl.gz",
    "feature_models/automotive2__Knueppel2017-2_4.xml.gz",
)
SLOW = ("automotive2", "decisionmaking")
"""Of these nothing is measured but ours."""

CLICKS, OTHERS_CLICKS = 60, 4

MOST_BLOCKED = 3
"""Values that are explained after each click."""

FEW_VALUES = 20
"""CP-SAT takes long, so it is asked for so many values only."""


def run(*, quick: bool) -> list[Row]:
    """Rows of the demo computer, and of the published models where they lie beside the project."""
    rows = _computer()
    for name in FILES:
        if not (INSTANCES / name).exists() or (quick and any(slow in name for slow in SLOW)):
            continue
        rows += _published(INSTANCES / name, compare=not any(slow in name for slow in SLOW))
    return rows


def _computer() -> list[Row]:
    """The demonstration's model with the most options, in the form that pages use."""
    from atoll.configure import Configurator, Outline, read_product_model
    from atoll.configure.compiled.circuit import Budget
    from atoll.demo import load

    data = load("computers")
    models = [read_product_model(document, data.items) for document in data.models.values()]
    options = {model.code: sum(len(feature.options) for feature in model.features) for model in models}
    model = max(models, key=lambda model: options[model.code])
    start = process_time()
    form = Outline(model, None, data.bills, data.items).compile(Budget(nodes=400_000, seconds=20.0))
    seconds = process_time() - start
    configurator, rng = Configurator(model), np.random.default_rng(5)
    samples = [configurator.sample(rng).values for _ in range(12)]
    clicks = [dict(sample[:count]) for sample in samples for count in range(6)]
    days = {item: float(day) for item, day in zip(data.items, rng.integers(0, 30, len(data.items)).tolist(), strict=True)}
    name = f"demo computer, {options[model.code]} options"
    for ask in (form.possible, form.lowest_price, form.release, lambda x: form.earliest(x, lambda need: days[need.item])):
        ask(clicks[0])
    return [
        Row(f"{name}: compile ({form.engine}, {form.nodes:,} nodes)", round(seconds, 2), "s", 10.0),
        *_quantiles(f"{name}: valid values after a click, compiled", [_ms(form.possible, click) for click in clicks], 1.0, 2.0),
        *_quantiles(f"{name}: the same by SAT", [_ms(configurator.domains, click) for click in clicks]),
        *_quantiles(f"{name}: cheapest price of every value", [_ms(form.lowest_price, click) for click in clicks], 3.0),
        *_quantiles(
            f"{name}: earliest date of every value",
            [_ms(form.earliest, click, lambda need: days[need.item]) for click in clicks],
            3.0,
        ),
        *_quantiles(f"{name}: release distance of every value", [_ms(form.release, click) for click in clicks], 3.0),
        _explained(name, [_ms(configurator.explain, choices) for click in clicks for choices in _blocked(click, form.possible)]),
    ]


def _blocked(click: Mapping[str, Any], possible: Callable[[Any], Mapping[str, Mapping[Any, bool]]]) -> Iterator[dict[str, Any]]:
    """Choices with one more that is blocked, up to a few of them at different features."""
    values = possible(click)
    blocked = {name: value for name, domain in values.items() if name not in click for value, free in domain.items() if not free}
    for name, value in [*blocked.items()][:MOST_BLOCKED]:
        yield {**click, name: value}


def _published(file: Path, *, compare: bool) -> list[Row]:
    from atoll.configure.clausal import clausal
    from atoll.configure.model_engine import ModelEngine
    from atoll.configure.sat import Sat
    from atoll.io.exchange import read_constraint_model

    begin = process_time()
    model = read_constraint_model(file)
    start = process_time()
    engine = ModelEngine(model)
    seconds, reading = process_time() - start, start - begin
    clauses, name = clausal(model), file.name.split("__")[0].split(".")[0]
    sat = Sat(clauses.definitions, clauses.rules, clauses.variables)
    values = [literal for literals in clauses.axes.literals for literal in literals]
    clicks = _clicks(sat, clauses.axes.literals, CLICKS)
    rows = [
        Row(f"{name}: read", round(reading, 2), "s", 2.0 if name == "automotive2" else 1.0),
        Row(f"{name}: compile ({engine.engine})", round(seconds, 2), "s", 60.0),
    ]
    by_sat = [_ms(sat.possible, click, values) for click in clicks]
    compiled = engine._compiled
    if compiled is not None:
        price = np.random.default_rng(1).uniform(0, 100, compiled.values)
        limits = (12.0, 20.0) if name == "automotive2" else (1.0, 5.0 if name == "automotive01" else 2.0)
        rows += [
            *_quantiles(f"{name}: valid values after a click, compiled", [_ms(compiled.possible, x) for x in clicks], *limits),
            *_quantiles(f"{name}: cheapest price of every value", [_ms(compiled.cheapest, price, x) for x in clicks]),
            *_quantiles(f"{name}: release distance of every value", [_ms(compiled.release, x) for x in clicks]),
        ]
    rows += _quantiles(f"{name}: valid values after a click, incremental SAT", by_sat)
    named = {literal: pair for pair, literal in engine._literal.items()}
    blocked = [choices for click in clicks for choices in _blocked(dict(named[x] for x in click), partial(_possible, engine))]
    rows.append(_explained(name, [_ms(engine.clash, choices) for choices in blocked]))
    if compare:
        few = clicks[:: max(1, len(clicks) // OTHERS_CLICKS)][:OTHERS_CLICKS]
        rows.append(
            _mean(f"{name}: python-sat, a question for each value", [_one_by_one(clauses.clauses, values, x) for x in few])
        )
        rows.append(_mean(f"{name}: z3 consequences", [_z3(clauses.clauses, values, x) for x in few[:2]]))
        rows.append(_mean(f"{name}: CP-SAT, one value", [_cp_sat(clauses.clauses, values, few[1]) / FEW_VALUES]))
    return rows


def _clicks(sat: object, axes: Sequence[Sequence[int]], count: int) -> list[list[int]]:
    """Choices as a person makes them, one possible value after another, begun anew after each few."""
    rng, clicks, made = np.random.default_rng(3), [], []
    for number in range(count):
        if number % 10 == 0:
            made = []
        literals = axes[int(rng.integers(len(axes)))]
        wish = int(literals[int(rng.integers(len(literals)))])
        if sat.holds([*made, wish]):  # type: ignore[attr-defined]
            made = [*made, wish]
        clicks.append(made)
    return clicks


def _ms(ask: Callable[..., object], *arguments: object) -> float:
    start = process_time()
    ask(*arguments)
    return (process_time() - start) * 1000


def _one_by_one(clauses: Sequence[Sequence[int]], values: Sequence[int], click: Sequence[int]) -> float:
    from pysat.solvers import Solver

    with Solver(name="glucose4", bootstrap_with=clauses) as solver:
        return _ms(lambda: [solver.solve(assumptions=[*click, value]) for value in values])


def _z3(clauses: Sequence[Sequence[int]], values: Sequence[int], click: Sequence[int]) -> float:
    import z3

    variables: dict[int, z3.BoolRef] = {}

    def literal(number: int) -> z3.BoolRef:
        variable = variables.setdefault(abs(number), z3.Bool(str(abs(number))))
        return variable if number > 0 else z3.Not(variable)

    solver = z3.Solver()
    for clause in clauses:
        solver.add(z3.Or([literal(number) for number in clause]))
    wanted = [literal(abs(number)) for number in values]
    return _ms(solver.consequences, [literal(number) for number in click], wanted)


def _cp_sat(clauses: Sequence[Sequence[int]], values: Sequence[int], click: Sequence[int]) -> float:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    top = max(abs(number) for clause in clauses for number in clause)
    variables = [model.new_bool_var(str(number)) for number in range(top + 1)]

    def literal(number: int) -> object:
        return variables[number] if number > 0 else variables[-number].negated()

    for clause in clauses:
        model.add_bool_or([literal(number) for number in clause])
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1

    def ask() -> None:
        for value in values[:FEW_VALUES]:
            model.clear_assumptions()
            model.add_assumptions([literal(number) for number in (*click, value)])
            solver.solve(model)

    return _ms(ask)


def _quantiles(what: str, milliseconds: Sequence[float], median: float | None = None, high: float | None = None) -> list[Row]:
    middle, most = np.quantile(milliseconds, [0.5, 0.95]).round(3).tolist()
    return [Row(f"{what}, median", middle, "ms", median), Row(f"{what}, 95 %", most, "ms", high)]


def _possible(engine: Any, click: Mapping[str, str]) -> dict[str, dict[str, bool]]:
    """Whether each value of each variable is possible."""
    valid = engine.valid(click)
    return {
        variable.name: {value: value in valid[variable.name] for value in variable.values} for variable in engine.model.variables
    }


def _explained(name: str, milliseconds: Sequence[float]) -> Row:
    """The row of explanations; where nothing is ever blocked it says so by 0."""
    high = round(float(np.quantile(milliseconds or [0.0], 0.95)), 3)
    return Row(f"{name}: minimal explanation of a blocked value, 95 %", high, "ms", 10.0)


def _mean(what: str, milliseconds: Sequence[float]) -> Row:
    return Row(f"{what}, mean", round(float(np.mean(milliseconds)), 1), "ms")
