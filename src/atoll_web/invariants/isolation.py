"""One point of time for many queries."""

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
