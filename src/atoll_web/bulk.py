"""Many statements in one exchange with the database, over whole sets of rows."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from itertools import count
from select import POLLIN, POLLOUT, poll
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import Model
from django.db.models.expressions import RawSQL
from psycopg import Connection, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

Statement = tuple[str, Sequence[Any]]


def exchange(statements: Iterable[Statement]) -> list[list[tuple[Any, ...]]]:
    """Execute statements in their order, sent without waiting for answers, and return the rows of each.

    Arrays go as parameters to the server, so that one text serves any number of rows and is planned once for a connection.
    Those of a sequence are sent together; a generator makes the next one while the database works on the one before.

    Parameters
    ----------
    statements
        SQL with `%s` in place of its parameters, and these; a list becomes an array, of the type that the SQL casts it to.

    Raises
    ------
    django.db.Error
        Of the first statement that is refused; the transaction is lost then, as after any refusal.
    """
    here = connections[DEFAULT_DB_ALIAS]
    here.ensure_connection()
    with here.wrap_database_errors:
        return _Exchange(here.connection).made(statements)


AT_ONE_INSTANT: Statement = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", [])


def exchange_at_one_instant(statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    """`exchange` for statements that only read: all see the rows as they stand when the first one begins.

    Within a transaction, which sees what others commit between its statements, lock before what must not change meanwhile.
    """
    if connection.in_atomic_block:
        return exchange(statements)
    with transaction.atomic():
        return exchange([AT_ONE_INSTANT, *statements])[1:]


@contextmanager
def at_one_instant() -> Iterator[None]:
    """Let all that a block reads stand as it does when the block begins, while others go on writing; it writes nothing.

    Within a transaction, which sees what others commit between its statements, lock before what must not change meanwhile.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        exchange([AT_ONE_INSTANT])
        yield


class _Exchange:
    """Statements on their way through libpq's pipeline. The driver's cursors would take as long as the database."""

    def __init__(self, raw: Connection) -> None:
        self.raw, self.libpq = raw, raw.pgconn
        self.kept = _kept.setdefault(raw, {})
        self.fresh: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self.adapting = Transformer(raw)
        self.asks: list[bool] = []
        """For each result that will come, whether it is the answer to a statement."""

    def made(self, statements: Iterable[Statement]) -> list[list[tuple[Any, ...]]]:
        """The rows of each statement."""
        begins = self.libpq.transaction_status == TransactionStatus.IDLE and not self.raw.autocommit
        self.libpq.enter_pipeline_mode()
        try:
            try:
                if begins:
                    self._send("BEGIN", ())
                is_made_meanwhile = not isinstance(statements, Sequence)
                for sql, parameters in statements:
                    self._send(sql, parameters)
                    if is_made_meanwhile:
                        self._flush()
            finally:
                self.libpq.pipeline_sync()
                self._flush()
                results = self._received()
            self.libpq.exit_pipeline_mode()
        except BaseException:
            self._leave()
            raise
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(result, encoding=self.raw.info.encoding)
        self.kept |= self.fresh
        rows = [self._rows(result) for result, asks in zip(results, self.asks, strict=True) if asks]
        return rows[1:] if begins else rows

    def _send(self, sql: str, parameters: Sequence[Any]) -> None:
        """Send a statement, which the server keeps planned."""
        given = [array(p) if isinstance(p, list) else p for p in parameters]
        values = self.adapting.dump_sequence(given, [PyFormat.AUTO] * len(given))
        types, formats = self.adapting.types or (), self.adapting.formats
        key = (sql, types)
        if (name := self.kept.get(key) or self.fresh.get(key)) is None:
            name = self.fresh[key] = b"atoll_%d" % next(_numbers)
            self.libpq.send_prepare(name, _numbered(sql), types)
            self.asks.append(False)
        self.libpq.send_query_prepared(name, values, formats)
        self.asks.append(True)

    def _flush(self) -> None:
        """Send all, as the server may begin with it; answers are taken in meanwhile, or both sides would wait for each other."""
        while self.libpq.flush():
            if self._ready(POLLIN | POLLOUT) & POLLIN:
                self.libpq.consume_input()

    def _received(self) -> list[PGresult]:
        """The results of all that was sent."""
        results: list[PGresult] = []
        while True:
            while self.libpq.is_busy():
                self._ready(POLLIN)
                self.libpq.consume_input()
            result = self.libpq.get_result()
            if result is None:  # between two statements, or there is nobody any more who could answer
                if self.libpq.status == ConnStatus.BAD:
                    raise OperationalError(self.libpq.get_error_message())
            elif result.status == ExecStatus.PIPELINE_SYNC:
                return results
            else:
                results.append(result)

    def _ready(self, events: int) -> int:
        """Wait until the connection can do one of these."""
        waiting = poll()
        waiting.register(self.libpq.socket, events)
        return waiting.poll()[0][1]

    def _leave(self) -> None:
        """Close a connection with answers that nobody took; after a statement that could not be made there are none."""
        try:
            self.libpq.exit_pipeline_mode()
        except OperationalError:
            self.raw.close()

    def _rows(self, result: PGresult) -> list[tuple[Any, ...]]:
        if not result.ntuples:
            return []
        self.adapting.set_pgresult(result)
        return self.adapting.load_rows(0, result.ntuples, tuple)


_kept: WeakKeyDictionary[Connection, dict[tuple[str, tuple[int, ...]], bytes]] = WeakKeyDictionary()
"""Names of the statements that the server keeps planned, by their text and the types of their parameters."""

_numbers = count()


@lru_cache(maxsize=1024)
def _numbered(sql: str) -> bytes:
    """The statement with its parameters numbered, as the server reads it."""
    first, *others = sql.split("%s")
    return "".join([first, *(f"${number}{text}" for number, text in enumerate(others, 1))]).encode()


def together(statements: Iterable[Statement]) -> Statement:
    """Statements that write, as one: planned and sent once, and their triggers see the rows of all of them.

    Their triggers fire in the order given: PostgreSQL carries out the last part of a statement first.
    """
    statements = [*statements][::-1]
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
