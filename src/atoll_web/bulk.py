"""Many statements in one exchange with the database, over whole sets of rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from psycopg import Cursor

PREPARED_FROM = 2
"""A statement is kept planned by the server from the so manieth time on."""

Statement = tuple[str, Sequence[Any]]


def exchange(statements: Iterable[Statement]) -> list[list[tuple[Any, ...]]]:
    """Execute statements in their order, sent all at once, and return the rows of each.

    Arrays go as parameters to the server, so that one text serves any number of rows and is planned once for a connection.

    Parameters
    ----------
    statements
        SQL with `%s` in place of its parameters, and these; lists become arrays.

    Raises
    ------
    django.db.Error
        Of the first statement that is refused; the transaction is lost then, as after any refusal.
    """
    connection.ensure_connection()
    raw = connection.connection
    raw.prepare_threshold = PREPARED_FROM
    cursors = []
    with connection.wrap_database_errors, raw.pipeline():
        for sql, parameters in statements:
            cursor = Cursor(raw)
            cursors.append(cursor)
            cursor.execute(sql, parameters)
    return [cursor.fetchall() if cursor.description else [] for cursor in cursors]
