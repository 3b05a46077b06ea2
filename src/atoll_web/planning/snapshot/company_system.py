"""The company's orders, receipts and forecasts as an assemble-to-order system."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date

import numpy as np
from django.db import connection
from django.db.models.functions import Least

from atoll.model.system import Integers
from atoll.stocking.order_mix import Bill, ItemSupply, LearnedSystem, ModelDemand, learn_system
from atoll_web.accounts.models import Company
from atoll_web.catalogue.models import BillLine, Item, OrderBillLine
from atoll_web.catalogue.services import orderable_revision
from atoll_web.catalogue.snapshot import configurator, structure, super_bill
from atoll_web.planning.errors import NoForecast
from atoll_web.planning.models import Forecast, StockPolicy
from atoll_web.purchasing.models import SupplierItem
from atoll_web.sales.models import OrderLine
from atoll_web.sales.states import CANCELLED

REVIEW_DAYS = 1
"""Planning runs once a working day, so an order to a supplier waits about so long for its evening."""

FEW_RECEIPTS = 10
"""With fewer of an item its supplier's punctuality tells the lead times."""

SUPPOSED = 40
"""Equally likely lead times that stand for a supplier's punctuality."""

RECEIVED = """
SELECT i.code, (r.at AT TIME ZONE 'UTC')::date - (o.ordered_at AT TIME ZONE 'UTC')::date
FROM purchasing_receipt r
JOIN purchasing_purchaseorderline l ON l.id = r.line_id
JOIN purchasing_purchaseorder o ON o.id = l.order_id
JOIN catalogue_item i ON i.id = l.item_id
ORDER BY r.id
"""
"""Item and days from purchase order to receipt, of each receipt."""


@dataclass(frozen=True, slots=True, eq=False)
class CompanySystem:
    """The company's system, and the levels in force.

    Parameters
    ----------
    learned
        The system, in days, with what is known of it.
    level
        Levels in force, reorder point + lot; shape (m,). Planning orders when the position is below the base stock, and then in
        lots, so its reorder point is the base stock − 1.
    models
        Demand that it was learned from.
    receipts
        How many receipts of each item tell its lead times; 0 where too few do.
    """

    learned: LearnedSystem
    level: Integers
    models: tuple[ModelDemand, ...]
    receipts: Mapping[str, int]

    @property
    def order_lines(self) -> int:
        """Past order lines that it was learned from."""
        return sum(len(model.ordered) for model in self.models)

    @property
    def ahead_share(self) -> float:
        """Share of the past order lines that came before they wanted their units."""
        ahead = [days > 0 for model in self.models for days in model.ahead]
        return sum(ahead) / len(ahead) if ahead else 0.0


def company_system(
    today: date, *, samples: int, seed: int, holding_rate: float, stop: Callable[[], bool] = lambda: False
) -> CompanySystem:
    """Learn the company's assemble-to-order system from its rows.

    Parameters
    ----------
    samples
        Configurations drawn of each product model by its option shares.
    holding_rate
        Cost of holding stock for a year, as a share of its value.
    stop
        Once it says so no more configurations are drawn; the system is then of no use.

    Raises
    ------
    NoForecast
        When no model has a forecast.
    """
    forecasts = list(Forecast.objects.select_related("product_model").order_by("product_model__code"))
    if not forecasts:
        raise NoForecast()
    ordered = _ordered()
    streams = np.random.SeedSequence(seed).spawn(len(forecasts))
    models = [
        ModelDemand(
            model=(code := forecast.product_model.code),
            daily_units=forecast.weekly_units / 7,
            lumpiness=forecast.units_per_order,
            ordered=tuple((bill, units) for bill, units, _ in ordered[code]),
            drawn=tuple(drawn_bills(code, today, samples, np.random.default_rng(stream), stop)),
            ahead=tuple(days for _, _, days in ordered[code]),
        )
        for forecast, stream in zip(forecasts, streams, strict=True)
    ]
    received = _received()
    learned = learn_system(models, _item_supplies(received), holding_rate=holding_rate, name=Company.objects.get().name)
    in_force = dict(StockPolicy.objects.values_list("item__code", "base_stock"))
    base_stock = np.array([in_force.get(code, 0) for code in learned.system.components], dtype=np.int64)
    level = np.maximum(base_stock - 1 + learned.lot, 0)
    receipts = {code: len(days) for code, days in received.items() if len(days) >= FEW_RECEIPTS}
    return CompanySystem(learned, level, tuple(models), receipts)


def drawn_bills(
    model: str, today: date, samples: int, rng: np.random.Generator, stop: Callable[[], bool] = lambda: False
) -> list[Bill]:
    """Order bills of configurations of a model, drawn under its rules by the option shares; one at least."""
    revision, successors = orderable_revision(model, today), _successors()
    engine, whole = configurator(revision, today), super_bill(revision, structure())
    bills: list[Bill] = []
    while len(bills) < samples and not (bills and stop()):
        lines = whole.resolve(engine.sample(rng)).lines
        bills.append(_current(((line.item, line.quantity) for line in lines), successors))
    return bills


def _successors() -> Mapping[str, str]:
    """What takes the place of each obsolete item; nothing where nobody said so."""
    rows = Item.objects.filter(active=False).values_list("code", "replaced_by__code")
    return {code: successor or "" for code, successor in rows}


def _current(lines: Iterable[tuple[str, int]], successors: Mapping[str, str]) -> Bill:
    """What the lines take nowadays."""
    units: dict[str, int] = defaultdict(int)
    for item, quantity in lines:
        while item in successors:
            item = successors[item]
        if item:
            units[item] += quantity
    return tuple(sorted(units.items()))


def _ordered() -> dict[str, list[tuple[Bill, int, int]]]:
    """Bill, units, and days until it wanted its units, of each order line that was not cancelled, by model.

    A customer who asks for a later day wants the units when assembly begins for it.
    """
    lines = OrderLine.objects.exclude(state=CANCELLED).order_by("id")
    wanted = Least("demand__need_date", "request_date")  # without a promise there is no need date, which PostgreSQL leaves out
    names = ("configuration__revision__product_model__code", "configuration_id", "quantity", "order__ordered_at")
    rows = list(lines.annotate(wanted=wanted).values_list(*names, "wanted"))
    bills: dict[int, list[tuple[str, int]]] = defaultdict(list)
    taken = OrderBillLine.objects.filter(configuration__order_lines__in=lines).distinct()
    for key, item, units in taken.values_list("configuration_id", "item__code", "quantity"):
        bills[key].append((item, units))
    successors, found = _successors(), defaultdict[str, list[tuple[Bill, int, int]]](list)
    made = {key: _current(bill, successors) for key, bill in bills.items()}
    for model, key, units, ordered_at, day in rows:
        found[model].append((made.get(key, ()), units, max(0, (day - ordered_at.astimezone(UTC).date()).days)))
    return found


def _received() -> Mapping[str, list[float]]:
    """Days that each item took from purchase order to receipt, as often as it was received."""
    received: dict[str, list[float]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(RECEIVED)
        for code, days in cursor.fetchall():
            received[code].append(float(days))
    return received


def _item_supplies(received: Mapping[str, list[float]]) -> Mapping[str, ItemSupply]:
    """All stocked items: value, lead times, and what they are built of."""
    parts: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for parent, component, units in BillLine.objects.values_list("parent_id", "component__code", "quantity"):
        parts[parent].append((component, units))
    successors = _successors()
    sources = {row.item_id: row for row in SupplierItem.objects.filter(preferred=True).select_related("supplier")}
    return {
        item.code: ItemSupply(
            value=float(item.cost),
            lead_times=_lead_times(item, source := sources.get(item.pk), received.get(item.code, ())),
            parts=_current(parts.get(item.pk, ()), successors),
            lot=max(source.minimum_quantity, source.multiple) if source else 1,
        )
        for item in Item.objects.filter(active=True).exclude(kind="end item")
    }


def _lead_times(item: Item, source: SupplierItem | None, received: Sequence[float]) -> tuple[float, ...]:
    if source is None:
        return (float(REVIEW_DAYS - (-item.build_days * 7 // 5)),)
    if len(received) >= FEW_RECEIPTS:
        return tuple(days + REVIEW_DAYS for days in received)
    late = SUPPOSED - round(source.supplier.on_time * SUPPOSED)
    # Delays are geometric; each late one stands for an equal part of them.
    chance = (np.arange(late) + 0.5) / max(late, 1)
    stay = 1 - 1 / max(1.0, source.supplier.mean_delay_days)
    delays = 1 + np.floor(np.log1p(-chance) / np.log(stay)) if stay > 0 else np.ones(late)
    usual = float(source.lead_time_days + REVIEW_DAYS)
    return (usual,) * (SUPPOSED - late) + tuple((usual + delays).tolist())
