"""Product models and how they are configured, bills of material."""

from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest
from ninja import Field, Router, Schema

from atoll_web.accounts.acting import business_time
from atoll_web.catalogue import services, states
from atoll_web.catalogue.models import Item, ProductModel, Revision
from atoll_web.door import Choices, Input, Money, NotFound, answers, plain

router = Router()


class ModelOut(Schema):
    """A product model and the revision that is ordered today."""

    code: str
    name: str
    end_item: str
    revision: str | None = Field(description="Empty when it cannot be ordered today")
    valid_from: date | None
    valid_until: date | None = Field(description="First day on which this revision can no longer be ordered")


class RevisionOut(Schema):
    """The revision of a product model that is ordered today."""

    model: str
    revision: str
    state: str
    valid_from: date
    valid_until: date | None
    digest: str = Field(description="Equal documents have equal digests")
    document: dict[str, Any] = Field(description="Features, options with attributes and prices, rules, super bill")


class ChoicesIn(Input):
    """What was chosen so far; all the rest is completed."""

    choices: Choices = Field({}, description="Value by feature: an option's code, a number, a text, or a list of codes")


class PricePart(Schema):
    """What a price is made of."""

    text: str
    amount: Money


class BillItem(Schema):
    """Units of an item."""

    item: str
    name: str
    quantity: int


class Candidate(Schema):
    """A value of a feature."""

    value: str | int | list[str]
    possible: bool = Field(description="Whether some valid configuration has it together with all the other choices")


class ConfiguredOut(Schema):
    """A complete valid configuration."""

    model: str
    revision: str
    key: str = Field(description="Equal configurations of one revision have equal keys")
    values: dict[str, Any]
    price: Money
    price_parts: list[PricePart]
    minutes: int = Field(description="Work of final assembly for one unit")
    order_bill: list[BillItem] = Field(description="What one unit takes from stock")
    domains: dict[str, list[Candidate]]


class BillOut(Schema):
    """What goes into an item, and what the item goes into."""

    item: str
    name: str
    components: list[BillItem] = Field(description="Quantity per unit of the item")
    where_used: list[BillItem] = Field(description="Quantity of this item in each of these")


@router.get("/models", response=answers(list[ModelOut]))
def list_models(request: HttpRequest) -> list[dict]:
    """List the product models, with the revision that is ordered today."""
    today = business_time().date()
    released = Revision.objects.filter(state=states.RELEASED, valid_from__lte=today).exclude(valid_until__lte=today)
    models = ProductModel.objects.select_related("end_item").prefetch_related(
        Prefetch("revisions", released.defer("document"), to_attr="today")
    )
    return [_model(model, *model.today[:1]) for model in models]


def _model(model: ProductModel, revision: Revision | None = None) -> dict:
    return {
        "code": model.code,
        "name": model.name,
        "end_item": model.end_item.code,
        "revision": revision and revision.name,
        "valid_from": revision and revision.valid_from,
        "valid_until": revision and revision.valid_until,
    }


@router.get("/models/{code}", response=answers(RevisionOut))
def get_model(request: HttpRequest, code: str) -> dict:
    """Show the whole document of the revision that is ordered today."""
    revision = services.orderable_revision(code, business_time().date())
    return {
        "model": revision.product_model.code,
        "revision": revision.name,
        "state": revision.state,
        "valid_from": revision.valid_from,
        "valid_until": revision.valid_until,
        "digest": revision.digest,
        "document": revision.document,
    }


@router.post("/models/{code}/configure", response=answers(ConfiguredOut))
def configure(request: HttpRequest, code: str, payload: ChoicesIn) -> dict:
    """Complete choices to a valid configuration, with its price and what could be chosen instead.

    Refused with `invalid-configuration` when the choices do not go together; `facts` then names the smallest set of `rules`
    and `choices` that contradict each other. Nothing is written.
    """
    today = business_time().date()
    revision = services.orderable_revision(code, today)
    made = services.configure(revision, payload.choices, today)
    items = Item.objects.in_bulk(made.resolved.bill)
    return {
        "model": code,
        "revision": revision.name,
        "key": made.resolved.key,
        "values": made.resolved.values,
        "price": made.resolved.price,
        "price_parts": [{"text": text, "amount": amount} for text, amount in made.price_parts],
        "minutes": made.resolved.minutes,
        "order_bill": [
            {"item": items[key].code, "name": items[key].name, "quantity": n} for key, n in made.resolved.bill.items()
        ],
        "domains": {
            feature: [{"value": plain(value), "possible": possible} for value, possible in values.items()]
            for feature, values in made.domains.items()
        },
    }


@router.get("/bills/{item}", response=answers(BillOut))
def get_bill(request: HttpRequest, item: str) -> dict:
    """Show the bill of material of an item, one level down and one level up."""
    row = Item.objects.prefetch_related("bill__component", "where_used__parent").filter(code=item).first()
    if row is None:
        raise NotFound(what="item", name=item, where="GET /api/v1/items")
    return {
        "item": row.code,
        "name": row.name,
        "components": [
            {"item": line.component.code, "name": line.component.name, "quantity": line.quantity} for line in row.bill.all()
        ],
        "where_used": [
            {"item": line.parent.code, "name": line.parent.name, "quantity": line.quantity} for line in row.where_used.all()
        ],
    }
