"""Many people at once: threads with connections of their own, and what must hold whatever they did."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

from atoll_web import invariants


def at_once(work: Callable[[int], Any], threads: int = 8) -> list[Any]:
    """Do work in threads that begin together, each with a connection of its own; what each answered."""
    start = Barrier(threads)

    def one(number: int) -> Any:
        try:
            start.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))


def assert_nothing_is_violated() -> None:
    """All invariants hold."""
    assert {check.name: check.examples for check in invariants.check().violated} == {}
