"""A named query that finds what must not be."""

from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from atoll_web.invariants.report import MOST_EXAMPLES, Check


@dataclass(frozen=True, slots=True)
class Query:
    """What must hold, and the SQL that finds where it does not.

    Parameters
    ----------
    rows
        SQL whose rows are what is examined.
    broken
        SQL with one row and one text for each violation.
    """

    name: str
    invariant: int
    sentence: str
    rows: str
    broken: str


def run_query(connection: BaseDatabaseWrapper, query: Query) -> Check:
    """Ask the database."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({query.rows}) examined")
        (rows,) = cursor.fetchone()
        cursor.execute(
            f"SELECT count(*) OVER (), words FROM ({query.broken}) broken (words) ORDER BY words LIMIT {MOST_EXAMPLES}"
        )
        found = cursor.fetchall()
    return Check(
        name=query.name,
        invariant=query.invariant,
        sentence=query.sentence,
        rows=rows,
        violations=found[0][0] if found else 0,
        examples=tuple(words for _, words in found),
    )
