"""Many rows are written in one statement."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from atoll_web.bulk import update_each
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
