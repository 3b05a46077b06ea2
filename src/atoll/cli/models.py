"""Commands about a model in a file, without database: check it, and configure it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atoll.cli import NEGATIVE, Command, write_document

if TYPE_CHECKING:
    from atoll.configure.model_engine import Answers

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
time_limit = click.option(
    "--time-limit",
    default=60.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Seconds for compiling; 0 answers by SAT alone.",
)


def on_day(words: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option for the day on which rules are looked at."""
    return click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help=words)


def opened(file: Path, seconds: float, on: date | None = None) -> "Answers":
    """The engine of the model in a file."""
    from atoll.configure.compiled.circuit import Budget
    from atoll.configure.model_engine import BUDGET
    from atoll.configure.model_file import open_model

    return open_model(file, Budget(BUDGET.nodes if seconds else 0, seconds), on)


@click.command(
    "check",
    cls=Command,
    examples=[
        ("atoll check bike.uvl", "what is wrong or odd about a model"),
        ("atoll check models/tower.toml --json", "for programs; ends with 1 if nothing can be configured"),
    ],
)
@click.argument("file", type=FILE)
@time_limit
@as_json
def check(file: Path, time_limit: float, as_json: bool) -> int:
    """Look for contradictions, dead and forced options and redundant rules in the model in FILE.

    FILE is a product model of a company folder (TOML), UVL, DIMACS, FeatureIDE XML, XCSP 2.1 or CLib JSON, gzipped or not.
    """
    from time import perf_counter

    start = perf_counter()
    engine = opened(file, time_limit)
    count, found = engine.count(), engine.anomalies()
    document = {
        "configurations": None if count is None else in_digits(count),
        "void": engine.is_void,
        "dead": found.dead,
        "forced": found.forced,
        "redundant_rules": len(found.redundant),
        "redundant": found.redundant,
        "other_findings": found.others,
        "engine": engine.engine,
        "seconds": round(perf_counter() - start, 3),
    }
    if as_json:
        write_document(document)
    else:
        for name, value in document.items():
            click.echo(f"{name.replace('_', ' '):<16} {shown(value)}")
    return NEGATIVE if engine.is_void else 0


@click.command(
    "configure",
    cls=Command,
    examples=[
        ("atoll configure tower.toml", "choose step by step"),
        ("atoll configure tower.toml --choose cpu=CPU-7600X --choose extras=MOUSE,KEYBOARD --json", "what is possible then"),
    ],
)
@click.argument("file", type=FILE)
@click.option("--choose", "choices", multiple=True, metavar="NAME=VALUE", help="A choice; as often as you like.")
@on_day("Only rules and price rules that are in force on this day.")
@time_limit
@as_json
def configure(file: Path, choices: tuple[str, ...], on: datetime | None, time_limit: float, as_json: bool) -> int:
    """Say what is possible in the model in FILE after some choices, or why these do not go together."""
    made = all_of(choices)
    engine = opened(file, time_limit, on.date() if on else None)
    if choices or as_json:
        document = answer(engine, made)
        write_document(document) if as_json else tell(document)
        return NEGATIVE if document["conflict"] else 0
    return converse(engine)


def pair(choice: str) -> tuple[str, str]:
    """Name and value of ``NAME=VALUE``."""
    name, sign, value = choice.partition("=")
    if not sign:
        raise click.UsageError(f"Expected NAME=VALUE, got {choice!r}.")
    return name.strip(), value.strip()


def all_of(choices: Sequence[str]) -> dict[str, str]:
    """Choices by name; a name has one value."""
    made: dict[str, str] = {}
    for name, value in map(pair, choices):
        if made.setdefault(name, value) != value:
            hint = f"Several options are one choice: {name}=A,B."
            raise click.UsageError(f"{name} is chosen twice: {made[name]} and {value}. {hint}")
    return made


def answer(engine: "Answers", choices: Mapping[str, str]) -> dict[str, Any]:
    """All that is known after some choices; with a conflict, its explanation and repairs."""
    clash = engine.clash(choices)
    if clash is not None:
        explanation = {"choices": clash.choices, "rules": clash.rules, "text": clash.text}
        return {"conflict": True, "explanation": explanation, "repairs": clash.repairs, "engine": engine.engine}
    count = engine.count(choices)
    return {
        "conflict": False,
        "valid": engine.valid(choices),
        "configurations": None if count is None else in_digits(count),
        "cheapest": engine.cheapest(choices),
        "release": engine.release(choices),
        "engine": engine.engine,
    }


def tell(document: Mapping[str, Any]) -> None:
    """An answer in words."""
    if document["conflict"]:
        click.echo(document["explanation"]["text"])
        for repair in document["repairs"]:
            click.echo("  give up " + " and ".join(f"{name} = {value}" for name, value in repair.items()))
        return
    for name, values in document["valid"].items():
        prices = (document["cheapest"] or {}).get(name, {})
        words = (f"{value} ({prices[value]:,.2f})" if value in prices else value for value in values)
        click.echo(f"{name:<24} {', '.join(words)}")
    click.echo(f"{document['configurations'] or 'An uncounted number of'} configurations, by {document['engine']}.", err=True)


def converse(engine: "Answers") -> int:
    """Choose step by step on a terminal; an empty line ends it."""
    made: dict[str, str] = {}
    click.echo("NAME=VALUE chooses, -NAME takes back, an empty line ends.", err=True)
    tell(answer(engine, made))
    while line := click.prompt("", default="", show_default=False, prompt_suffix="> ", err=True).strip():
        before = dict(made)
        if line.startswith("-"):
            made.pop(line[1:].strip(), None)
        elif "=" in line:
            made |= [pair(line)]
        document = answer(engine, made)
        tell(document)
        if document["conflict"]:
            made = before
    return 0


@click.command(
    "export-model",
    cls=Command,
    examples=[
        ("atoll export-model models/tower.toml > tower.uvl", "for tools that work with feature models"),
        ("atoll export-model tower.toml --on 2026-03-01 --json", "the rules of one day, and what UVL cannot say"),
    ],
)
@click.argument("file", type=FILE)
@on_day("Only rules that are in force on this day.")
@as_json
def export_model(file: Path, on: datetime | None, as_json: bool) -> None:
    """Write the model in FILE as UVL, the Universal Variability Language.

    Of a product model, what UVL cannot say is told on standard error.
    """
    from atoll.configure.model_file import model_as_uvl

    found = model_as_uvl(file, on.date() if on else None)
    if as_json:
        return write_document({"text": found.text, "issues": found.issues})
    for issue in found.issues:
        click.echo(str(issue), err=True)
    click.echo(found.text, nl=False)
    return None


def in_digits(count: int) -> str:
    """All decimal digits, also of numbers that are longer than Python writes by itself."""
    from decimal import Context, Decimal

    return format(Context(prec=max(1, count.bit_length() // 3 + 1)).create_decimal(Decimal(count)), "f")


def shown(value: Any) -> str:
    """A finding on one line."""
    if isinstance(value, (list, tuple)):
        return f"{len(value)}: {', '.join(map(str, value))}" if value else "none"
    return "unknown" if value is None else str(value)


commands: dict[str, click.Command] = {"check": check, "configure": configure, "export-model": export_model}
