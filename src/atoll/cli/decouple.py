"""The command `atoll stock decouple`: which stages of a supply network hold stock."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atoll.cli import Command, write_document

if TYPE_CHECKING:
    from atoll.model.network import SupplyNetwork
    from atoll.stocking.decoupling import DecouplingPlan


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

    begin, effort, asked = perf_counter(), Effort(starts=starts), sorted(set(promises))
    network = service_network(read_network(file), holding_rate=holding_rate)
    if asked:
        plans = sweep_promise(network, asked, effort=effort, seed=seed)
    else:
        plans = (find_decoupling_points(network, effort=effort, seed=seed),)
    if as_json:
        documents = [document(plan) for plan in plans]
        sweep = [{"promise": promise} | plan for promise, plan in zip(asked, documents, strict=False)]
        write_document(({"sweep": sweep} if asked else documents[0]) | {"seconds": round(perf_counter() - begin, 3)})
    else:
        tell(asked, plans)


def read_network(file: Path) -> "SupplyNetwork":
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
        "built_ahead": plan.built_ahead,
        "service_times": dict(zip(plan.network.names, plan.service_time.round(6).tolist(), strict=True)),
        "net_replenishment_times": dict(zip(plan.network.names, plan.net_replenishment_time.round(6).tolist(), strict=True)),
    }


def tell(promises: "list[float]", plans: "tuple[DecouplingPlan, ...]") -> None:
    """Plans in words; without promises the one plan with its stages."""
    for number, plan in enumerate(plans):
        begin = f"promise {promises[number]:g}: " if promises else ""
        click.echo(
            f"{begin}safety stock costs {plan.cost:,.2f}, at most {plan.gap:.2%} of it too much; "
            f"{len(plan.stocked)} of {len(plan.network.names)} stages hold stock"
        )
    if not promises:
        for name in plans[0].stocked:
            click.echo(f"  {name}{', built ahead' if name in plans[0].built_ahead else ''}")
