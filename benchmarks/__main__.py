"""Measure on this machine and print a table. Nothing else should run meanwhile.

python -m benchmarks                 all of it, about four minutes
python -m benchmarks --quick --json  a fifth of the demonstration, as one JSON document
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

PARTS = ("business", "configure", "promise", "stocking")
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
    """Measure in a temporary home, print, and end with 1 where a limit is not kept."""
    parts = arguments.parts or PARTS
    rows = [row for part in parts for row in RUNS[part](quick=arguments.quick)]
    if arguments.json:
        figures = [{"what": row.what.strip(), "value": row.value, "unit": row.unit, "limit": row.limit} for row in rows]
        print(json.dumps({"schema_version": 1, "machine": machine(), "figures": figures}, indent=2))
    else:
        print(table(rows))
    if arguments.out:
        arguments.out.write_text(f"Measured on {machine()}.\n\n{table(rows)}\n", encoding="utf-8")
    return 0 if all(row.is_met for row in rows) else 1


def configure(*, quick: bool) -> list:
    """Rows of the configurator."""
    from benchmarks import configure

    return configure.run(quick=quick)


def promise(*, quick: bool) -> list:
    """Rows of promises."""
    from benchmarks import promise

    return promise.run(quick=quick)


def stocking(*, quick: bool) -> list:
    """Rows of stocking: the numbers A1 to A20, and throughput."""
    from benchmarks import stocking

    return stocking.run(quick=quick)


def business(*, quick: bool) -> list:
    """Rows of the whole business. The demonstration comes first: the others measure on the database that it leaves."""
    with tempfile.TemporaryDirectory(prefix="atoll-benchmark-") as name:
        home = Path(name)
        os.environ["ATOLL_HOME"] = str(home)
        os.environ.pop("ATOLL_DATABASE_URL", None)
        from benchmarks import demo

        try:
            rows = demo.run(home, weeks=12, orders=400 if quick else 2000)
            from benchmarks import services

            return rows + services.run(calls=40 if quick else 200)
        finally:
            from atoll_web import database

            database.stop()


def machine() -> str:
    """What it was measured on."""
    system = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {system}, embedded PostgreSQL"


def table(rows: list) -> str:
    """The rows as a Markdown table."""
    lines = [
        f"| {row.what} | {row.value:,.2f} {row.unit} | {'' if row.limit is None else f'{sign(row)} {row.limit:g} {row.unit}'} |"
        for row in rows
    ]
    return "\n".join(["| what | measured | limit |", "|---|---|---|", *lines])


def sign(row) -> str:
    """How a figure stands to its limit."""
    return "≥" if row.is_least else "≤"


RUNS = {"business": business, "configure": configure, "promise": promise, "stocking": stocking}

if __name__ == "__main__":
    sys.exit(main())
