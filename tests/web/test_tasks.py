"""Background work of planning: asked for, carried out once, cancelled, and the evening's own run."""

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from atoll_web.accounts.acting import acting
from atoll_web.accounts.models import Company, User
from atoll_web.accounts.services import create_token, system_user
from atoll_web.planning import tasks
from atoll_web.planning.models import PlannedOrder
from atoll_web.runs import services as runs
from atoll_web.runs.models import Run
from atoll_web.runs.tasks import take_up_again


@pytest.fixture(autouse=True)
def empty_queue(company) -> None:
    """The queue's tables are not Django's, so nobody else empties them between tests."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def work_off_the_queue() -> None:
    """A worker that ends when there is nothing more to do."""
    with app.replace_connector(app.connector.get_worker_connector()) as workers:
        workers.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


@pytest.mark.django_db(transaction=True)
def test_a_plan_asked_for_over_the_api_is_carried_out_by_the_worker(company):
    secret = create_token(user=User.objects.get(username="planner"), name="test").secret
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    asked = client.post("/api/v1/plans", {}, content_type="application/json")
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    assert not PlannedOrder.objects.exists()

    work_off_the_queue()

    run = client.get(f"/api/v1/runs/{asked.json()['id']}").json()
    assert (run["state"], run["progress"], run["created_by"]) == ("done", 1, "planner")
    assert run["result"]["proposals"] == PlannedOrder.objects.filter(state="proposed").count() > 0
    assert ProcrastinateJob.objects.get(task_name="planning.plan").status == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_a_run_cancelled_before_its_turn_is_not_carried_out(company):
    planner = company.actor("planner")
    run = tasks.request_plan(actor=planner)
    runs.cancel(actor=planner, run=run)
    work_off_the_queue()
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert not PlannedOrder.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_later_of_two_runs_discards_the_proposals_of_the_earlier(company):
    planner = company.actor("planner")
    first, second = tasks.request_plan(actor=planner), tasks.request_plan(actor=planner)
    work_off_the_queue()
    assert set(PlannedOrder.objects.filter(run=first).values_list("state", flat=True)) == {"discarded"}
    assert set(PlannedOrder.objects.filter(run=second).values_list("state", flat=True)) == {"proposed"}


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_worker_died_is_taken_up_by_another(company):
    run = tasks.request_plan(actor=company.actor("planner"))
    with acting(company.actor("planner")):
        Run.objects.filter(pk=run.pk).update(state="running", started_at=timezone.now(), progress=0.5)
    with connection.cursor() as cursor:  # as a killed worker leaves it: the job is being done, and nobody does it
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")

    take_up_again.defer(timestamp=0)
    work_off_the_queue()

    run.refresh_from_db()
    assert (run.state, run.progress) == ("done", 1)
    assert PlannedOrder.objects.filter(run=run).exists()


@pytest.mark.django_db
def test_a_request_that_is_taken_back_leaves_neither_run_nor_job(company):
    before = Run.objects.count()
    with transaction.atomic():
        tasks.request_plan(actor=company.actor("planner"))
        transaction.set_rollback(True)
    assert Run.objects.count() == before
    assert not ProcrastinateJob.objects.exists()


@pytest.mark.django_db
def test_no_evening_comes_without_a_company_or_where_its_date_stands_still(company):
    before = Run.objects.count()
    tasks.plan_evening(timestamp=0)
    assert Run.objects.count() == before


@pytest.mark.django_db
def test_the_evening_asks_for_a_plan_as_the_system_on_working_days_only(company):
    Company.objects.update(business_date=None, weekdays=[0, 1, 2, 3, 4, 5, 6])
    tasks.plan_evening(timestamp=0)
    run = Run.objects.first()
    assert (run.kind, run.state, run.created_by) == ("replenishment", "queued", system_user())

    today = run.created_at.weekday()
    Company.objects.update(weekdays=[day for day in range(7) if day not in (today, (today + 1) % 7)])
    tasks.plan_evening(timestamp=0)
    assert Run.objects.first() == run
