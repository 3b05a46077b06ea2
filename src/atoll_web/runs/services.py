"""Use cases of runs: every computation is a row from request to result."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from atoll.errors import AtollError
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.runs import states
from atoll_web.runs.models import Run

Report = Callable[[float, str], bool]
"""Tells how far a computation is (0 to 1, and words); the answer is whether to go on."""


class NotCancellable(AtollError):
    """Run {run} is {state}; only a queued or running one can be cancelled."""


@begun_again_after_deadlock
def create(*, actor: Actor, kind: str, parameters: Mapping[str, Any], seed: int | None = None) -> Run:
    """Ask for a computation."""
    with acting(actor):
        return Run.objects.create(kind=kind, parameters=dict(parameters), seed=seed, created_by=actor.user, created_at=actor.at)


def carry_out(*, actor: Actor, run: Run, work: Callable[[Report], Mapping[str, Any]], input_version: str = "") -> Run:
    """Do the work of a run and keep its result, or why it failed.

    Parameters
    ----------
    work
        Gets a `Report` and returns the result as a JSON-able mapping. When the report answers false, it should return what it
        has.

    Raises
    ------
    Exception
        Whatever the work raised, after the run was marked as failed.
    """
    with acting(actor):
        run.state, run.started_at, run.input_version = states.RUNNING, datetime.now(UTC), input_version
        run.save(update_fields=["state", "started_at", "input_version"])
    try:
        result = work(lambda share, words: report(run, share, words))
    except BaseException as error:
        _end(actor, run, states.FAILED, message=str(error) or type(error).__name__)
        raise
    run.refresh_from_db(fields=["cancel_requested"])
    _end(actor, run, states.CANCELLED if run.cancel_requested else states.DONE, result=dict(result))
    return run


@begun_again_after_deadlock
def _end(actor: Actor, run: Run, state: str, **fields: Any) -> None:
    fields |= {"state": state, "ended_at": datetime.now(UTC), "progress": 1 if state == states.DONE else run.progress}
    for name, value in fields.items():
        setattr(run, name, value)
    with acting(actor):
        run.save(update_fields=list(fields))


def report(run: Run, share: float, words: str) -> bool:
    """Note how far a run is; false when somebody asked for it to stop."""
    Run.objects.filter(pk=run.pk).update(progress=min(max(share, 0.0), 1.0), message=words)
    run.progress, run.message = share, words
    return not Run.objects.filter(pk=run.pk, cancel_requested=True).exists()


def take_up_again(*, actor: Actor, run: Run) -> Run:
    """Queue a run anew whose worker died in the middle of it."""
    with acting(actor):
        run.state, run.started_at, run.progress, run.message = states.QUEUED, None, 0, ""
        run.save(update_fields=["state", "started_at", "progress", "message"])
    return run


@begun_again_after_deadlock
def cancel(*, actor: Actor, run: Run) -> Run:
    """Ask a run to stop; one that has not begun is cancelled at once."""
    with acting(actor):
        row = Run.objects.select_for_update().get(pk=run.pk)
        if row.state not in {states.QUEUED, states.RUNNING}:
            raise NotCancellable(run=row.pk, state=row.state)
        row.cancel_requested = True
        if row.state == states.QUEUED:
            row.state = states.CANCELLED
        row.save(update_fields=["cancel_requested", "state"])
    return row
