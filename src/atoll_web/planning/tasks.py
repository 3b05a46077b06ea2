"""Background work of planning: runs that people ask for, and the evening's own."""

from procrastinate.contrib.django import app

from atoll_web.accounts.acting import Actor, acting, actor_now
from atoll_web.accounts.models import Company
from atoll_web.accounts.services import system_user
from atoll_web.catalogue.snapshot import calendar_of
from atoll_web.planning import services
from atoll_web.planning.services import stocking
from atoll_web.runs import services as runs
from atoll_web.runs import states
from atoll_web.runs.models import Run

EVENING = "0 18 * * *"
"""When planning runs by itself, as cron writes it; UTC."""


def request_plan(*, actor: Actor) -> Run:
    """Ask for a planning run, which the worker takes up as soon as it can."""
    with acting(actor):  # the run and its job are written together, or neither is
        run = services.request_plan(actor=actor)
        plan.defer(run_id=run.pk)
    return run


# The lock lets only one planning run work at a time: each discards the proposals of the one before.
@app.task(name="planning.plan", lock="planning")
def plan(run_id: int) -> None:
    """Carry out a planning run on behalf of the user who asked for it, unless it was cancelled or done meanwhile."""
    run = Run.objects.select_related("created_by").get(pk=run_id)
    actor = actor_now(run.created_by, "planning run")
    if run.state == states.RUNNING:  # nobody works on it, since this job holds the lock: its worker died
        run = runs.take_up_again(actor=actor, run=run)
    if run.state == states.QUEUED:
        services.plan(actor=actor, run=run)


def request_optimisation(*, actor: Actor, service: float, window: float, holding_rate: float, seed: int) -> Run:
    """Ask for optimised stock levels, which the worker finds as soon as it can."""
    with acting(actor):
        run = stocking.request_optimisation(actor=actor, service=service, window=window, holding_rate=holding_rate, seed=seed)
        optimise.defer(run_id=run.pk)
    return run


@app.task(name="planning.optimise", lock="stock optimisation")
def optimise(run_id: int) -> None:
    """Carry out an optimisation on behalf of the user who asked for it, unless it was cancelled or done meanwhile."""
    run = Run.objects.select_related("created_by").get(pk=run_id)
    actor = actor_now(run.created_by, "stock optimisation")
    if run.state == states.RUNNING:  # its worker died, as for planning runs
        run = runs.take_up_again(actor=actor, run=run)
    if run.state == states.QUEUED:
        stocking.optimise(actor=actor, run=run)


@app.periodic(cron=EVENING)
@app.task(name="planning.plan_evening")
def plan_evening(timestamp: int) -> None:
    """Ask for the evening's planning run on every working day.

    There is none without a company, and none in a demonstration, whose date stands still.
    """
    company = Company.objects.first()
    if company is None or company.business_date is not None:
        return
    actor = actor_now(system_user(), "the evening's planning run")
    if calendar_of(company).works(actor.today):
        request_plan(actor=actor)
