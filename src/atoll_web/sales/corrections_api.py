"""Counts and scrap: the ledger follows, and promises that lose units are marked at risk."""

from django.http import HttpRequest
from ninja import Field, Router, Schema

from atoll_web.door import Input, actor_for, answers
from atoll_web.sales import services
from atoll_web.stock.api import MoveOut, item_of, lot_of

router = Router()


class CountIn(Input):
    """What was counted in the warehouse."""

    counted: int = Field(ge=0)
    lot: str | None = Field(None, description="Lot or serial number, for a tracked item")
    reason: str = Field("", max_length=200)


class CountOut(Schema):
    """The move that brought the ledger in line, if one was needed."""

    item: str
    counted: int
    correction: MoveOut | None


class ScrapIn(Input):
    """Units that cannot be used."""

    quantity: int = Field(ge=1)
    lot: str | None = Field(None, description="Lot or serial number, for a tracked item")
    reason: str = Field("", max_length=200)


@router.post("/items/{code}/count", response=answers(CountOut))
def count(request: HttpRequest, code: str, payload: CountIn) -> dict:
    """Bring the ledger in line with a count of the warehouse. Missing units are taken from whoever needs them last."""
    actor = actor_for(request, "count", payload.reason)
    item = item_of(code)
    lot = lot_of(item, payload.lot) if payload.lot else None
    correction = services.count(actor=actor, item=item, counted=payload.counted, lot=lot)
    return {"item": code, "counted": payload.counted, "correction": correction}


@router.post("/items/{code}/scrap", response=answers(MoveOut))
def scrap(request: HttpRequest, code: str, payload: ScrapIn) -> object:
    """Take unusable units out of the warehouse; those that were allocated are taken from whoever needs them last."""
    actor = actor_for(request, "count", payload.reason)
    item = item_of(code)
    lot = lot_of(item, payload.lot) if payload.lot else None
    return services.scrap(actor=actor, item=item, quantity=payload.quantity, lot=lot)
