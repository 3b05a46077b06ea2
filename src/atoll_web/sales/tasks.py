"""Background work of sales: notices are delivered, quotes expire, new promises are proposed for large order books."""

from collections.abc import Callable, Sequence
from typing import Any

from procrastinate.contrib.django import app

from atoll_web.accounts.acting import Actor, acting, actor_now
from atoll_web.accounts.models import Company
from atoll_web.accounts.services import system_user
from atoll_web.runs import services as runs
from atoll_web.runs import states as run_states
from atoll_web.sales import services, states
from atoll_web.sales.models import Order, OrderLine, Proposal

AT_ONCE = 500
"""Up to so many open lines are promised anew while whoever asked waits; more are left to the worker."""


def request_proposal(*, actor: Actor, lines: Sequence[OrderLine] | None = None, **asked: Any) -> Proposal:
    """Ask for a proposal as `services.ask_proposal` does; that of a small book is computed at once."""
    count = _open_lines() if lines is None else len(lines)
    return _started(actor, lambda: services.ask_proposal(actor=actor, lines=lines, **asked), count)


def request_rush(*, actor: Actor, order: Order) -> Proposal:
    """Ask what a rush order means to all others."""
    return _started(actor, lambda: services.ask_rush(actor=actor, order=order), _open_lines())


def _open_lines() -> int:
    return OrderLine.objects.filter(state__in=states.HOLDING).count()


def _started(actor: Actor, ask: Callable[[], Proposal], lines: int) -> Proposal:
    if lines <= AT_ONCE:
        return services.compute_proposal(actor=actor, proposal=ask())
    with acting(actor):  # the proposal and its job are written together, or neither is
        proposal = ask()
        compute.defer(proposal_id=proposal.pk)
    return proposal


@app.task(name="sales.compute_proposal")
def compute(proposal_id: int) -> None:
    """Compute a proposal on behalf of the user who asked for it, unless its run was cancelled or done meanwhile."""
    proposal = Proposal.objects.select_related("run__created_by").get(pk=proposal_id)
    run = proposal.run
    actor = actor_now(run.created_by, "new promises proposed")
    if run.state == run_states.RUNNING:  # its worker died
        runs.take_up_again(actor=actor, run=run)
    if run.state == run_states.QUEUED:
        services.compute_proposal(actor=actor, proposal=proposal)


@app.task(name="sales.deliver")
def deliver() -> None:
    """Send what is due. The triggers ask for it whenever there is something new."""
    services.deliver_due()


@app.periodic(cron="* * * * *")
@app.task(name="sales.deliver_again")
def deliver_again(timestamp: int) -> None:
    """Every minute: send again what did not arrive, and let quotes expire whose time is over, of which customers are told."""
    if Company.objects.exists():
        services.expire_quotes(actor=actor_now(system_user(), "quotes expire"))
    services.deliver_due()
