"""Invariant 6: every computation is a run; one that is done has its result."""

from datetime import timedelta

import pytest
from django.db import connection

from atoll_web.accounts.acting import acting
from atoll_web.runs import states
from atoll_web.runs.models import Run


@pytest.fixture
def run(workshop) -> Run:
    """A run that is under way."""
    actor = workshop.actor
    with acting(actor):
        run = Run.objects.create(kind="replenishment", created_by=actor.user, created_at=actor.at)
        Run.objects.filter(pk=run.pk).update(state=states.RUNNING, started_at=actor.at)
    return run


@pytest.mark.parametrize("result", ["NULL", "'null'"])
def test_a_run_is_not_done_without_a_result(run, workshop, refused, result):
    query = f"UPDATE runs_run SET state = 'done', progress = 1, ended_at = now(), result = {result}"
    with refused("run_done_has_result"), acting(workshop.actor):
        connection.cursor().execute(query)


def test_a_run_is_not_done_half_way(run, workshop, refused):
    with refused("run_done_has_result"), acting(workshop.actor):
        Run.objects.update(state=states.DONE, progress=0.5, ended_at=workshop.actor.at, result={"units": 1})


def test_a_run_that_ended_says_when(run, workshop, refused):
    with refused("run_ends_when_it_has_ended"), acting(workshop.actor):
        Run.objects.update(state=states.FAILED, message="no forecast")


def test_a_run_does_not_end_before_it_begins(run, workshop, refused):
    with refused("run_ends_when_it_has_ended"), acting(workshop.actor):
        Run.objects.update(state=states.FAILED, ended_at=workshop.actor.at - timedelta(minutes=1))


def test_a_run_that_goes_on_has_not_ended(run, workshop, refused):
    with refused("run_ends_when_it_has_ended"):
        Run.objects.update(ended_at=workshop.actor.at)


def test_a_run_that_began_says_when(run, refused):
    with refused("run_that_began_has_a_beginning"):
        Run.objects.update(started_at=None)


@pytest.mark.parametrize("progress", [-0.1, 1.1])
def test_progress_is_a_share(run, refused, progress):
    with refused("run_progress_is_a_share"):
        Run.objects.update(progress=progress)


def test_a_run_ends_with_its_result(run, workshop):
    with acting(workshop.actor):
        assert Run.objects.update(state=states.DONE, progress=1, ended_at=workshop.actor.at, result={"units": 1}) == 1
