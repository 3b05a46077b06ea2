"""Many statements in one exchange with the database, over whole sets of rows."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date
from select import POLLIN, POLLOUT, poll
from typing import Any

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import RawSQL
from psycopg import Connection, Cursor
from psycopg.pq import TransactionStatus

PREPARED_FROM = 2
"""A statement is kept planned by the server from the so manieth time on."""

Statement = tuple[str, Sequence[Any]]


def exchange(statements: Iterable[Statement]) -> list[list[tuple[Any, ...]]]:
    """Execute statements in their order, sent without waiting for answers, and return the rows of each.

    Arrays go as parameters to the server, so that one text serves any number of rows and is planned once for a connection.
    Each is sent as soon as it is there: a generator makes the next one while the database works on the one before.

    Parameters
    ----------
    statements
        SQL with `%s` in place of its parameters, and these; a list becomes an array, of the type that the SQL casts it to.

    Raises
    ------
    django.db.Error
        Of the first statement that is refused; the transaction is lost then, as after any refusal.
    """
    connection.ensure_connection()
    raw = connection.connection
    raw.prepare_threshold = PREPARED_FROM
    begins = raw.info.transaction_status == TransactionStatus.IDLE and not raw.autocommit  # the driver sends BEGIN before
    is_single = isinstance(statements, Sequence) and len(statements) <= 1 and not begins
    cursors = []
    with connection.wrap_database_errors, nullcontext() if is_single else raw.pipeline():
        for sql, parameters in statements:
            cursors.append(Cursor(raw).execute(sql, [array(p) if isinstance(p, list) else p for p in parameters]))
            _send_all(raw)
    return [_rows(cursor) for cursor in cursors]


def _send_all(raw: Connection) -> None:
    """Send what is large to its end, which the driver would leave to the next statement; answers are taken in meanwhile."""
    while raw.pgconn.flush():
        waiting = poll()
        waiting.register(raw.fileno(), POLLIN | POLLOUT)
        if any(event & POLLIN for _, event in waiting.poll()):
            raw.pgconn.consume_input()


def together(statements: Iterable[Statement]) -> Statement:
    """Statements that write, as one: planned and sent once, and their triggers see the rows of all of them."""
    statements = list(statements)
    parts = ", ".join(f"part_{number} AS ({sql})" for number, (sql, _) in enumerate(statements))
    return f"WITH {parts} SELECT 1", [parameter for _, parameters in statements for parameter in parameters]


def among(keys: Iterable[int]) -> RawSQL:
    """Keys for a filter `…__in=among(keys)`: one parameter, however many there are; Django writes a list out key by key."""
    return RawSQL("SELECT unnest(%s::bigint[])", [array([*keys])])


def update_each(rows: Sequence[Model], fields: Sequence[str]) -> None:
    """Write fields of rows that are there, in one statement. It takes a fraction of the time of Django's `bulk_update`.

    Lock the rows before, in the order of their keys: they are written in any order.
    """
    if not rows:
        return
    meta, quoted = rows[0]._meta, connection.ops.quote_name
    written = [meta.pk, *map(meta.get_field, fields)]
    names = [quoted(field.column) for field in written]
    changes = ", ".join(f"{name} = new.{name}" for name in names[1:])
    arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in written)
    sql = (
        f"UPDATE {quoted(meta.db_table)} old SET {changes} FROM unnest({arrays}) new ({', '.join(names)})"
        f" WHERE old.{names[0]} = new.{names[0]}"
    )
    exchange([(sql, [[getattr(row, field.attname) for row in rows] for field in written])])


MANY = 1000
"""From so many lines of orders on, statements and their triggers are planned for very many rows."""

BEGIN_MANY = "DISCARD PLANS; SET LOCAL enable_nestloop = off"
END_MANY = "SET LOCAL enable_nestloop = on; DISCARD PLANS"


@contextmanager
def planned_for(lines: int) -> Iterator[None]:
    """Let statements and triggers that write what so many lines of orders take join whole sets, where these are large.

    The plans that a connection keeps may be for tables that were nearly empty; and of a table that was emptied and cleaned up the
    database believes for a while that it has no rows, however many there are. Both ways it compares each row with each other.
    """
    if lines < MANY:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(BEGIN_MANY)
        yield
        cursor.execute(END_MANY)


@contextmanager
def uncollected(lines: int) -> Iterator[None]:
    """Keep Python's collector from looking through the objects of so many lines again and again while they are made and stay."""
    if lines < MANY or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _rows(cursor: "Cursor[tuple[Any, ...]]") -> list[tuple[Any, ...]]:
    return cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []


def array(values: Sequence[Any]) -> str:
    """An array as PostgreSQL reads it, many times faster than the driver writes one.

    Examples
    --------
    >>> array([1, None, 3]), array(["a", 'say "b"'])
    ('{1,NULL,3}', '{"a","say \\\\"b\\\\""}')
    """
    kinds = {*map(type, values)}
    if kinds == {int}:
        return f"{{{str(list(values))[1:-1]}}}"
    if kinds == {str}:
        return f"{{{','.join([_quoted(value) for value in values])}}}"
    return f"{{{','.join(map(_element, values))}}}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return _quoted(value)
    return f'"{value.isoformat()}"' if isinstance(value, date) else str(value)
