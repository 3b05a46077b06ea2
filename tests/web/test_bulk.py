"""Many rows are written in one statement."""

import time
from collections.abc import Iterator
from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.db import DataError, InternalError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from atoll_web.bulk import Statement, among, exchange, exchange_at_one_instant, update_each
from atoll_web.catalogue.models import Item
from atoll_web.stock.models import Supply
from tests.at_once import at_once
from tests.lamps import Lamps


def test_each_row_gets_values_of_its_own_and_the_others_stay(company: Lamps) -> None:
    first, second, third = (
        Supply.objects.create(
            item=Item.objects.get(code="ARM-L"), kind="purchase", quantity=5, due=date(2026, 3, 2), reference="X"
        )
        for _ in range(3)
    )
    first.quantity, first.reference, first.due = 7, 'say "ten", \\ and {more}', date(2026, 3, 9)
    second.quantity, second.due = 8, date(2026, 3, 10)
    update_each([first, second], ["quantity", "reference", "due"])
    rows = Supply.objects.filter(pk__in=[first.pk, second.pk, third.pk]).order_by("pk")
    assert list(rows.values_list("quantity", "reference", "due")) == [
        (7, 'say "ten", \\ and {more}', date(2026, 3, 9)),
        (8, "X", date(2026, 3, 10)),
        (5, "X", date(2026, 3, 2)),
    ]


@pytest.mark.django_db
def test_nothing_is_asked_of_the_database_for_no_rows() -> None:
    with CaptureQueriesContext(connection) as queries:
        update_each([], ["quantity"])
    assert len(queries) == 0


@pytest.mark.django_db
def test_large_statements_are_sent_while_large_answers_come_back() -> None:
    keys = list(range(200_000))
    answers = exchange(("SELECT unnest(%s::bigint[])", [keys]) for _ in range(3))
    assert [[key for (key,) in rows] for rows in answers] == [keys] * 3


@pytest.mark.django_db(transaction=True)
def test_what_is_read_at_one_instant_does_not_see_what_others_write_meanwhile() -> None:
    slow = [(f"SELECT count(*) {part}", []) for part in ("FROM auth_group", "FROM pg_sleep(0.5)", "FROM auth_group")]

    def read_or_write(number: int) -> list[int]:
        if number:
            time.sleep(0.2)
            return Group.objects.bulk_create([Group(name="late")]) and []
        return [count for ((count,),) in exchange_at_one_instant(slow)]

    (before, _, after), _ = at_once(read_or_write, threads=2)
    assert before == after == Group.objects.count() - 1
    with pytest.raises(InternalError, match="read-only"):
        exchange_at_one_instant([("DELETE FROM auth_group WHERE name = 'late'", [])])
    with transaction.atomic():
        assert exchange_at_one_instant([("SELECT 1", [])]) == [[(1,)]]


def test_a_filter_takes_any_number_of_keys_as_one_parameter(company: Lamps) -> None:
    wanted = [item.pk for item in Item.objects.order_by("id")[:3]]
    with CaptureQueriesContext(connection) as queries:
        assert set(Item.objects.filter(pk__in=among([*wanted, *range(-9_000, 0)])).values_list("pk", flat=True)) == set(wanted)
    assert not Item.objects.filter(pk__in=among([])).exists()
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_after_a_refused_statement_the_connection_goes_on() -> None:
    for _ in range(2):  # not kept planned yet, and kept planned
        with pytest.raises(DataError, match="division by zero"), transaction.atomic():
            exchange([("SELECT 1", []), ("SELECT 1 / %s::int", [0]), ("SELECT 2", [])])
        assert exchange([("SELECT 3", []), ("SELECT 6 / %s::int", [2])]) == [[(3,)], [(3,)]]


@pytest.mark.django_db
def test_after_a_statement_that_could_not_be_made_the_connection_goes_on() -> None:
    def statements() -> Iterator[Statement]:
        yield "SELECT 1", []
        raise ValueError("no second one")

    with pytest.raises(ValueError, match="no second one"):
        exchange(statements())
    assert exchange([("SELECT 3", [])]) == [[(3,)]]


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_told_and_the_next_one_is_new() -> None:
    exchange([("SELECT 1", [])])
    with pytest.raises(OperationalError, match="terminat"):
        exchange([("SELECT pg_terminate_backend(pg_backend_pid())", []), ("SELECT 1", [])])
    connection.close()
    assert exchange([("SELECT 1", [])]) == [[(1,)]]
