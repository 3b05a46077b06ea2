"""The command `atoll stock decouple`: which stages of a supply network hold stock."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atoll.cli import Command, write_document

if TYPE_CHECKING:
    from atoll.stocking.decoupling import DecouplingPlan
    from atoll.stocking.service_network import ServiceNetwork


@click.command(
    "decouple",
    cls=Command,
    examples=[
        ("atoll stock decouple chain.json", "what to build ahead, and what safety stock costs then"),
        ("atoll stock decouple chain.json --promise 0 --promise 5 --promise 10 --json", "what a longer promise saves"),
    ],
)
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--promise", "promises", multiple=True, type=click.FloatRange(0), help="Promise customers so long; repeat to compare."
)
@click.option("--holding-rate", default=0.2, show_default=True, type=click.FloatRange(0, min_open=True), help="Share of worth.")
@click.option("--starts", default=12, show_default=True, type=click.IntRange(1), help="Beginnings of the search.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def decouple(file: Path, promises: tuple[float, ...], holding_rate: float, starts: int, seed: int, as_json: bool) -> None:
    """Find the decoupling points of the supply network in FILE: the stages that hold stock, by guaranteed service.

    FILE is a network in JSON, with stages and arcs. Without --promise, customers are promised what the file says.
    """
    from time import perf_counter

    from atoll.stocking.decoupling import Effort, find_decoupling_points, sweep_promise
    from atoll.stocking.service_network import service_network

    begin, effort = perf_counter(), Effort(starts=starts)
    network = service_network(read_network(file), holding_rate=holding_rate)
    if promises:
        asked = sorted(set(promises))
        plans = sweep_promise(network, asked, effort=effort, seed=seed)
        answer: dict[str, Any] = {
            "sweep": [{"promise": promise} | document(plan) for promise, plan in zip(asked, plans, strict=True)]
        }
    else:
        plans = (find_decoupling_points(network, effort=effort, seed=seed),)
        answer = document(plans[0])
    if as_json:
        write_document(answer | {"seconds": round(perf_counter() - begin, 3)})
    else:
        tell(network, promises and sorted(set(promises)), plans)


def read_network(file: Path) -> Any:
    """The supply network in a file.

    Raises
    ------
    BadInput
        Also if the file is a case of another kind.
    """
    from atoll.errors import BadInput, Issue
    from atoll.io.stocking import read_case
    from atoll.model.network import SupplyNetwork

    case = read_case(file)
    if not isinstance(case, SupplyNetwork):
        hint = "A supply network is an object with `stages` and `arcs`."
        raise BadInput([Issue(file.name, "other-kind", "The file holds no supply network.", hint)])
    return case


def document(plan: "DecouplingPlan") -> dict[str, Any]:
    """A plan for programs."""
    return {
        "cost": plan.cost,
        "bound": plan.bound,
        "gap": plan.gap,
        "stocked": plan.stocked,
        "service_times": dict(zip(plan.network.names, plan.service_time.round(6).tolist(), strict=True)),
        "net_replenishment_times": dict(zip(plan.network.names, plan.net_replenishment_time.round(6).tolist(), strict=True)),
    }


def tell(network: "ServiceNetwork", promises: "tuple[float, ...] | list[float]", plans: "tuple[DecouplingPlan, ...]") -> None:
    """Plans in words."""
    for number, plan in enumerate(plans):
        begin = f"promise {promises[number]:g}: " if promises else ""
        click.echo(
            f"{begin}safety stock costs {plan.cost:,.2f}, at most {plan.gap:.2%} above the least; "
            f"{len(plan.stocked)} of {len(network.names)} stages hold stock"
        )
    if not promises:
        for name in plans[0].stocked:
            click.echo(f"  {name}")
