"""Invariant 3: a confirmed line has a promise, the promise says what it rests on, a slip marks it; no line day is overbooked."""

from datetime import date

import psycopg
import pytest
from django.db.models import Model

from atoll_web.accounts.acting import acting
from atoll_web.catalogue.models import LineDay
from atoll_web.sales import states
from atoll_web.sales.models import Order, OrderLine, Promise, SlotReservation
from atoll_web.stock import services as stock
from atoll_web.stock.models import Demand, Requirement, Supply

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 3, day) for day in (3, 4, 5, 6))
NEXT_MONDAY = date(2026, 3, 9)


def test_a_line_is_not_confirmed_without_a_promise(workshop, refused):
    line = workshop.order_line(Demand.objects.create(kind="order line", need_date=WEDNESDAY))
    with refused("confirmed without a promise"), acting(workshop.actor):
        OrderLine.objects.filter(pk=line.pk).update(state=states.CONFIRMED)


def test_a_line_is_not_confirmed_without_a_demand(workshop, refused):
    line = workshop.order_line()
    with refused("promised_line_has_a_demand"), acting(workshop.actor):
        OrderLine.objects.filter(pk=line.pk).update(state=states.CONFIRMED)


def test_a_line_is_not_made_as_confirmed_without_a_promise(workshop, refused):
    line = workshop.order_line(Demand.objects.create(kind="order line", need_date=WEDNESDAY))
    other = Demand.objects.create(kind="order line", need_date=WEDNESDAY)
    with refused("made as confirmed without a promise"), acting(workshop.actor):
        line.pk, line.position, line.demand, line.state = None, 2, other, states.CONFIRMED
        line.save(force_insert=True)


def test_the_promise_may_come_after_the_state_in_one_transaction(workshop, commit):
    line = workshop.order_line(Demand.objects.create(kind="order line", need_date=WEDNESDAY))
    with acting(workshop.actor):
        OrderLine.objects.filter(pk=line.pk).update(state=states.CONFIRMED)
        workshop.promise(line)
    commit()
    assert Promise.objects.filter(line=line, in_force=True).count() == 1


def test_the_promise_of_a_confirmed_line_stays_in_force(workshop, refused, commit):
    line = workshop.confirmed_line()
    commit()
    with refused("confirmed without a promise"):
        Promise.objects.filter(line=line).update(in_force=False)


def test_a_new_promise_takes_the_place_of_the_one_before(workshop, commit):
    line = workshop.confirmed_line()
    Promise.objects.filter(line=line).update(in_force=False)
    workshop.promise(line)
    commit()
    assert list(Promise.objects.filter(line=line).order_by("id").values_list("in_force", flat=True)) == [False, True]


def test_a_promise_is_kept_in_history(workshop, refused):
    line = workshop.confirmed_line()
    with refused("refuses to .*delete"):
        Promise.objects.filter(line=line).delete()


@pytest.mark.parametrize("change", [{"ship_date": NEXT_MONDAY}, {"basis": {}}, {"reason": "other"}, {"need_date": TUESDAY}])
def test_what_was_promised_never_changes(workshop, refused, change):
    line = workshop.confirmed_line()
    with refused("refuses to .*update"):
        Promise.objects.filter(line=line).update(**change)


def test_a_line_has_one_promise_in_force(workshop, refused):
    line = workshop.confirmed_line()
    with refused("one_promise_in_force"):
        workshop.promise(line)


def test_of_two_promises_at_once_for_a_line_one_is_refused(open_workshop, rivals):
    line = open_workshop.confirmed_line()
    copied = "line_id, ship_date, need_date, made_at, made_by_id, at_risk, reason, basis"
    promise = f"""
        UPDATE sales_promise SET in_force = false WHERE line_id = {line.pk} AND in_force;
        INSERT INTO sales_promise ({copied}, in_force) SELECT {copied}, true FROM sales_promise WHERE line_id = {line.pk} LIMIT 1
    """
    assert rivals.meet(promise) == [psycopg.errors.UniqueViolation]
    assert Promise.objects.filter(line=line).count() == 2


def test_a_draft_or_cancelled_line_has_no_promise(workshop, refused):
    with refused("line that is not confirmed"):
        workshop.promise(workshop.order_line())
    line = workshop.confirmed_line()
    with refused("has one without being confirmed"), acting(workshop.actor):
        OrderLine.objects.filter(pk=line.pk).update(state=states.CANCELLED)


def test_a_line_that_is_promised_while_another_writer_cancels_it_is_refused(open_workshop, rivals):
    line = open_workshop.confirmed_line()
    copied = "line_id, ship_date, need_date, made_at, made_by_id, at_risk, reason, basis"
    cancel = f"""
        UPDATE sales_orderline SET state = 'cancelled' WHERE id = {line.pk};
        UPDATE sales_promise SET in_force = false WHERE line_id = {line.pk} AND in_force
    """
    promise = f"INSERT INTO sales_promise ({copied}, in_force) SELECT {copied}, true FROM sales_promise WHERE line_id = {line.pk}"
    assert rivals.meet(cancel, promise) == [psycopg.errors.CheckViolation]
    line.refresh_from_db()
    assert line.state == states.CANCELLED


def test_a_promise_says_what_it_rests_on(workshop, refused):
    line = workshop.order_line()
    with refused("promise_says_what_it_rests_on"):
        Promise.objects.create(
            line=line,
            ship_date=FRIDAY,
            need_date=FRIDAY,
            made_at=workshop.actor.at,
            made_by=workshop.actor.user,
            reason="",
            basis={"supplies": []},
        )


def resting_on(workshop, due: date, need_date: date = WEDNESDAY) -> tuple[Supply, OrderLine]:
    """A supply, and a confirmed line that rests on it."""
    supply, requirement = workshop.supply("case", 5, due), workshop.requirement("case", 1, need_date)
    workshop.allocate(requirement, supply, 1)
    return supply, workshop.confirmed_line(requirement)


def resting_on_builds(workshop) -> tuple[Supply, OrderLine]:
    """A purchase, and a confirmed line that rests on it through two builds: case into kit into pc."""
    case, kit, pc = (
        workshop.supply("case", 5, TUESDAY),
        workshop.supply("kit", 1, WEDNESDAY, "build"),
        workshop.supply("pc", 1, THURSDAY, "build"),
    )
    workshop.allocate(workshop.requirement("case", 1, TUESDAY, kit), case, 1)
    workshop.allocate(workshop.requirement("kit", 1, WEDNESDAY, pc), kit, 1)
    requirement = workshop.requirement("pc", 1, THURSDAY)
    workshop.allocate(requirement, pc, 1)
    return case, workshop.confirmed_line(requirement)


def at_risk(line: OrderLine) -> bool:
    return Promise.objects.get(line=line, in_force=True).at_risk


@pytest.mark.parametrize(("day", "marked"), [(WEDNESDAY, False), (THURSDAY, True)])
def test_a_slip_beyond_the_need_date_marks_the_promise(workshop, commit, day, marked):
    supply, line = resting_on(workshop, TUESDAY)
    Supply.objects.filter(pk=supply.pk).update(due=day)
    commit()
    assert at_risk(line) is marked


def test_a_slip_leaves_promises_alone_that_do_not_rest_on_it(workshop):
    supply, _ = resting_on(workshop, TUESDAY)
    _, other = resting_on(workshop, TUESDAY)
    Supply.objects.filter(pk=supply.pk).update(due=FRIDAY)
    assert not at_risk(other)


def test_a_slip_marks_the_promise_through_two_levels_of_builds(workshop, commit):
    purchase, line = resting_on_builds(workshop)
    with acting(workshop.actor):
        moved = stock.slip(purchase, THURSDAY)
    commit()
    assert len(moved) == 3
    assert list(Supply.objects.order_by("id").values_list("due", flat=True)) == [THURSDAY, FRIDAY, NEXT_MONDAY]
    assert at_risk(line)


def test_a_slip_that_leaves_the_builds_behind_is_refused(workshop, refused, commit):
    purchase, line = resting_on_builds(workshop)
    commit()
    with refused("move its dates too"):
        Supply.objects.filter(pk=purchase.pk).update(due=THURSDAY)
    with refused("move its dates too"):
        Supply.objects.filter(pk=purchase.pk).update(due=THURSDAY)
        Demand.objects.filter(requirements__allocations__supply=purchase).update(need_date=THURSDAY)
    assert not at_risk(line)


def test_a_mark_stays_while_the_supply_is_late(workshop, refused):
    supply, line = resting_on(workshop, TUESDAY)
    Supply.objects.filter(pk=supply.pk).update(due=FRIDAY)
    with refused("due after its need date"):
        Promise.objects.filter(line=line).update(at_risk=False)


def test_a_promise_does_not_rest_on_what_is_late_already(workshop, refused):
    with refused("due after its need date"):
        resting_on(workshop, FRIDAY)


def test_a_slip_and_an_allocation_at_once_leave_the_promise_marked(open_workshop, rivals):
    line, supply = open_workshop.confirmed_line(), open_workshop.supply("case", 5, TUESDAY)
    requirement = Requirement.objects.create(demand=line.demand, item_id=supply.item_id, quantity=1)
    keys = f"{requirement.pk}, {supply.pk}"
    allocate = f"INSERT INTO stock_allocation (requirement_id, supply_id, quantity) VALUES ({keys}, 1)"
    assert rivals.meet(allocate, f"UPDATE stock_supply SET due = '{FRIDAY}' WHERE id = {supply.pk}") == []
    assert at_risk(line)


def reservation(line: OrderLine, day: LineDay, minutes: int) -> str:
    return f"INSERT INTO sales_slotreservation (line_id, line_day_id, minutes) VALUES ({line.pk}, {day.pk}, {minutes})"


def test_of_two_writers_who_reserve_the_last_minutes_one_is_refused(open_workshop, rivals):
    one, other, day = open_workshop.confirmed_line(), open_workshop.confirmed_line(), open_workshop.line_day
    assert rivals.meet(reservation(one, day, 60), reservation(other, day, 60)) == [psycopg.errors.CheckViolation]
    day.refresh_from_db()
    assert (day.reserved, SlotReservation.objects.count()) == (60, 1)


def test_reserved_minutes_follow_the_slots(workshop, refused):
    slot = SlotReservation.objects.create(line=workshop.confirmed_line(), line_day=workshop.line_day, minutes=60)
    with refused("line_day_not_overbooked"):
        SlotReservation.objects.filter(pk=slot.pk).update(minutes=101)
    with refused("line_day_not_overbooked"):
        LineDay.objects.update(capacity=50)
    with refused("reserved is a sum"):
        LineDay.objects.update(reserved=0)
    slot.delete()
    assert LineDay.objects.get().reserved == 0


def test_what_orders_lines_promises_and_slots_name_is_there_and_stays(workshop, refused):
    line = workshop.confirmed_line()
    slot = SlotReservation.objects.create(line=line, line_day=workshop.line_day, minutes=10)
    promise = Promise.objects.get(line=line)
    rows: list[tuple[Model, str, str, dict[str, object]]] = [
        (line.order, "customer", "sales_customer", {"number": "SO-9"}),
        (line, "order", "sales_order", {"state": states.DRAFT, "demand": None}),
        (slot, "line", "sales_orderline", {}),
        (promise, "line", "sales_orderline", {}),
        (promise, "made_by", "accounts_user", {"in_force": False}),
    ]
    for row, column, table, others in rows:
        copy = type(row).objects.get(pk=row.pk)
        for name, value in (others | {"pk": None, f"{column}_id": 987}).items():
            setattr(copy, name, value)
        with refused(f"{column} names a row of {table} that is not there"), acting(workshop.actor):
            copy.save(force_insert=True)
        with refused("refuses to .*update"):
            type(row).objects.filter(pk=row.pk).update(**{f"{column}_id": 987})
        named = getattr(row, column)
        with refused("is still named in"):
            type(named).objects.filter(pk=named.pk)._raw_delete("default")


def test_an_order_does_not_go_while_somebody_adds_a_line(open_workshop, rivals):
    with acting(open_workshop.actor):
        order = Order.objects.create(
            number="SO-1", customer=open_workshop.customer, ordered_at=open_workshop.actor.at, currency="USD"
        )
    added = f"""
        SELECT set_config('atoll.user', '{open_workshop.actor.user.pk}', false);
        SELECT set_config('atoll.at', '2026-03-02 12:00+0', false);
        INSERT INTO sales_orderline (order_id, position, configuration_id, quantity, unit_price, request_date, state)
        VALUES ({order.pk}, 1, {open_workshop.configuration.pk}, 1, 1, '2026-03-06', 'draft')
    """
    gone = f"DELETE FROM sales_order WHERE id = {order.pk}"
    assert rivals.meet(added, gone) == [psycopg.errors.ForeignKeyViolation]
    assert OrderLine.objects.filter(order=order).count() == 1
    OrderLine.objects.filter(order=order)._raw_delete("default")
    assert rivals.meet(gone, added) == [psycopg.errors.ForeignKeyViolation]
    assert not OrderLine.objects.exists()
