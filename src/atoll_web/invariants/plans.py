"""Sound plans for queries over whole tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.base.base import BaseDatabaseWrapper


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
