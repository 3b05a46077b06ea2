"""Who acts, and at which business time: every use case runs inside `acting`."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from atoll_web.accounts.models import User
from atoll_web.bulk import Statement, exchange


@dataclass(frozen=True, slots=True)
class Actor:
    """A user at a point of business time, with the reason that the journal keeps.

    The business time is the clock's, except in a demonstration whose date is set on the company.
    """

    user: User
    at: datetime
    reason: str = ""

    @property
    def today(self) -> date:
        """The business date."""
        return self.at.date()


_present: ContextVar[Actor | None] = ContextVar("_present", default=None)


@contextmanager
def acting(actor: Actor, along: Iterable[Statement] = ()) -> Iterator[list[list[tuple[Any, ...]]]]:
    """One transaction in which the triggers know the acting user; whoever acted around it acts again afterwards.

    A use case inside another belongs to its transaction: what the inner one refuses undoes the outer one too.

    Parameters
    ----------
    along
        Statements with which the transaction begins, in the same exchange; their rows are what the context gives.
    """
    before = _present.get()
    with transaction.atomic(savepoint=before is None):
        told = [] if before == actor else [_telling(actor)]
        rows = exchange([*told, *along])
        token = _present.set(actor)
        try:
            yield rows[len(told) :]
        finally:
            _present.reset(token)
        if before is not None and before != actor:
            exchange([_telling(before)])


def exchange_last(statements: Iterable[Statement]) -> None:
    """Execute the last statements of a use case. They commit with them, in the same exchange, if nothing is around it.

    Django finds the transaction ended when it is about to commit.
    """
    is_outermost = connection.in_atomic_block and not connection.savepoint_ids
    exchange([*statements, ("COMMIT", [])] if is_outermost else statements)


def is_acting() -> bool:
    """Whether a use case is under way: what it calls belongs to its transaction."""
    return _present.get() is not None


TELL_TRIGGERS = (
    "SELECT set_config('atoll.user', %s, true), set_config('atoll.at', %s, true), set_config('atoll.reason', %s, true)"
)


def _telling(actor: Actor) -> Statement:
    """Until the transaction ends; the database takes it back by itself when a savepoint is rolled back."""
    return TELL_TRIGGERS, [str(actor.user.pk), actor.at.isoformat(), actor.reason]


ATTEMPTS = 5
"""How often a use case begins before a deadlock is reported."""

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def begun_again_after_deadlock(use_case: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Let a use case begin again when the database ended it to free others.

    Everybody locks in one order, so this is rare. It cannot be ruled out where supplies appear while others wait, or where
    a late delivery moves the builds that rest on it, whose supplies are only known then. A use case inside the transaction
    of another is not repeated by itself, as the database has undone all of that transaction.
    """

    @wraps(use_case)
    def begun_again(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        for _ in range(ATTEMPTS - 1):
            try:
                return use_case(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or not isinstance(error.__cause__, DeadlockDetected):
                    raise
        return use_case(*args, **kwargs)

    return begun_again


def actor_now(user: User, reason: str = "") -> Actor:
    """The user at the company's present business time."""
    return Actor(user, business_time(), reason)


def business_time() -> datetime:
    """The clock, with its date replaced by the company's business date where one is set."""
    now = datetime.now(UTC)
    (rows,) = exchange([("SELECT business_date FROM accounts_company", [])])
    business_date = rows[0][0] if rows else None
    if business_date is None:
        return now
    return datetime.combine(business_date, time(now.hour, now.minute, now.second), UTC)
