"""Many rows are written in one statement."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from atoll_web.bulk import among, exchange, update_each
from atoll_web.catalogue.models import Item
from atoll_web.stock.models import Supply
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


def test_a_filter_takes_any_number_of_keys_as_one_parameter(company: Lamps) -> None:
    wanted = [item.pk for item in Item.objects.order_by("id")[:3]]
    with CaptureQueriesContext(connection) as queries:
        assert set(Item.objects.filter(pk__in=among([*wanted, *range(-9_000, 0)])).values_list("pk", flat=True)) == set(wanted)
    assert not Item.objects.filter(pk__in=among([])).exists()
    assert len(queries) == 1
