"""Who acts, and at which business time: every use case runs inside `acting`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db import connection, transaction

from atoll_web.accounts.models import Company, User


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


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """One transaction in which the triggers know the acting user."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('atoll.user', %s, true), set_config('atoll.at', %s, true), set_config('atoll.reason', %s, true)",
                [str(actor.user.pk), actor.at.isoformat(), actor.reason],
            )
        yield


def actor_now(user: User, reason: str = "") -> Actor:
    """The user at the company's present business time."""
    return Actor(user, business_time(), reason)


def business_time() -> datetime:
    """The clock, with its date replaced by the company's business date where one is set."""
    now = datetime.now(UTC)
    company = Company.objects.first()
    if company is None or company.business_date is None:
        return now
    return datetime.combine(company.business_date, time(now.hour, now.minute, now.second), UTC)
