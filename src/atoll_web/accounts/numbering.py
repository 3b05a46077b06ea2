"""Numbers of documents, from sequences of the database: unique under any number of writers, gaps allowed."""

from django.db import connection

PREFIXES = {
    "order": "SO",
    "purchase_order": "PO",
    "build_order": "BO",
    "assembly_order": "FA",
    "shipment": "SH",
    "lot": "",
}


def sequence(kind: str) -> str:
    """Name of the sequence behind a kind of document."""
    return f"number_of_{kind}"


def numbers(kind: str, count: int) -> list[str]:
    """The next `count` numbers, such as ``SO-000042``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence(kind), count])
        return [worded(kind, value) for (value,) in cursor.fetchall()]


def worded(kind: str, value: int) -> str:
    """The number of a document from a value of its sequence."""
    return f"{PREFIXES[kind]}-{value:06d}" if PREFIXES[kind] else f"{value:06d}"


def create_sequences() -> str:
    """SQL that makes the sequences, for the migration."""
    return "".join(f"CREATE SEQUENCE IF NOT EXISTS {sequence(kind)};" for kind in PREFIXES)


def restart_sequences() -> str:
    """SQL that lets all numbers begin again."""
    return "".join(f"ALTER SEQUENCE {sequence(kind)} RESTART;" for kind in PREFIXES)


def drop_sequences() -> str:
    """SQL that takes them away again."""
    return "".join(f"DROP SEQUENCE IF EXISTS {sequence(kind)};" for kind in PREFIXES)
