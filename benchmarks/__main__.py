"""Measure on this machine and print a table. Nothing else should run meanwhile.

python -m benchmarks                 all of it, about half an hour
python -m benchmarks --quick --json  a fifth of the demonstration, as one JSON document
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.measure import Row

ALL = ("business", "configure", "promise", "stocking")
PARTS = (*ALL, "kits", "batch", "improvement")
"""Kits and batches are measured with promises, and can be measured alone. The improvement takes long, so only alone."""

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"


def main() -> int:
    """Run from any Python; the environment of the project does the work."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=f"what to measure: {', '.join(PARTS)}")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="a shorter demonstration and fewer calls")
    parser.add_argument("--out", type=Path, help="write the table, as Markdown, to this file too")
    arguments = parser.parse_args()
    if Path(sys.prefix) != PYTHON.parent.parent:
        if not PYTHON.exists():
            parser.exit(3, "There is no environment yet. Run `make install` first.\n")
        os.execv(PYTHON, [str(PYTHON), "-m", "benchmarks", *sys.argv[1:]])
    return report(arguments)


def report(arguments: argparse.Namespace) -> int:
    """Measure, print, and end with 1 where a limit is not kept."""
    parts = arguments.parts or ALL
    if len(parts) == 1:
        with own_home() as home:
            rows = RUNS[parts[0]](home, quick=arguments.quick)
    else:
        rows = [row for part in parts for row in in_process(part, quick=arguments.quick)]
    if arguments.json:
        print(json.dumps({"schema_version": 1, "machine": machine(), **named(rows), "figures": [*map(asdict, rows)]}, indent=2))
    else:
        print(table(rows))
    if arguments.out:
        arguments.out.write_text(f"Measured on {machine()}.\n\n{table(rows)}\n", encoding="utf-8")
    return 0 if all(row.is_met for row in rows) else 1


def in_process(part: str, *, quick: bool) -> list["Row"]:
    """Rows of a part that is measured in a process and a database of its own."""
    from benchmarks.measure import Row

    command = [sys.executable, "-m", "benchmarks", part, "--json", *(["--quick"] if quick else [])]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    try:
        return [Row(**figure) for figure in json.loads(result.stdout)["figures"]]
    except json.JSONDecodeError:  # it ended before its document
        return [Row(f"{part}: ended with code {result.returncode}", 1.0, "failure", 0.0)]


def named(rows: list["Row"]) -> dict[str, Any]:
    """The figures that have a name, by the steps of it."""
    found: dict[str, Any] = {}
    for row in rows:
        if row.name:
            *steps, last = row.name.split(".")
            place = found
            for step in steps:
                place = place.setdefault(step, {})
            place[last] = row.value
    return found


def configure(home: Path, *, quick: bool) -> list["Row"]:
    """Rows of the configurator: the engine by itself, and the pages."""
    from benchmarks import clicks, configure

    return [*configure.run(quick=quick), *clicks.run(home, clicks=60 if quick else 240)]


def promise(_home: Path, *, quick: bool) -> list["Row"]:
    """Rows of promises and of kits."""
    from benchmarks import kits, promise

    return [*kits.run(quick=quick), *promise.run(quick=quick), *in_process("batch", quick=quick)]


def batch(_home: Path, *, quick: bool) -> list["Row"]:
    """Rows of many order lines in one call."""
    from benchmarks import promise

    return promise.batch(quick=quick)


def stocking(_home: Path, *, quick: bool) -> list["Row"]:
    """Rows of stocking: the numbers A1 to A20, and throughput."""
    from benchmarks import stocking, stocking_optimise, stocking_plan

    return [*stocking.run(quick=quick), *stocking_optimise.run(quick=quick), *stocking_plan.run(quick=quick)]


def kits(_home: Path, *, quick: bool) -> list["Row"]:
    """Rows of kits across orders, and of new promises for all."""
    from benchmarks import kits

    return kits.run(quick=quick)


def improvement(home: Path, *, quick: bool) -> list["Row"]:
    """Rows of a year with and without optimised stock levels."""
    from benchmarks import improvement

    return improvement.run(home, quick=quick)


def business(home: Path, *, quick: bool) -> list["Row"]:
    """Rows of the whole business. The demonstration comes first: the others measure on the database that it leaves."""
    from benchmarks import demo, services

    return demo.run(home, weeks=12, orders=400 if quick else 2000) + services.run(calls=40 if quick else 200)


RUNS = {
    "business": business,
    "configure": configure,
    "promise": promise,
    "stocking": stocking,
    "kits": kits,
    "batch": batch,
    "improvement": improvement,
}


@contextmanager
def own_home() -> Iterator[Path]:
    """An empty home with a database server of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="atoll-benchmark-") as name:
        os.environ["ATOLL_HOME"] = name
        os.environ.pop("ATOLL_DATABASE_URL", None)
        try:
            yield Path(name)
        finally:
            from atoll_web import database

            database.stop()


def machine() -> str:
    """What it was measured on."""
    system = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {system}, embedded PostgreSQL"


def table(rows: list["Row"]) -> str:
    """The rows as a Markdown table."""
    lines = [
        f"| {row.what} | {row.value:,.2f} {row.unit} | {'' if row.limit is None else f'{sign(row)} {row.limit:g} {row.unit}'} |"
        for row in rows
    ]
    return "\n".join(["| what | measured | limit |", "|---|---|---|", *lines])


def sign(row: "Row") -> str:
    """How a figure has to stand to its limit."""
    return "≥" if row.is_least else "≤"


if __name__ == "__main__":
    sys.exit(main())
