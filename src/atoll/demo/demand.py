"""The orders of a company's customers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atoll.configure import Configurator
from atoll.io import Catalogue, DemandProfile, ModelDemand

HOURS = np.array([1, 1, 0, 0, 0, 1, 2, 4, 9, 14, 15, 12, 8, 11, 14, 13, 10, 7, 5, 6, 7, 6, 4, 2], dtype=np.float64)
"""Relative number of orders in each hour of a day: people at work, and some in the evening."""

SUNDAY = 6
LARGEST = 4
"""Large orders come from the largest customers, one in so many of all."""


@dataclass(frozen=True, slots=True)
class CustomerOrder:
    """What one customer orders at one time.

    Parameters
    ----------
    number
        The customer's own number, unique within a play.
    customer, model
        Codes.
    choices
        A complete valid choice, as JSON keeps it.
    request_date
        The day asked for, or None for as soon as possible.
    """

    number: str
    at: datetime
    customer: str
    model: str
    choices: Mapping[str, Any]
    quantity: int
    request_date: date | None


def demand(data: Catalogue, engines: Mapping[str, Configurator], *, weeks: int, orders: int, seed: int) -> list[CustomerOrder]:
    """Draw the orders of some weeks, sorted by time.

    Days differ by the profile's weekdays and trend; a holiday is like a Sunday. Customers are listed from the largest to the
    smallest: the k-th orders in proportion to ``1 / (k + 2)``, and large orders come from the first quarter. Texts follow the
    profile, and the rest of a configuration the option shares among what then is possible (`Configurator.sample`).

    Parameters
    ----------
    engines
        Configurator of each product model with a share of the demand.
    orders
        How many orders there are, exactly.
    seed
        Equal seeds give equal orders. When, who and what are drawn from streams of their own.
    """
    if weeks < 1 or orders < 0:
        raise ValueError(f"Expected weeks >= 1 and orders >= 0, got {weeks} and {orders}.")
    when, who, what = (np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(3))
    times = _times(data, weeks, orders, when)
    return [
        _order(number, at, data, engines, customer, large, what)
        for number, (at, (customer, large)) in enumerate(zip(times, _customers(data, orders, who), strict=True), 1)
    ]


def _times(data: Catalogue, weeks: int, orders: int, rng: np.random.Generator) -> list[datetime]:
    days = [data.company.start + timedelta(days=n) for n in range(7 * weeks)]
    growth = np.linspace(1, 1 + data.demand.trend, len(days))
    weights = np.array([_weekday_weight(data, day) for day in days]) * growth
    hours = rng.choice(len(HOURS), size=orders, p=HOURS / HOURS.sum())
    chosen = rng.choice(len(days), size=orders, p=weights / weights.sum())
    seconds = rng.integers(3600, size=orders)
    start = datetime.combine(data.company.start, datetime.min.time(), UTC)
    return sorted(
        start + timedelta(days=day, hours=hour, seconds=second)
        for day, hour, second in zip(chosen.tolist(), hours.tolist(), seconds.tolist(), strict=True)
    )


def _weekday_weight(data: Catalogue, day: date) -> float:
    return data.demand.weekday_weights[SUNDAY if day in data.company.calendar.holidays else day.weekday()]


def _customers(data: Catalogue, orders: int, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """The customer of each order, and whether it is a large one."""
    codes = list(data.customers)
    weights = 1 / (np.arange(len(codes)) + 3)
    largest = weights[: -(-len(codes) // LARGEST)]
    for large in (rng.random(orders) < data.demand.large_order_share).tolist():
        yield codes[_draw(largest if large else weights, rng)], large


def _order(
    number: int,
    at: datetime,
    data: Catalogue,
    engines: Mapping[str, Configurator],
    customer: str,
    large: bool,
    rng: np.random.Generator,
) -> CustomerOrder:
    profile = data.demand
    model = profile.models[_draw(np.array([model.share for model in profile.models]), rng)]
    quantity = _between(profile.large_order_units, rng) if large else 1 + int(rng.poisson(model.units_mean - 1))
    return CustomerOrder(
        number=f"WEB-{number:06}",
        at=at,
        customer=customer,
        model=model.code,
        choices=engines[model.code].sample(rng, dict(_written(model, rng))).as_dict(),
        quantity=quantity,
        request_date=_request_date(at.date(), data, profile, rng),
    )


def _written(model: ModelDemand, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """The texts that one customer wishes for."""
    for written in model.texts:
        wanted, place = rng.random() < written.share, int(rng.integers(len(written.texts)))
        if wanted:
            yield written.feature, written.texts[place]


def _request_date(today: date, data: Catalogue, profile: DemandProfile, rng: np.random.Generator) -> date | None:
    if rng.random() >= profile.request_later_share:
        return None
    return data.company.calendar.on_or_after(today + timedelta(days=_between(profile.request_later_days, rng)))


def _between(span: tuple[int, int], rng: np.random.Generator) -> int:
    return int(rng.integers(span[0], span[1], endpoint=True))


def _draw(weights: NDArray[np.float64], rng: np.random.Generator) -> int:
    """A place, in proportion to the weights."""
    return int(rng.choice(len(weights), p=weights / weights.sum()))
