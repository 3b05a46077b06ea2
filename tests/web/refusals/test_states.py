"""Invariant 7: states change through the pairs of `states.py` only, with the acting user recorded."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model

from atoll_web.accounts.acting import Actor, acting
from atoll_web.accounts.models import StateChange, User
from atoll_web.assembly.models import BuildOrder, FinalAssemblyOrder
from atoll_web.catalogue.models import Revision
from atoll_web.invariants.journal import MACHINES
from atoll_web.planning.models import PlannedOrder
from atoll_web.purchasing.models import PurchaseOrder, Supplier
from atoll_web.runs.models import Run
from atoll_web.sales.models import Order, OrderLine, Proposal
from atoll_web.stock.models import Demand

AT, DAY = datetime(2026, 3, 2, 12, tzinfo=UTC), date(2026, 3, 2)

ALSO: dict[tuple[type[Model], str], dict[str, Any]] = {
    (Run, "queued"): {"ended_at": None},
    (Run, "running"): {"started_at": AT, "ended_at": None},
    (Run, "done"): {"started_at": AT, "ended_at": AT, "progress": 1, "result": {}},
    (Run, "failed"): {"started_at": AT, "ended_at": AT},
    (Order, "quoted"): {"expires_at": AT},
    (OrderLine, "shipped"): {"shipped_on": DAY},
    (Proposal, "proposed"): {"days_late": 0, "bound": 0},
    (Proposal, "applied"): {"days_late": 0, "bound": 0},
}
"""What else a row must say in a state."""


def new(model: type[Model], workshop) -> Model:
    """A row of the model in the state in which it starts."""
    if model in (Order, OrderLine):
        line = workshop.order_line(Demand.objects.create(kind="order line", need_date=DAY))
        return line if model is OrderLine else line.order
    fields = {
        Run: lambda: {"kind": "replenishment", "created_by": workshop.actor.user, "created_at": AT},
        Revision: lambda: {
            "product_model": workshop.revision.product_model,
            "name": "B",
            "document": {},
            "digest": "b",
            "valid_from": DAY,
            "valid_until": DAY,
        },
        PurchaseOrder: lambda: {
            "number": "PO-1",
            "supplier": Supplier.objects.create(code="s1", name="Supplier"),
            "ordered_at": AT,
        },
        FinalAssemblyOrder: lambda: {"number": "FA-1", "order_line": workshop.released_line(), "released_at": AT},
        BuildOrder: lambda: {
            "number": "BO-1",
            "item": workshop.items["kit"],
            "quantity": 1,
            "supply": workshop.supply("kit", 1, DAY, "build"),
            "made_at": AT,
        },
        Proposal: lambda: {"run": new(Run, workshop), "policy": "keep", "weighing": "priority"},
        PlannedOrder: lambda: {
            "run": new(Run, workshop),
            "item": workshop.items["kit"],
            "kind": "build",
            "quantity": 1,
            "due": DAY,
        },
    }
    return model.objects.create(**fields[model]())


def change(row: Model, state: str) -> None:
    type(row).objects.filter(pk=row.pk).update(state=state, **ALSO.get((type(row), state), {}))


def put(row: Model, state: str) -> None:
    """Bring the row into a state while no trigger looks."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        change(row, state)
        cursor.execute("SET session_replication_role = origin")


def last_change(row: Model) -> StateChange:
    return StateChange.objects.filter(entity=row._meta.db_table, entity_id=row.pk).latest("id")


def pairs(*, allowed: bool) -> list[Any]:
    return [
        pytest.param(model, before, after, id=f"{model.__name__} from {before} to {after}")
        for model, before, after in all_pairs()
        if ((before, after) in MACHINES[model][1]) is allowed
    ]


def all_pairs() -> Iterator[tuple[type[Model], str, str]]:
    for model in MACHINES:
        names = [state for state, _ in model._meta.get_field("state").choices]
        yield from ((model, before, after) for before in names for after in names if before != after)


@pytest.mark.parametrize(("model", "before", "after"), pairs(allowed=False))
def test_a_change_outside_the_pairs_is_refused(workshop, refused, commit, model, before, after):
    with acting(workshop.actor):
        row = new(model, workshop)
        commit()
        put(row, before)
        with refused(f"cannot go from {before} to {after}"):
            change(row, after)


@pytest.mark.parametrize(("model", "before", "after"), pairs(allowed=True))
def test_a_change_along_a_pair_is_recorded(workshop, commit, model, before, after):
    with acting(Actor(workshop.actor.user, AT, "because")):
        row = new(model, workshop)
        commit()
        put(row, before)
        with transaction.atomic():
            change(row, after)
            entry = last_change(row)
            transaction.set_rollback(True)  # a line would need its promise now
    assert (entry.from_state, entry.to_state, entry.user, entry.at, entry.reason) == (
        before,
        after,
        workshop.actor.user,
        AT,
        "because",
    )


@pytest.mark.parametrize("model", MACHINES, ids=lambda model: model.__name__)
def test_a_row_starts_in_its_first_state(workshop, refused, model):
    starts, _ = MACHINES[model]
    with acting(workshop.actor):
        row = new(model, workshop)
        assert last_change(row).to_state in starts
        later = next(state for state, _ in model._meta.get_field("state").choices if state not in starts)
        row.pk, row.state = None, later
        with refused("cannot start in state"):
            row.save()


@pytest.mark.parametrize("model", MACHINES, ids=lambda model: model.__name__)
def test_a_change_without_an_acting_user_is_refused(workshop, refused, model):
    with acting(workshop.actor):
        row = new(model, workshop)
    nobody_acts()
    before, after = min(pair for pair in MACHINES[model][1] if pair[0] == row.state)
    with refused('null value in column "user_id"'):
        change(row, after)
    row.refresh_from_db()
    assert row.state == before


def nobody_acts() -> None:
    """The test is one transaction, at whose end the setting would be gone anyway."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('atoll.user', '', true)")


def test_the_acting_user_is_forgotten_with_the_transaction(open_workshop, refused):
    with acting(open_workshop.actor):
        row = new(Run, open_workshop)
    with refused("null value in column"):
        change(row, "running")


def test_who_acted_before_acts_again_after_somebody_else(workshop):
    ben = User.objects.create(username="ben")
    with acting(workshop.actor):
        with acting(Actor(ben, AT)):
            theirs = new(Run, workshop)
        ours = new(Run, workshop)
    assert (last_change(theirs).user, last_change(ours).user) == (ben, workshop.actor.user)


def test_a_user_who_does_not_exist_cannot_act(open_workshop, refused):
    with refused("user names a row of accounts_user that is not there"), acting(Actor(User(pk=987), AT)):
        Run.objects.create(kind="replenishment", created_by=open_workshop.actor.user, created_at=AT)


def test_the_journal_is_append_only(workshop, refused):
    workshop.order_line()
    with refused("refuses to .*update"):
        StateChange.objects.update(to_state="shipped")
    with refused("refuses to .*delete"):
        StateChange.objects.all()._raw_delete("default")


def test_the_journal_is_written_by_triggers_only(workshop, refused):
    with refused("refuses to .*insert"):
        StateChange.objects.create(
            entity="sales_order", entity_id=1, to_state="draft", user=workshop.actor.user, at=AT, recorded_at=AT
        )
