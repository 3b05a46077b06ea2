"""What is clear to build, and proposals of kits across orders."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from atoll_web.accounts.acting import business_time
from atoll_web.assembly import services
from atoll_web.assembly.api import AssemblyOut, assemblies_of
from atoll_web.assembly.models import FinalAssemblyOrder
from atoll_web.assembly.record import clear_to_build_record
from atoll_web.assembly.services import HORIZON_DAYS, MOST_DAYS, MOST_HOURS, KitRule
from atoll_web.door import Input, NotFound, actor_for, answers
from atoll_web.once import Repeatable, once
from atoll_web.runs.models import Run

router = Router()


class LineToBuildOut(Schema):
    """A confirmed line that waits for its kit."""

    line: str
    customer: str
    model: str
    quantity: int
    assembly: date = Field(description="First day of assembly")
    promised: date
    group: str = Field(description="clear, short by one item, or short")
    missing: dict[str, int] = Field(description="Units that its kit lacks, by item")


class ComingOut(Schema):
    """An open purchase order of a component."""

    order: str
    due: date


class ReleasingOut(Schema):
    """Units of an item that would release waiting lines by themselves."""

    item: str
    units: int
    cost: str = Field(description="Of what is bought")
    lines: list[str]
    build: dict[str, int] = Field(description="Units to build by item, from what is bought and what is there")
    buy: dict[str, int] = Field(description="Units to buy by item, down to what suppliers sell")
    purchases: list[ComingOut]


class ShoppingOut(Schema):
    """What to buy together within the budget, and what it releases."""

    units: dict[str, int] = Field(description="Units to buy by item, down to what suppliers sell")
    build: dict[str, int] = Field(description="Units to build by item, from what is bought and what is there")
    cost: str
    lines: list[str]
    bound: int = Field(description="No purchase of the budget releases more lines")


class ClearToBuildOut(Schema):
    """Waiting lines by what they lack, and what would release more of them."""

    within_days: int = Field(description="Days within which the assembly of these lines begins; later ones are left out")
    lines: list[LineToBuildOut]
    releasing_most: list[ReleasingOut]
    best_purchase: ShoppingOut | None


class KitRuleIn(Input):
    """How lines are chosen to get their kits."""

    by: str = Field("due", description="entry, due, priority; or orders, units, margin, margin per bottleneck hour at their best")
    longest_wait: int | None = Field(
        None,
        ge=0,
        le=MOST_DAYS,
        description=f"Days that a line waits, from its order on or from {HORIZON_DAYS} days before its assembly, until it is not "
        "passed over any more",
    )
    within_days: int = Field(HORIZON_DAYS, ge=0, le=MOST_DAYS, description="Only lines whose assembly begins within so many days")
    line: str = Field("", description="Code of the bottleneck")
    hours: float | None = Field(None, gt=0, le=MOST_HOURS, description="Hours that the bottleneck has")


class ProposedLineOut(Schema):
    """A line that would be released."""

    line: str
    customer: str
    model: str
    quantity: int
    assembly: date
    promised: date
    waited_days: int = Field(description=f"Since its order, or since {HORIZON_DAYS} days before its assembly")
    margin: str


class RepeggedOut(Schema):
    """Units of another line that would come from a later supply, by its day of assembly; its promise stays."""

    line: str
    customer: str
    item: str
    units: int
    rests_on: str
    due: date
    assembly: date
    promised: date


class KitProposalOut(Schema):
    """Who would get their kits. Nothing has changed."""

    id: int = Field(description="Of the run")
    rule: dict[str, Any]
    waiting: int = Field(description="Lines that were asked")
    value: float
    bound: float = Field(description="No choice is worth more; of a rule, the number of lines")
    proven: str = Field(description="by rule, optimal or limit")
    lines_by_rule: dict[str, int]
    release: list[ProposedLineOut]
    repegged: list[RepeggedOut]


class ClearQuery(Schema):
    """What to ask for."""

    by: str = Field("due", description="entry, due or priority: who is asked first; or what is best together")
    within_days: int = Field(HORIZON_DAYS, ge=0, le=MOST_DAYS, description="Only lines whose assembly begins within so many days")
    budget: float | None = Field(None, ge=0, description="For the best purchase, in the company's currency")


@router.get("/clear-to-build", response=answers(ClearToBuildOut))
def clear_to_build(request: HttpRequest, asked: Query[ClearQuery]) -> dict[str, Any]:
    """List confirmed lines by what their kits lack, whatever their pegs rest on, without making any promise worse."""
    return clear_to_build_record(services.clear_to_build(today=business_time().date(), **asked.dict()))


@router.post("/kit-proposals", response=answers(KitProposalOut, 201))
def propose_kits(request: HttpRequest, payload: KitRuleIn) -> Status[dict[str, Any]]:
    """Choose the lines that get their kits. Nothing changes before the proposal is applied."""
    run = services.propose_kits(actor=actor_for(request, "release"), rule=KitRule(**payload.dict()))
    return Status(201, _proposed(run))


@router.get("/kit-proposals/{proposal}", response=answers(KitProposalOut))
def get_kit_proposal(request: HttpRequest, proposal: int) -> dict[str, Any]:
    """Show a proposal."""
    return _proposed(_run(proposal))


@router.post("/kit-proposals/{proposal}/apply", response=answers(list[AssemblyOut], 201))
@once
def apply_kits(request: HttpRequest, proposal: int, payload: Repeatable | None = None) -> Status[list[FinalAssemblyOrder]]:
    """Release all lines of a proposal, or none where their kits are no longer there together."""
    actor = actor_for(request, "release", f"kits of proposal {proposal}")
    return Status(201, assemblies_of(services.apply_kits(actor=actor, run=_run(proposal))))


def _proposed(run: Run) -> dict[str, Any]:
    return {"id": run.pk, "rule": run.parameters, **run.result}


def _run(proposal: int) -> Run:
    found = Run.objects.filter(pk=proposal, kind=services.KIND, result__isnull=False).first()
    if found is None:
        raise NotFound(what="kit proposal", name=proposal, where="GET /api/v1/runs")
    return found
