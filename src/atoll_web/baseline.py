"""The tables of a new database, made at once: migration by migration Django takes half a minute to make them.

The file holds what the migrations had made when it was written; those added since follow one by one. So it may be behind.
"""

import gzip
from collections.abc import Iterable
from pathlib import Path

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from psycopg.sql import SQL, Literal

from atoll_web import cluster, database

FILE = Path(__file__).with_name("baseline.sql.gz")

IS_NEW = """
SELECT current_schema() = 'public' AND NOT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace)
"""


def load() -> None:
    """Make the tables of a new database, all or none. On a server older than the one that wrote the file migrations make them."""
    if connection.pg_version < int(cluster.VERSION) * 10_000:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(IS_NEW)
        if cursor.fetchone()[0]:
            cursor.execute(gzip.decompress(FILE.read_bytes()).decode())


def write() -> None:
    """Write the file from the tables of this database and what the migrations put there."""
    applied = MigrationRecorder(connection).migration_qs.order_by("id").values_list("app", "name")
    statements = [
        database.tables(database.url()),
        _insertion("INSERT INTO public.django_migrations (app, name, applied) SELECT *, now() FROM", applied),
        _insertion("INSERT INTO public.auth_group (name) SELECT * FROM", Group.objects.order_by("id").values_list("name")),
    ]
    FILE.write_bytes(gzip.compress("\n".join(statements).encode(), mtime=0))


def _insertion(start: str, rows: Iterable[tuple[str, ...]]) -> str:
    values = SQL(", ").join(SQL("({})").format(SQL(", ").join(map(Literal, row))) for row in rows)
    return SQL(start + " (VALUES {}) kept;").format(values).as_string(connection.connection)
