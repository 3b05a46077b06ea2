"""The commands `atoll stock …`: how much of what to stock, and how little it can cost."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atoll.cli import LIMIT, Group, write_document
from atoll.cli.decouple import decouple
from atoll.cli.simulate import FILE, chosen, whole_numbers

if TYPE_CHECKING:
    from atoll.model.system import AssemblySystem
    from atoll.simulate import Policy
    from atoll.stocking.bound import Bound
    from atoll.stocking.optimise import OptimisedStock

SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.group(
    "stock",
    cls=Group,
    examples=[
        ("atoll stock optimise shop.json --service 0.95", "levels for an order fill rate of 95 %"),
        ("atoll stock compare --company", "beside make-to-stock and make-to-order"),
    ],
)
def stock() -> None:
    """How much of what to stock, and how far it is from the best."""


@stock.command(
    "optimise",
    examples=[
        ("atoll stock optimise shop.json", "levels of least cost, first come, first served"),
        ("atoll stock optimise shop.json --allocation tracking --time-limit 60 --json", "another rule; for programs"),
    ],
)
@click.argument("file", type=FILE)
@click.option("--service", type=SHARE, help="Share of orders to complete within the window.")
@click.option("--window", default=0.0, show_default=True, type=click.FloatRange(0), help="Time that an order may wait.")
@click.option("--each-product", is_flag=True, help="Let --service hold for each product and not only for all orders together.")
@click.option(
    "--allocation",
    default="fcfs",
    show_default=True,
    type=click.Choice(["fcfs", "no-holdback", "priority", "tracking"]),
    help="Who gets what several orders wait for.",
)
@click.option("--reserves", is_flag=True, help="Where orders are lost: units that an order of a product leaves for others.")
@click.option(
    "--accounting",
    default="exact",
    show_default=True,
    type=click.Choice(["exact", "simopt"]),
    help="Stock by the integral over time, or as the SimOpt benchmark counts it.",
)
@click.option("--time-limit", default=120.0, show_default=True, type=click.FloatRange(0), help="Seconds; then the best so far.")
@click.option("--system", "name", help="Which system, where the file holds several.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Seed of all random numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def optimise(file: Path, name: str | None, time_limit: float, seed: int, as_json: bool, **options: Any) -> int:
    """Find base-stock levels for the assemble-to-order system in FILE, value them on fresh orders and bound their cost.

    FILE is a case in JSON, a problem folder of CSV files, or - for standard input. Ends with 4 where the time limit ended it.
    """
    from time import perf_counter

    from atoll.io.stocking import read_systems
    from atoll.simulate import Accounting, Allocation
    from atoll.solve import Deadline
    from atoll.stocking.fcfs import Requirements
    from atoll.stocking.optimise import optimise_stock
    from atoll.stocking.service import targets_for

    system, start = chosen(read_systems(file), name), perf_counter()
    service = options["service"]
    targets = () if service is None else targets_for(system, service, options["window"], each_product=options["each_product"])
    result = optimise_stock(
        system,
        Requirements(targets),
        seed=seed,
        allocation=Allocation(options["allocation"]),
        with_reserves=options["reserves"],
        accounting=Accounting(options["accounting"]),
        stop=Deadline(time_limit),
    )
    show(_optimised(result) | {"seconds": round(perf_counter() - start, 3)}, as_json)
    return 0 if result.is_settled else LIMIT


@stock.command("bound", examples=[("atoll stock bound shop.json --json", "what no policy can go below")])
@click.argument("file", type=FILE)
@click.option("--time-limit", default=120.0, show_default=True, type=click.FloatRange(0), help="Seconds for the samples.")
@click.option("--system", "name", help="Which system, where the file holds several.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Seed of all random numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def bound(file: Path, name: str | None, time_limit: float, seed: int, as_json: bool) -> None:
    """Bound the cost of every policy for the assemble-to-order system in FILE from below."""
    from time import perf_counter

    from atoll.io.stocking import read_systems
    from atoll.solve import Deadline
    from atoll.stocking.stochastic_program import stochastic_bound

    system, start = chosen(read_systems(file), name), perf_counter()
    found = stochastic_bound(system, seed=seed, stop=Deadline(time_limit))
    show({"system": system.name, "bound": _bound(found), "seconds": round(perf_counter() - start, 3)}, as_json)


@stock.command(
    "compare",
    examples=[
        ("atoll stock compare shop.json --base-stock 4,3,3", "assemble to order with these levels, make to stock, make to order"),
        ("atoll stock compare shop.json --service 0.95 --json", "with the best levels for an order fill rate; for programs"),
    ],
)
@click.argument("file", type=FILE)
@click.option("--base-stock", metavar="LEVELS", help="A level for each component, such as 4,3,3.")
@click.option("--service", default=0.95, show_default=True, type=SHARE, help="Order fill rate to find levels for.")
@click.option("--horizon", default=0.0, type=click.FloatRange(0), help="Time after which stock that is left is a risk.")
@click.option("--system", "name", help="Which system, where the file holds several.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Seed of all random numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def compare(file: Path, name: str | None, seed: int, as_json: bool, **options: Any) -> None:
    """Compare assemble-to-order with make-to-stock and make-to-order, on the same orders.

    FILE is a case in JSON, a problem folder of CSV files, or - for standard input; its stock is worth its cost of holding.
    """
    from atoll.io.stocking import read_systems
    from atoll.stocking.strategies import compare_strategies, described

    system = chosen(read_systems(file), name)
    policy = _policy(system, options["base_stock"], options["service"], seed)
    show(described(compare_strategies(system, policy, seed=seed, horizon=options["horizon"])), as_json)


@stock.command(
    "variety",
    examples=[
        ("atoll stock variety shop.json --merge red,blue --base-stock 4,3,3", "what one component for both would save"),
        ("atoll stock variety shop.json --like red --share 0.1 --json", "what an option beside it costs that one in ten takes"),
    ],
)
@click.argument("file", type=FILE)
@click.option("--merge", metavar="NAMES", help="Components of which the first could do for all, such as red,blue.")
@click.option("--like", metavar="NAME", help="Component beside which a new option of the same cost and lead time is offered.")
@click.option("--share", default=0.1, show_default=True, type=SHARE, help="Of its orders that take the new option.")
@click.option("--base-stock", metavar="LEVELS", help="A level for each component, such as 4,3,3.")
@click.option("--service", default=0.95, show_default=True, type=SHARE, help="Order fill rate to find levels for.")
@click.option("--window", default=0.0, show_default=True, type=click.FloatRange(0), help="Time that an order may wait.")
@click.option("--system", "name", help="Which system, where the file holds several.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Seed of all random numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def variety(file: Path, name: str | None, seed: int, as_json: bool, **options: Any) -> None:
    """Say what a shared component saves in stock, or what a new option costs, while as many of the same orders are served.

    FILE is a case in JSON, a problem folder of CSV files, or - for standard input; its stock is worth its cost of holding.
    """
    from atoll.io.stocking import read_systems

    system = chosen(read_systems(file), name)
    show(variety_of(system, _policy(system, options["base_stock"], options["service"], seed), seed, options), as_json)


def variety_of(system: "AssemblySystem", policy: "Policy", seed: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """What the options of `variety` ask for."""
    from atoll.stocking.variety import described, option_costs, sharing_saves

    if (options["merge"] is None) == (options["like"] is None):
        raise click.UsageError("Name components to --merge, or one that a new option is --like.")
    try:
        if options["merge"]:
            merged = tuple(part.strip() for part in options["merge"].split(","))
            return described(sharing_saves(system, policy, merged, seed=seed, promised=options["window"]))
        like, share = options["like"], options["share"]
        return described(option_costs(system, policy, like, share, seed=seed, promised=options["window"]))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _policy(system: "AssemblySystem", base_stock: str | None, service: float, seed: int) -> "Policy":
    """The levels given, or those found for an order fill rate."""
    from atoll.simulate import Policy
    from atoll.stocking.fcfs import Requirements
    from atoll.stocking.optimise import optimise_stock
    from atoll.stocking.service import targets_for

    if base_stock:
        return Policy.base_stock(whole_numbers(base_stock, "--base-stock"))
    return optimise_stock(system, Requirements(targets_for(system, service)), seed=seed).policy


def show(document: dict[str, Any], as_json: bool) -> None:
    """Print a result for programs or for people."""
    if as_json:
        write_document(document)
    else:
        for name, value in document.items():
            click.echo(f"{name.replace('_', ' '):<16} {_in_words(value)}")


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_in_words(part)}" for name, part in value.items())
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "none" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _optimised(result: "OptimisedStock") -> dict[str, Any]:
    policy = result.policy
    return {
        "system": result.system.name,
        "allocation": str(policy.allocation),
        "base_stock": policy.level.tolist(),
        "reserve": None if policy.reserve is None else policy.reserve.max(axis=1).tolist(),
        "value": {"mean": float(result.value.mean), "se": float(result.value.se)},
        "order_fill_rate": {"mean": float(result.order_fill_rate.mean), "se": float(result.order_fill_rate.se)},
        "bound": _bound(result.bound),
        "gap": result.gap if math.isfinite(result.gap) else None,
        "certificate": result.certificate,
        "stopped": not result.is_settled,
        "seed": result.seed,
    }


def _bound(found: "Bound") -> dict[str, Any]:
    value = found.value if math.isfinite(found.value) else None
    return {"value": value, "se": found.error, "method": found.method, "holds_for": found.holds_for}


stock.add_command(decouple)

commands = {"stock": stock}
