"""What programs may ask about a model while they choose: every value at once, conflicts, completions, samples, counts."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from atoll_web.accounts.acting import business_time
from atoll_web.catalogue import compiling, configuring
from atoll_web.catalogue.models import Revision
from atoll_web.catalogue.services import orderable_revision
from atoll_web.door import Choices, Input, Money, answers, plain
from atoll_web.sales import services
from atoll_web.sales.availability import Availability

router = Router()

MOST_SAMPLES = 1_000


class StateIn(Input):
    """What was chosen so far."""

    choices: Choices = Field({}, description="Value by feature")
    quantity: int = Field(1, ge=1, le=100_000, description="Units that the dates are for")
    customer: str = Field("", description="Whom they are for: what is protected for customers of other classes is not free")


class CompleteIn(StateIn):
    """What was chosen so far, and how the rest is to be completed."""

    aim: Literal["cheapest", "earliest", "popular"]


class SampleIn(Input):
    """What was chosen so far, and how many configurations are wanted."""

    choices: Choices = Field({}, description="Value by feature")
    size: int = Field(1, ge=1, le=MOST_SAMPLES)
    seed: int = Field(0, ge=0, description="Equal seeds give equal samples")


class ValueState(Schema):
    """A value of a feature beside all other choices."""

    value: str | int
    possible: bool
    lowest_price: Money | None = Field(
        description="Of the cheapest product with it; empty where there is none or it is not known"
    )
    ships: date | None = Field(description="The earliest day on which such a product can ship; empty where that is not known")
    gives_up: int | None = Field(
        description="Other choices that must be given up for it, at least; empty where that is not known"
    )


class EngineOut(Schema):
    """What answers: SAT alone, or a compiled form with it."""

    engine: str = Field(description="SAT, decision diagram or d-DNNF")
    nodes: int | None
    seconds: float | None = Field(description="That the compilation took")
    configurations: str | None = Field(description="Of the model, in digits, texts aside; empty without a compiled form")


class StateOut(Schema):
    """All values of all features under the choices; texts have none to list."""

    model: str
    revision: str
    engine: EngineOut
    configurations: str | None = Field(description="How many keep the choices, in digits; empty without a compiled form")
    values: dict[str, list[ValueState]]


class ConflictOut(Schema):
    """Why choices do not go together, and the fewest that could be given up; all empty where they do."""

    text: str
    rules: list[str]
    choices: dict[str, Any]
    repairs: list[dict[str, Any]] = Field(description="Each a smallest set of choices, by feature")


class CompletedOut(Schema):
    """Choices with as many more as it takes for the rest to follow."""

    choices: dict[str, Any]


class SamplesOut(Schema):
    """Configurations that keep the choices, each drawn as likely as every other; none without a compiled form."""

    samples: list[dict[str, Any]]


class CountsOut(Schema):
    """How many configurations keep the choices, and how many have each value besides; in digits, empty without a form."""

    configurations: str | None
    values: dict[str, dict[str, str]]


def _asked(code: str) -> tuple[Revision, date]:
    today = business_time().date()
    return orderable_revision(code, today), today


@router.post("/models/{code}/state", response=answers(StateOut))
def state(request: HttpRequest, code: str, payload: StateIn) -> dict:
    """Tell of every value whether it is possible, the lowest price and the earliest day with it, and what it gives up."""
    revision, today = _asked(code)
    told, row = (
        configuring.state(revision, payload.choices, today, _available(revision, payload, today)),
        compiling.form_row(revision, today),
    )
    return {
        "model": code,
        "revision": revision.name,
        "engine": _engine(row if told.configurations is not None else None),
        "configurations": told.configurations,
        "values": {feature: [_value(told, feature, value) for value in values] for feature, values in told.possible.items()},
    }


def _available(revision: Revision, asked: StateIn, today: date) -> Callable[[Any], Availability]:
    """Reads what is available for the products of a compiled form."""
    customer_class = services.class_of(asked.customer)
    return lambda form: Availability(form.needs, revision.product_model_id, asked.quantity, today, customer_class)


def _engine(row: Any) -> dict:
    if row is None:
        return {"engine": "SAT", "nodes": None, "seconds": None, "configurations": None}
    return {name: getattr(row, name) for name in ("engine", "nodes", "seconds", "configurations")}


def _value(told: configuring.Told, feature: str, value: Any) -> dict:
    cents = told.lowest.get(feature, {}).get(value)
    gives_up = told.gives_up.get(feature, {}).get(value)
    return {
        "value": plain(value),
        "possible": told.possible[feature][value],
        "lowest_price": Decimal(int(cents)) / 100 if cents is not None and isfinite(cents) else None,
        "ships": told.ships.get(feature, {}).get(value),
        "gives_up": int(gives_up) if gives_up is not None and isfinite(gives_up) else None,
    }


@router.post("/models/{code}/explain", response=answers(ConflictOut))
def explain(request: HttpRequest, code: str, payload: StateIn) -> Mapping[str, Any]:
    """Explain why choices do not go together: rules and choices none of which can be left out, and the smallest repairs."""
    revision, today = _asked(code)
    return configuring.conflict(revision, payload.choices, today)


@router.post("/models/{code}/complete", response=answers(CompletedOut))
def complete(request: HttpRequest, code: str, payload: CompleteIn) -> dict:
    """Complete choices the cheapest, earliest or most popular way. What the model cannot do leaves them as they are."""
    revision, today = _asked(code)
    return {
        "choices": plain(
            configuring.completed(revision, payload.choices, payload.aim, today, _available(revision, payload, today))
        )
    }


@router.post("/models/{code}/samples", response=answers(SamplesOut))
def samples(request: HttpRequest, code: str, payload: SampleIn) -> dict:
    """Draw configurations that keep the choices, evenly among all of them."""
    revision, today = _asked(code)
    return {"samples": plain(configuring.samples(revision, payload.choices, today, payload.size, payload.seed))}


@router.post("/models/{code}/counts", response=answers(CountsOut))
def counts(request: HttpRequest, code: str, payload: StateIn) -> Mapping[str, Any]:
    """Count the configurations that keep the choices, exactly, and those with each value."""
    revision, today = _asked(code)
    return configuring.counts(revision, payload.choices, today)
