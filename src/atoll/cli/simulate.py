"""The command `atoll simulate`: what a stocking policy costs and which service it gives."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atoll.cli import Command, write_document

if TYPE_CHECKING:
    from atoll.model.system import AssemblySystem
    from atoll.simulate import Policy, Simulation

FILE = click.Path(exists=True, allow_dash=True, path_type=Path)


def whole_numbers(text: str | None, option: str) -> list[int]:
    """The whole numbers of ``4,3,3``."""
    try:
        return [int(part) for part in (text or "").split(",")]
    except ValueError:
        raise click.UsageError(f"Expected whole numbers such as {option} 4,3,3, got {text!r}.") from None


@click.command(
    "simulate",
    cls=Command,
    examples=[
        ("atoll simulate shop.json --base-stock 4,3,3 --replications 4000 --seed 1", "what these levels cost and serve"),
        ("atoll simulate shop/ --base-stock 14,13,23 --allocation priority --json", "another allocation rule; for programs"),
    ],
)
@click.argument("file", type=FILE)
@click.option("--base-stock", required=True, metavar="LEVELS", help="A level for each component, such as 4,3,3.")
@click.option("--lot", metavar="LOTS", help="Lot sizes; the reorder point of each component is its level minus its lot.")
@click.option("--reserve", metavar="UNITS", help="Units that must stay of each component when an order of a product is served.")
@click.option(
    "--allocation",
    default="fcfs",
    show_default=True,
    type=click.Choice(["fcfs", "no-holdback", "priority", "tracking"]),
    help="Who gets what several orders wait for.",
)
@click.option(
    "--accounting",
    default="exact",
    show_default=True,
    type=click.Choice(["exact", "simopt"]),
    help="Stock by the integral over time, or as the SimOpt benchmark counts it.",
)
@click.option("--replications", default=100, show_default=True, type=click.IntRange(1), help="Independent replications.")
@click.option("--batches", default=1, show_default=True, type=click.IntRange(1), help="Batches of each replication.")
@click.option("--warm-up", type=click.FloatRange(0), help="Time that is left out; fits the lead times by default.")
@click.option("--horizon", type=click.FloatRange(0, min_open=True), help="Time of each replication, warm-up included.")
@click.option("--window", "promised", default=0.0, show_default=True, type=click.FloatRange(0), help="Promised response time.")
@click.option("--system", "name", help="Which system, where the file holds several.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="Processes; results do not depend on it.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Seed of all random numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def simulate(file: Path, name: str | None, workers: int, as_json: bool, **options: Any) -> None:
    """Simulate the assemble-to-order system in FILE under a stocking policy.

    FILE is a case in JSON, a problem folder of CSV files, or - for standard input.
    """
    from time import perf_counter

    from atoll.io.stocking import read_systems

    system = chosen(read_systems(file), name)
    start = perf_counter()
    result = simulated(system, policy_of(system, options), options, workers)
    document = described(result) | {"seconds": round(perf_counter() - start, 3)}
    if as_json:
        write_document(document)
    else:
        tell(document)


def chosen(systems: "tuple[AssemblySystem, ...]", name: str | None) -> "AssemblySystem":
    """The system of a name, or the only one."""
    found = [system for system in systems if name in (None, system.name)]
    if len(found) != 1:
        names = ", ".join(system.name for system in systems)
        raise click.UsageError(f"Choose one of the systems in the file with --system: {names}.")
    return found[0]


def policy_of(system: "AssemblySystem", options: Mapping[str, Any]) -> "Policy":
    """The policy that the options describe."""
    import numpy as np

    from atoll.model.system import MOST_UNITS
    from atoll.simulate import Allocation, BadPolicy, Policy

    level = whole_numbers(options["base_stock"], "--base-stock")
    lot = whole_numbers(options["lot"], "--lot") if options["lot"] else [1] * len(level)
    kept = whole_numbers(options["reserve"], "--reserve") if options["reserve"] else [0] * len(system.products)
    if max(map(abs, level + lot + kept)) > MOST_UNITS:
        raise BadPolicy(reason=f"levels, lots and reserves are at most {MOST_UNITS}.")
    if len(kept) != len(system.products):
        raise BadPolicy(reason=f"{len(kept)} reserves for {len(system.products)} products.")
    reserve = np.repeat(np.array(kept)[:, None], len(system.components), axis=1) if any(kept) else None
    return Policy(np.array(level), Allocation(options["allocation"]), np.array(lot), reserve=reserve)


def simulated(system: "AssemblySystem", policy: "Policy", options: Mapping[str, Any], workers: int) -> "Simulation":
    """Run the experiment that the options describe."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from atoll.model.system import Window
    from atoll.simulate import Accounting, Experiment
    from atoll.simulate.experiment import usual_window

    usual = system.window or usual_window(system)
    warm_up = usual.warm_up if options["warm_up"] is None else options["warm_up"]
    horizon = options["horizon"] or (usual.end - usual.warm_up + warm_up)
    if horizon <= warm_up:
        raise click.UsageError(f"Expected a --horizon after the warm-up of {warm_up:g}, got {horizon:g}.")
    experiment = Experiment(
        system,
        options["replications"],
        options["seed"],
        window=Window(warm_up, horizon),
        batches=options["batches"],
        promised=options["promised"],
        accounting=Accounting(options["accounting"]),
    )
    if workers == 1:
        return experiment.run(policy)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        return experiment.run(policy, executor)


def described(result: "Simulation") -> dict[str, Any]:
    """All figures of a simulation, as a document."""
    system = result.system
    products = {
        name: {
            "order_fill_rate": figure(fill),
            "window_service": figure(service),
            "response_time": figure(time),
            "response_quantiles": {share: figure(value) for share, value in zip(SHARES, quantiles, strict=True)},
        }
        for name, fill, service, time, quantiles in zip(
            system.products,
            result.order_fill_rates.mean,
            result.window_services.mean,
            result.response_times.mean,
            [result.response_quantiles(tuple(map(float, SHARES)), k) for k in range(len(system.products))],
            strict=True,
        )
    }
    quantiles = result.response_quantiles(tuple(map(float, SHARES)))
    return {
        "system": system.name,
        "value": {"is": "profit" if result.is_profit else "cost"} | estimate(result.value),
        "costs": {
            "holding": estimate(result.holding_cost),
            "backorder": estimate(result.backorder_cost),
            "lost": estimate(result.lost_cost),
        },
        "service": {
            "order_fill_rate": estimate(result.order_fill_rate),
            "window": result.promised,
            "window_service": estimate(result.window_service),
            "response_time": estimate(result.response_time),
            "response_quantiles": {share: figure(value) for share, value in zip(SHARES, quantiles, strict=True)},
            "lost": estimate(result.lost_share),
        },
        "products": products,
        "inventory": dict(zip(system.components, map(figure, result.inventory.mean), strict=True)),
        "base_stock": dict(zip(system.components, result.policy.level.tolist(), strict=True)),
        "replications": result.replications,
        "seed": result.seed,
        "accounting": str(result.accounting),
        "notes": list(result.notes),
    }


SHARES = ("0.5", "0.9", "0.95", "0.99")


def figure(value: Any) -> float | None:
    """A number for JSON, which has none for those that are not known."""
    from math import isfinite

    return round(float(value), 6) if isfinite(value) else None


def estimate(found: Any) -> dict[str, float | None]:
    """Mean and standard error."""
    return {"mean": figure(found.mean), "se": figure(found.se)}


def tell(document: Mapping[str, Any]) -> None:
    """The main figures in words; notes on standard error."""
    rows = {document["value"]["is"]: document["value"], **document["costs"]}
    rows |= {name: found for name, found in document["service"].items() if isinstance(found, dict) and "mean" in found}
    for name, found in rows.items():
        if found["mean"] is not None:
            error = "" if found["se"] is None else f" ± {found['se']:.4g}"
            click.echo(f"{name.replace('_', ' '):<18} {found['mean']:.6g}{error}")
    for note in document["notes"]:
        click.echo(note, err=True)


commands = {"simulate": simulate}
