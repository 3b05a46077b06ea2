"""Who is told of events, and how notices reach them: at least once, tried again with growing delays, given up in the end."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.core.mail import EmailMessage
from django.db import connection, transaction

from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.sales import states, webhook
from atoll_web.sales.errors import NameRefused, NotDead, SubscriptionNameTaken, UnknownEvents
from atoll_web.sales.letter import letter
from atoll_web.sales.models import Notice, Subscription
from atoll_web.sales.notices import CUSTOMER_EVENTS, EMAIL, EVENTS, WEBHOOK

logger = logging.getLogger(__name__)

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440))
"""After the first failure and each further one; after one more the notice is given up."""

LEASE = timedelta(minutes=5)
"""A worker that dies keeps its notices from others for so long."""

AT_ONCE = 20
"""Notices that a worker takes together."""

UNSUBSCRIBED = "Nobody subscribes any more."


def subscribe(*, actor: Actor, name: str, url: str, events: Sequence[str] = tuple(EVENTS)) -> Subscription:
    """Tell a program of events by webhook. The secret that the row holds proves to it that they come from here.

    Raises
    ------
    AddressRefused, UnknownEvents, NameRefused, SubscriptionNameTaken
    """
    webhook.refuse_address(url)
    return _subscribe(actor, name, WEBHOOK, events, url=url, secret=webhook.new_secret())


def confirm_by_email(*, actor: Actor, name: str = "Customers", events: Sequence[str] = CUSTOMER_EVENTS) -> Subscription:
    """Tell every customer who has an e-mail address of their own orders and quotes.

    Raises
    ------
    UnknownEvents, NameRefused, SubscriptionNameTaken
    """
    return _subscribe(actor, name, EMAIL, events, known=CUSTOMER_EVENTS)


@begun_again_after_deadlock
def _subscribe(
    actor: Actor, name: str, channel: str, events: Sequence[str], known: Sequence[str] = tuple(EVENTS), **fields: str
) -> Subscription:
    if not events or (unknown := sorted(set(events) - set(known))):
        raise UnknownEvents(events=", ".join(unknown) if events else "named", known=", ".join(known))
    most = Subscription._meta.get_field("name").max_length
    if not 0 < len(name) <= most:
        raise NameRefused(name=name[:most], reason=f"it must have from 1 to {most} characters")
    if Subscription.objects.filter(name=name).exists():
        raise SubscriptionNameTaken(name=name)
    with acting(actor):
        row = {"events": list(events), "active": True, "created_by": actor.user, "created_at": actor.at, "channel": channel}
        return Subscription.objects.create(name=name, **row, **fields)


@begun_again_after_deadlock
def unsubscribe(*, actor: Actor, subscription: Subscription) -> None:
    """Tell somebody no more; what has not reached them is given up."""
    with acting(actor):
        Subscription.objects.filter(pk=subscription.pk).update(active=False)
        waiting = Notice.objects.filter(subscription=subscription, state=states.WAITING)
        waiting.update(state=states.DEAD, fault=UNSUBSCRIBED)


@begun_again_after_deadlock
def resend(*, actor: Actor, notice: Notice) -> Notice:
    """Send a notice once more that was given up, or that got lost behind the subscriber's door. It keeps its event's identity.

    Raises
    ------
    NotDead
        When it waits to be sent anyway.
    """
    with acting(actor):
        row = Notice.objects.select_for_update().get(pk=notice.pk)
        if row.state == states.WAITING:
            raise NotDead(notice=row.pk, state=row.state)
        row.state, row.attempts, row.due_at, row.delivered_at, row.fault = states.WAITING, 0, datetime.now(UTC), None, ""
        row.save(update_fields=["state", "attempts", "due_at", "delivered_at", "fault"])
    return row


CLAIM = """
UPDATE sales_notice n SET attempts = n.attempts + 1, due_at = %s
FROM (
    SELECT id FROM sales_notice WHERE state = 'waiting' AND due_at <= %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
) due
WHERE n.id = due.id RETURNING n.id
"""


def deliver_due(now: datetime | None = None) -> int:
    """Send what is due, and say how many notices were tried. Any number of workers may do so at the same time.

    A notice is taken before it is sent and marked after: if the worker dies in between it is sent again.

    Parameters
    ----------
    now
        The clock when not given.
    """
    tried = 0
    while ids := _claim(now or datetime.now(UTC)):
        for notice in Notice.objects.select_related("subscription", "order__customer").filter(id__in=ids).order_by("id"):
            _deliver(notice, now or datetime.now(UTC))
        tried += len(ids)
    return tried


def _claim(now: datetime) -> list[int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [now + LEASE, now, AT_ONCE])
        return [key for (key,) in cursor.fetchall()]


def _deliver(notice: Notice, now: datetime) -> None:
    mine = Notice.objects.filter(pk=notice.pk, state=states.WAITING)
    try:
        (_post if notice.subscription.channel == WEBHOOK else _mail)(notice, now)
    except Exception as error:  # whatever is wrong with one notice must not keep the others
        logger.warning("Notice %s did not arrive: %s", notice.pk, error)
        if notice.attempts > len(DELAYS):
            mine.update(state=states.DEAD, fault=str(error))
        else:
            mine.update(due_at=now + DELAYS[notice.attempts - 1], fault=str(error))
    else:
        mine.update(state=states.DELIVERED, delivered_at=now, fault="")


def _post(notice: Notice, now: datetime) -> None:
    said = {"type": notice.event, "timestamp": notice.at.isoformat(), "data": notice.facts}
    body = json.dumps(said, ensure_ascii=False).encode()
    webhook.post(notice.subscription.url, notice.subscription.secret, str(notice.event_id), now, body)


def _mail(notice: Notice, now: datetime) -> None:
    """A letter sent twice is known by its identity."""
    written = letter(notice)
    headers = {"Message-ID": f"<{notice.event_id}.{notice.subscription_id}@atoll>"}
    EmailMessage(written.subject, written.text, to=[notice.order.customer.email], headers=headers).send()
