"""One point of time, and sound plans, for many queries."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def one_point_of_time(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let all queries of the block see the same rows, while others go on writing.

    Inside a transaction that is open already, its isolation stays what it is.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(using=connection.alias):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@contextmanager
def plans_for_whole_tables(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let the database join whole tables, whatever it believes about their size.

    Every query here reads all rows. Right after a company was entered the statistics may still say that tables are empty; a
    nested loop, which is best then, would take hours once they are not.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('enable_nestloop', 'off', true)")
        yield
        cursor.execute("SELECT set_config('enable_nestloop', 'on', true)")
