"""What is found to be there or not: a count, scrap, a supply that ends short. Whoever loses what was allocated to it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Sum

from atoll_web.accounts.acting import Actor, acting
from atoll_web.bulk import exchange
from atoll_web.catalogue.models import Item
from atoll_web.stock.errors import LotsDoNotMatch, NotEnoughStock
from atoll_web.stock.models import Balance, Lot, Move, Supply
from atoll_web.stock.services import Piece, locations, lock_supplies, move


@dataclass(frozen=True, slots=True)
class Correction:
    """What a correction did.

    Parameters
    ----------
    move
        The entry of the ledger; None when it agreed already.
    demands
        Keys of the demands that lost units which were allocated to them.
    """

    move: Move | None
    demands: Sequence[int] = ()


def count(*, actor: Actor, item: Item, counted: int, lot: Lot | None = None) -> Correction:
    """Bring the ledger in line with a count of the warehouse. What is missing is taken from whoever needs it last.

    Raises
    ------
    LotsDoNotMatch
        When a numbered item is counted without naming the lot.
    """
    _refuse_wrong_lot(item, counted, lot)
    with acting(actor):
        lock_supplies([item.pk])
        held = _held(item, lot)
        if counted == held:
            return Correction(None)
        if counted < held:
            return _taken_away(actor, item, held - counted, lot, to="adjustment", reference="count")
        places = locations()
        piece = Piece(item.pk, counted - held, "count", lot.pk if lot else None)
        return Correction(move(actor, [piece], source=places["adjustment"], destination=places["stock"])[0])


def scrap(*, actor: Actor, item: Item, quantity: int, lot: Lot | None = None, reference: str = "scrap") -> Correction:
    """Take unusable units out of the warehouse. Those that were allocated are taken from whoever needs them last.

    Raises
    ------
    LotsDoNotMatch
        When a numbered item is scrapped without naming the lot.
    NotEnoughStock
        When fewer are there.
    """
    _refuse_wrong_lot(item, quantity, lot)
    with acting(actor):
        lock_supplies([item.pk])
        if not 1 <= quantity <= (held := _held(item, lot)):
            raise NotEnoughStock(location="the warehouse", held=f"{held} unit(s)", item=item.code, asked=quantity)
        return _taken_away(actor, item, quantity, lot, to="scrap", reference=reference)


def _refuse_wrong_lot(item: Item, units: int, lot: Lot | None) -> None:
    is_numbered = item.tracking != "none"
    if is_numbered and lot is None:
        expected = units if item.tracking == "serial" else 1
        raise LotsDoNotMatch(item=item.code, tracking=item.tracking, quantity=units, expected=expected, given=0)
    if is_numbered != (lot is not None) or (item.tracking == "serial" and units > 1):
        expected = units if item.tracking == "serial" else int(is_numbered)
        given = int(lot is not None)
        raise LotsDoNotMatch(item=item.code, tracking=item.tracking, quantity=units, expected=expected, given=given)


def _held(item: Item, lot: Lot | None) -> int:
    there = Balance.objects.filter(item=item, location__kind="stock", lot=lot)
    return there.aggregate(units=Sum("quantity"))["units"] or 0


def _taken_away(actor: Actor, item: Item, units: int, lot: Lot | None, *, to: str, reference: str) -> Correction:
    demands = _withdraw({Supply.objects.get(item=item, kind="on hand").pk: units})
    places = locations()
    piece = Piece(item.pk, units, reference, lot.pk if lot else None)
    return Correction(move(actor, [piece], source=places["stock"], destination=places[to])[0], demands)


def end_supplies(supplies: Sequence[int]) -> list[int]:
    """Nothing more comes of these supplies; the demands that lose units which were allocated to them. Call it inside `acting`."""
    if not supplies:
        return []
    locked = Supply.objects.select_for_update().filter(id__in=supplies).order_by("id")
    demands = _withdraw(dict(locked.values_list("id", "quantity")))
    Supply.objects.filter(id__in=supplies).update(quantity=0)
    return demands


WITHDRAW = """
WITH beyond AS (
    SELECT s.id, c.units - (s.quantity - s.allocated) AS units
    FROM stock_supply s JOIN unnest(%s::bigint[], %s::bigint[]) c (id, units) ON c.id = s.id
), latest AS (
    SELECT a.id, a.quantity, r.demand_id, beyond.units AS wanted,
           sum(a.quantity) OVER (PARTITION BY beyond.id ORDER BY d.need_date DESC, a.id DESC) - a.quantity AS before
    FROM beyond JOIN stock_allocation a ON a.supply_id = beyond.id
    JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_demand d ON d.id = r.demand_id
), taken AS (
    SELECT id, demand_id, quantity, least(quantity, wanted - before) AS units FROM latest WHERE before < wanted
), gone AS (
    DELETE FROM stock_allocation a USING taken t WHERE a.id = t.id AND t.units = t.quantity
), shrunk AS (
    UPDATE stock_allocation a SET quantity = a.quantity - t.units FROM taken t WHERE a.id = t.id AND t.units < t.quantity
)
SELECT DISTINCT demand_id FROM taken ORDER BY 1
"""


def _withdraw(units: Mapping[int, int]) -> list[int]:
    """Free so many units of each supply, the allocations of the latest need first; the demands that lost some."""
    (rows,) = exchange([(WITHDRAW, [list(units), list(units.values())])])
    return [demand for (demand,) in rows]
