"""Subscriptions and notices over the REST interface."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.pagination import paginate

from atoll_web.door import Input, NotFound, Paging, actor_for, answers
from atoll_web.sales import services
from atoll_web.sales.models import Notice, Subscription
from atoll_web.sales.notices import CUSTOMER_EVENTS, EVENTS

router = Router()


class SubscriptionIn(Input):
    """A program that is to be told of events."""

    name: str = Field(min_length=1, max_length=80)
    url: str = Field(max_length=500, description="Where webhooks are sent by POST; public, https")
    events: list[str] = Field([*EVENTS], description=f"Any of {', '.join(EVENTS)}")


class SubscriptionOut(Schema):
    """Who is told of events."""

    id: int
    name: str
    channel: str = Field(description="webhook, or e-mail to the customer of the order")
    url: str
    events: list[str]
    active: bool


class NewSubscriptionOut(SubscriptionOut):
    """A subscription just made."""

    secret: str = Field(description="Signs the webhooks as Standard Webhooks 1.0 says; it is shown this once")


class NoticeOut(Schema):
    """An event on its way to a subscriber."""

    id: int
    event_id: UUID = Field(description="Header webhook-id; the same whenever it is sent again")
    event: str
    order: str = Field(alias="order.number")
    subscription: str = Field(alias="subscription.name")
    at: datetime = Field(description="Business time of the event")
    state: str = Field(description="waiting, delivered, or dead when it was given up")
    attempts: int
    due_at: datetime = Field(description="When it is tried next")
    delivered_at: datetime | None
    fault: str = Field(description="Why the last attempt failed")
    facts: dict[str, Any] = Field(description="What is told")


@router.get("/subscriptions", response=answers(list[SubscriptionOut]))
@paginate(Paging)
def list_subscriptions(request: HttpRequest) -> QuerySet[Subscription]:
    """List who is told of events, and who was once."""
    return Subscription.objects.all()


@router.post("/subscriptions", response=answers(NewSubscriptionOut, 201))
def subscribe(request: HttpRequest, payload: SubscriptionIn) -> Status[Subscription]:
    """Tell a program of promise changes by signed webhooks, at least once each."""
    actor = actor_for(request, "company")
    return Status(201, services.subscribe(actor=actor, name=payload.name, url=payload.url, events=payload.events))


class MailIn(Input):
    """What customers are to be written of."""

    name: str = Field("Customers", min_length=1, max_length=80)
    events: list[str] = Field([*CUSTOMER_EVENTS], description=f"Any of {', '.join(CUSTOMER_EVENTS)}")


@router.post("/subscriptions/customers", response=answers(SubscriptionOut, 201))
def confirm_by_email(request: HttpRequest, payload: MailIn) -> Status[Subscription]:
    """Write to every customer who has an e-mail address of their own orders and quotes."""
    actor = actor_for(request, "company")
    return Status(201, services.confirm_by_email(actor=actor, name=payload.name, events=payload.events))


@router.post("/subscriptions/{key}/end", response=answers(SubscriptionOut))
def unsubscribe(request: HttpRequest, key: int) -> Subscription:
    """Tell somebody no more; what has not reached them is given up."""
    actor = actor_for(request, "company")
    row = Subscription.objects.filter(pk=key).first()
    if row is None:
        raise NotFound(what="subscription", name=key, where="GET /api/v1/subscriptions")
    services.unsubscribe(actor=actor, subscription=row)
    row.refresh_from_db()
    return row


@router.get("/notices", response=answers(list[NoticeOut]))
@paginate(Paging)
def list_notices(request: HttpRequest, state: str | None = None, order: str | None = None) -> QuerySet[Notice]:
    """List notices, the newest first."""
    wanted = {name: value for name, value in (("state", state), ("order__number", order)) if value}
    return Notice.objects.select_related("order", "subscription").filter(**wanted)


@router.post("/notices/{key}/resend", response=answers(NoticeOut))
def resend(request: HttpRequest, key: int) -> Notice:
    """Send a notice once more that was given up or delivered; it keeps its identity."""
    actor = actor_for(request, "order")
    rows = Notice.objects.select_related("order", "subscription")
    row = rows.filter(pk=key).first()
    if row is None:
        raise NotFound(what="notice", name=key, where="GET /api/v1/notices")
    services.resend(actor=actor, notice=row)
    return rows.get(pk=key)
