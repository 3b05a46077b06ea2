"""Background work of the catalogue: product models are compiled when they are released, and when their form no longer fits; the
capacity calendar goes on with the clock.
"""

from datetime import date

from procrastinate.contrib.django import app

from atoll_web.accounts.acting import Actor, acting, actor_now
from atoll_web.accounts.models import Company
from atoll_web.accounts.services import system_user
from atoll_web.catalogue import compiling, services
from atoll_web.catalogue.models import Revision
from atoll_web.runs import services as runs
from atoll_web.runs import states
from atoll_web.runs.models import Run

LOOK_FOR_MISSING = "*/5 * * * *"
"""When forms are looked for that are missing or no longer fit, as cron writes it."""


KEEP_CALENDAR = "1 * * * *"
"""When the calendar is kept, as cron writes it: every hour, so that a worker which was not there at midnight comes in time."""


def release(*, actor: Actor, revision: Revision, valid_from: date | None = None) -> Revision:
    """Release a revision, as `services.release_revision` does, and ask for its compiled forms."""
    with acting(actor):
        released = services.release_revision(actor=actor, revision=revision, valid_from=valid_from)
        for wanted in compiling.wanted_of(released, actor.today):
            request_form(actor=actor, wanted=wanted)
    return released


def request_form(*, actor: Actor, wanted: compiling.Wanted) -> Run:
    """Ask for a compiled form, which the worker makes as soon as it can."""
    with acting(actor):  # the run and its job are written together, or neither is
        run = compiling.request(actor=actor, wanted=wanted)
        compile_form.defer(run_id=run.pk)
    return run


def request_missing(*, actor: Actor) -> list[Run]:
    """Ask for all forms that are missing."""
    return [request_form(actor=actor, wanted=wanted) for wanted in list(compiling.missing(actor.today))]


# The lock lets only one compilation work at a time, which leaves the other processors to those who configure.
@app.task(name="catalogue.compile", lock="compilation")
def compile_form(run_id: int) -> None:
    """Carry out a compilation on behalf of the user who asked for it, unless it was cancelled or done meanwhile."""
    run = Run.objects.select_related("created_by").get(pk=run_id)
    actor = actor_now(run.created_by, "compilation of a product model")
    if run.state == states.RUNNING:  # nobody works on it, since this job holds the lock: its worker died
        run = runs.take_up_again(actor=actor, run=run)
    if run.state == states.QUEUED:
        compiling.make(actor=actor, run=run)


@app.periodic(cron=LOOK_FOR_MISSING)
@app.task(name="catalogue.compile_missing")
def compile_missing(timestamp: int) -> None:
    """Ask for the forms that are missing: other rules hold, bills or items changed, or what was kept cannot be read."""
    if Company.objects.exists():
        request_missing(actor=actor_now(system_user(), "a compiled form was missing"))


@app.periodic(cron=KEEP_CALENDAR)
@app.task(name="catalogue.keep_calendar")
def keep_calendar(timestamp: int) -> None:
    """Let the capacity calendar reach the company's horizon."""
    if Company.objects.exists():
        services.extend_calendar(actor=actor_now(system_user(), "the calendar goes on"))
