"""Recompute every invariant of ARCHITECTURE.md from the rows, without trusting the triggers that keep them.

`check` reads all that must hold at one point of time. Each part of the business has a module with its queries; a query has a
name, the number of the invariant, and a sentence that says what it holds to.
"""

from django.db import connection

from atoll_web.bulk import at_one_instant
from atoll_web.invariants import assembly, capacity, configuration, journal, ledger, promise, run, shipment, supply
from atoll_web.invariants.plans import plans_for_whole_tables
from atoll_web.invariants.query import run_query
from atoll_web.invariants.report import Check, Report

__all__ = ["Check", "Report", "check"]

QUERIES = (
    *ledger.QUERIES,
    *supply.QUERIES,
    *capacity.QUERIES,
    *promise.QUERIES,
    *configuration.QUERIES,
    *assembly.QUERIES,
    *shipment.QUERIES,
    *run.QUERIES,
    *journal.QUERIES,
)


def check() -> Report:
    """Check all invariants over all rows, as they stand at one point of time.

    Returns
    -------
    Report
        One `Check` for each query and each recomputation, in the order of the invariants.
    """
    with at_one_instant(), plans_for_whole_tables(connection):
        checks = [run_query(connection, query) for query in QUERIES]
        checks += configuration.recompute()
    return Report(tuple(sorted(checks, key=lambda check: check.invariant)))
