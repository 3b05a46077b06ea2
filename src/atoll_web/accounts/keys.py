"""Idempotency keys: a request that is sent again with its key is not carried out again, but answered as it was first.

Orders are known by theirs (`sales.services.recognising`); all other requests have a row here.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from atoll_web.accounts.errors import KeyUsed
from atoll_web.accounts.models import AnsweredRequest, User
from atoll_web.bulk import Statement, exchange

DAYS_KEPT = 30
"""How long a request is known by its key."""

LOCK_KEYS = """
SELECT pg_advisory_xact_lock(key) FROM
(SELECT DISTINCT hashtextextended('key ' || k, 0) AS key FROM unnest(%s::text[]) k ORDER BY 1) keys
"""

WAIT_FOR_KEY = "SELECT pg_advisory_xact_lock_shared(hashtextextended('key ' || %s::text, 0))"


def lock(keys: Sequence[str]) -> Statement:
    """Let another writer with one of the keys wait until this transaction ends."""
    return LOCK_KEYS, [list(keys)]


def wait_for(key: str) -> None:
    """Let what is under way with a key end, so that it can be told what became of it."""
    exchange([(WAIT_FOR_KEY, [key])])


def answered(*, user: User, key: str, request: str, digest: str) -> AnsweredRequest | None:
    """What a request was answered when it was sent before; a second one with the key waits for the first.

    Raises
    ------
    KeyUsed
        When another request had the key.
    """
    exchange([lock([key])])
    there = AnsweredRequest.objects.filter(key=key).first()
    if there is not None and (there.user_id, there.request, there.digest) != (user.pk, request, digest):
        raise _used(there, user)
    return there


def used(user: User, keys: Sequence[str]) -> dict[str, KeyUsed]:
    """Refusals of those keys, locked before, that requests had which were answered: an order cannot have them."""
    return {row.key: _used(row, user) for row in AnsweredRequest.objects.filter(key__in=keys)} if keys else {}


def _used(row: AnsweredRequest, user: User) -> KeyUsed:
    # What others ask for is nobody's business.
    return KeyUsed(key=row.key, request=row.request if row.user_id == user.pk else "of somebody else")


def answers_of(user: User, key: str) -> QuerySet[AnsweredRequest]:
    """What was carried out for a user under a key."""
    return AnsweredRequest.objects.filter(user=user, key=key)


def forget_answers() -> int:
    """Forget the keys of requests that nobody sends again any more."""
    return AnsweredRequest.objects.filter(at__lt=timezone.now() - timedelta(days=DAYS_KEPT)).delete()[0]
