"""Use cases of stock. Every function works on whole sets and locks supplies first, in the order of their keys."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice

from django.db.models import F, Sum

from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.accounts.numbering import numbers
from atoll_web.bulk import exchange, update_each
from atoll_web.catalogue.models import Item
from atoll_web.catalogue.snapshot import calendar
from atoll_web.stock.errors import AlreadyReversed, DuplicateLot, LotsDoNotMatch, NotEnoughStock, Shortage
from atoll_web.stock.models import PHYSICAL, Allocation, Balance, Demand, Location, Lot, Move, Requirement, Supply
from atoll_web.stock.triggers import OUTDATED_BUILDS

LOCATIONS = {
    "stock": ("MAIN", "Main warehouse"),
    "line": ("LINE", "Laid out on the lines"),
    "finished": ("OUT", "Finished units"),
    "supplier": ("SUPPLIER", "Suppliers"),
    "customer": ("CUSTOMER", "Customers"),
    "production": ("PRODUCTION", "Production"),
    "scrap": ("SCRAP", "Scrap"),
    "adjustment": ("COUNT", "Count differences"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Units of an item, of one lot where the item is tracked."""

    item_id: int
    quantity: int
    reference: str
    lot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Units of an expected supply that became stock.

    Parameters
    ----------
    numbers
        Serial numbers or the lot number; generated when empty.
    """

    supply: Supply
    quantity: int
    reference: str
    numbers: tuple[str, ...] = ()


Wanted = tuple[Item, int, str, tuple[str, ...]]


def make_locations() -> None:
    """The places and their virtual other sides, once."""
    Location.objects.bulk_create(
        [Location(kind=kind, code=code, name=name) for kind, (code, name) in LOCATIONS.items()], ignore_conflicts=True
    )


def locations() -> dict[str, Location]:
    """The location of each kind."""
    return {location.kind: location for location in Location.objects.all()}


def move(actor: Actor, pieces: Iterable[Piece], *, source: Location, destination: Location) -> list[Move]:
    """Write moves to the ledger. Call it inside `acting`; the database refuses stock below zero."""
    return Move.objects.bulk_create(
        [
            Move(
                item_id=piece.item_id,
                lot_id=piece.lot_id,
                quantity=piece.quantity,
                source=source,
                destination=destination,
                at=actor.at,
                reference=piece.reference,
                user=actor.user,
            )
            for piece in pieces
        ]
    )


@begun_again_after_deadlock
def reverse(*, actor: Actor, entry: Move) -> Move:
    """Take a move back by its opposite. The moved units must still be where they went, and free."""
    with acting(actor):
        if Move.objects.filter(reverses=entry).exists():
            raise AlreadyReversed(move=entry.pk)
        _require_there(entry)
        _require_free(entry.item, entry.destination, entry.quantity)
        return Move.objects.create(
            item=entry.item,
            lot=entry.lot,
            quantity=entry.quantity,
            source=entry.destination,
            destination=entry.source,
            at=actor.at,
            reference=entry.reference,
            user=actor.user,
            reverses=entry,
        )


def _require_there(entry: Move) -> None:
    """Refuse to take back units that have gone on from where the move put them."""
    there = Balance.objects.filter(item=entry.item, location=entry.destination, lot=entry.lot)
    held = there.aggregate(units=Sum("quantity"))["units"] or 0
    if entry.destination.kind in PHYSICAL and held < entry.quantity:
        what = f"{entry.item.code} {entry.lot or ''}".strip()
        raise NotEnoughStock(location=entry.destination.code, held=f"{held} unit(s)", item=what, asked=entry.quantity)


def _require_free(item: Item, location: Location, quantity: int) -> None:
    """Refuse to take units away that are not there or that are allocated."""
    if location.kind != "stock":
        return
    supply = Supply.objects.select_for_update().filter(item=item, kind="on hand").first()
    free = supply.quantity - supply.allocated if supply else 0
    if free < quantity:
        raise NotEnoughStock(location=location.code, held=f"{free} free unit(s)", item=item.code, asked=quantity)


def lock_supplies(item_ids: Iterable[int]) -> list[Supply]:
    """All open supplies of the items, locked in the order of their keys: the first step of whatever allocates."""
    return list(Supply.objects.select_for_update().filter(item_id__in=set(item_ids), quantity__gt=0).order_by("id"))


GIVE_BACK = """
WITH given AS (
    SELECT id FROM stock_requirement WHERE demand_id = ANY(%s::bigint[]) AND issued = 0
), back AS (
    DELETE FROM stock_allocation a USING given WHERE a.requirement_id = given.id RETURNING a.supply_id
)
SELECT DISTINCT s.id FROM back JOIN stock_supply s ON s.id = back.supply_id WHERE s.kind = 'planned'
"""

DROP_REQUIREMENTS = "DELETE FROM stock_requirement WHERE demand_id = ANY(%s::bigint[]) AND issued = 0"

ORPHANS = """
SELECT s.id, d.id FROM stock_supply s LEFT JOIN stock_demand d ON d.builds_id = s.id
WHERE s.id = ANY(%s::bigint[]) AND s.kind = 'planned' AND s.allocated = 0
"""


def outdated_builds() -> set[int]:
    """Keys of the builds that nobody has opened yet and whose bill has changed since they were planned."""
    (rows,) = exchange([(OUTDATED_BUILDS, [])])
    return {supply for (supply,) in rows}


SHRUNK_BUILDS = """
SELECT s.id, d.id AS kit, s.quantity AS before, s.allocated AS left
FROM stock_supply s JOIN stock_demand d ON d.builds_id = s.id
WHERE s.id = ANY(%s::bigint[]) AND s.kind = 'planned' AND s.quantity > s.allocated AND s.allocated > 0
"""

GIVE_BACK_PART = f"""
WITH shrunk AS ({SHRUNK_BUILDS}), needed AS (
    SELECT r.id, (r.quantity * shrunk.left + shrunk.before - 1) / shrunk.before AS units
    FROM shrunk JOIN stock_requirement r ON r.demand_id = shrunk.kit
), kept AS (
    SELECT a.id, a.supply_id, a.quantity, greatest(least(a.quantity, n.units - coalesce(sum(a.quantity) OVER (
        PARTITION BY n.id ORDER BY s.due NULLS FIRST, s.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0)), 0) AS units
    FROM needed n JOIN stock_allocation a ON a.requirement_id = n.id JOIN stock_supply s ON s.id = a.supply_id
), gone AS (
    DELETE FROM stock_allocation a USING kept WHERE a.id = kept.id AND kept.units = 0
), less AS (
    UPDATE stock_allocation a SET quantity = kept.units FROM kept
    WHERE a.id = kept.id AND kept.units > 0 AND kept.units < kept.quantity
)
SELECT DISTINCT s.id FROM kept JOIN stock_supply s ON s.id = kept.supply_id
WHERE kept.units < kept.quantity AND s.kind = 'planned'
"""
"""Of builds for several demands, what the others do not take: the latest goes first, and they keep what is sure."""

SHRINK_KITS = f"""
UPDATE stock_requirement r SET quantity = (r.quantity * shrunk.left + shrunk.before - 1) / shrunk.before
FROM ({SHRUNK_BUILDS}) shrunk WHERE r.demand_id = shrunk.kit
"""

SHRUNK = """
UPDATE stock_supply s SET quantity = s.allocated
WHERE s.id = ANY(%s::bigint[]) AND s.kind = 'planned' AND s.quantity > s.allocated
"""
"""What is planned for several demands is for what the others still take."""


def release_demands(demand_ids: Iterable[int]) -> None:
    """Give back all that the demands hold, at once, and what was planned for them alone, with one round for each level."""
    demands = list(demand_ids)
    planned, _ = exchange([(GIVE_BACK, [demands]), (DROP_REQUIREMENTS, [demands])])
    if planned:
        drop_unneeded([supply for (supply,) in planned])


def drop_unneeded(planned: Sequence[int]) -> None:
    """Take away what is planned of these supplies and nothing rests on any more, with what its builds hold."""
    (orphans,) = exchange([(ORPHANS, [planned])])
    builds = [build for _, build in orphans if build]
    if builds:
        release_demands(builds)
    unneeded, *_ = exchange(
        [
            (GIVE_BACK_PART, [planned]),
            (SHRINK_KITS, [planned]),
            ("DELETE FROM stock_demand WHERE id = ANY(%s::bigint[])", [builds]),
            ("DELETE FROM stock_supply WHERE id = ANY(%s::bigint[])", [[supply for supply, _ in orphans]]),
            (SHRUNK, [planned]),
        ]
    )
    if unneeded:
        drop_unneeded([supply for (supply,) in unneeded])


SHRINK = """
WITH change AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) c (requirement, supply, units)), gone AS (
    DELETE FROM stock_allocation a USING change c
    WHERE a.requirement_id = c.requirement AND a.supply_id = c.supply AND a.quantity = c.units
)
UPDATE stock_allocation a SET quantity = a.quantity - c.units FROM change c
WHERE a.requirement_id = c.requirement AND a.supply_id = c.supply AND a.quantity <> c.units
"""

GROW = """
INSERT INTO stock_allocation (requirement_id, supply_id, quantity)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) ORDER BY 1, 2
ON CONFLICT (requirement_id, supply_id) DO UPDATE SET quantity = stock_allocation.quantity + excluded.quantity
"""


def repeg(changes: Mapping[tuple[int, int], int]) -> None:
    """Change allocations by so many units for each requirement and supply, what shrinks first. Lock the supplies before."""
    shrunk = [(*pair, -units) for pair, units in changes.items() if units < 0]
    grown = [(*pair, units) for pair, units in changes.items() if units > 0]
    both = ((SHRINK, shrunk), (GROW, grown))
    exchange([(sql, [list(column) for column in zip(*rows, strict=True)]) for sql, rows in both if rows])


def shortages(demands: Iterable[Demand]) -> dict[int, dict[str, int]]:
    """Units not yet on hand for each demand, by item code; demands that are clear to build are left out."""
    demands, missing = list(demands), defaultdict[int, dict[str, int]](dict)
    held = _allocated_on_hand(demands)
    rows = Requirement.objects.filter(demand__in=[d.pk for d in demands], issued__lt=F("quantity")).values_list(
        "id", "demand_id", "item__code", "quantity", "issued"
    )
    for requirement, demand, code, quantity, issued in rows:
        if (gap := quantity - issued - held.get(requirement, 0)) > 0:
            missing[demand][code] = gap
    return dict(missing)


def refuse_short(demands: Iterable[Demand]) -> None:
    """Raise `Shortage` unless all that the demands take is allocated on hand."""
    if missing := shortages(demands):
        codes = sorted({f"{n} × {code}" for lines in missing.values() for code, n in lines.items()})
        raise Shortage(missing=", ".join(codes), demands=sorted(missing))


def _allocated_on_hand(demands: Iterable[Demand]) -> dict[int, int]:
    return dict(
        Allocation.objects.filter(requirement__demand__in=[d.pk for d in demands], supply__kind="on hand")
        .values("requirement")
        .annotate(units=Sum("quantity"))
        .values_list("requirement", "units")
    )


def issue(actor: Actor, demands: Sequence[Demand]) -> dict[int, list[Piece]]:
    """Take all that the demands hold from the warehouse to the lines, oldest lots first. Call it inside `acting`.

    Returns
    -------
    dict
        The pieces that were laid out, by demand key.

    Raises
    ------
    Shortage
        When something is not on hand; nothing is taken then.
    """
    unissued = Requirement.objects.filter(demand__in=[d.pk for d in demands], issued__lt=F("quantity"))
    requirements = list(unissued.select_related("item").defer("item__attributes").order_by("id"))
    lock_supplies(r.item_id for r in requirements)
    refuse_short(demands)
    picked = _pick(requirements, {demand.pk: str(demand) for demand in demands})
    Allocation.objects.filter(requirement__in=requirements).delete()
    Requirement.objects.filter(id__in=[r.pk for r in requirements]).update(issued=F("quantity"))
    places = locations()
    move(actor, chain.from_iterable(picked.values()), source=places["stock"], destination=places["line"])
    return picked


def _pick(requirements: Sequence[Requirement], references: Mapping[int, str]) -> dict[int, list[Piece]]:
    """Which lots each demand gets: the oldest of each item first, demands in the order of their requirements."""
    tracked = {r.item_id for r in requirements if r.item.tracking != "none"}
    lots: dict[int, list[list[int]]] = defaultdict(list)
    balances = (
        Balance.objects.select_for_update()
        .filter(item_id__in=tracked, location__kind="stock", quantity__gt=0, lot__isnull=False)
        .order_by("item_id", "lot_id")
    )
    for item, lot, quantity in balances.values_list("item_id", "lot_id", "quantity"):
        lots[item].append([lot, quantity])
    for queue in lots.values():
        queue.reverse()
    picked: dict[int, list[Piece]] = defaultdict(list)
    for requirement in requirements:
        left, reference = requirement.quantity - requirement.issued, references[requirement.demand_id]
        if requirement.item_id not in tracked:
            picked[requirement.demand_id].append(Piece(requirement.item_id, left, reference))
        else:
            picked[requirement.demand_id].extend(_take(requirement.item, lots[requirement.item_id], left, reference))
    return picked


def _take(item: Item, queue: list[list[int]], quantity: int, reference: str) -> Iterable[Piece]:
    while quantity:
        if not queue:
            raise NotEnoughStock(location="the warehouse", held="no numbered unit", item=item.code, asked=quantity)
        lot, held = queue[-1]
        taken = min(held, quantity)
        quantity -= taken
        queue[-1][1] -= taken
        if not queue[-1][1]:
            queue.pop()
        yield Piece(item.pk, taken, reference, lot)


def make_lots(actor: Actor, wanted: Sequence[Wanted]) -> list[list[Piece]]:
    """Number what arrives: one lot for each serial number, one for a lot, none for an untracked item.

    Parameters
    ----------
    wanted
        Item, quantity, origin and numbers; numbers are made where none are given.
    """
    lots, spans = [], []
    for (item, quantity, origin, given), made in zip(wanted, _made_numbers(wanted), strict=True):
        rows = [
            Lot(item=item, number=number, quantity=units, origin=origin, made_at=actor.at)
            for number, units in _numbered(item, quantity, given or made)
        ]
        spans.append(len(rows))
        lots.extend(rows)
    _refuse_duplicates(lots)
    saved = iter(Lot.objects.bulk_create(lots))
    return [
        [Piece(item.pk, lot.quantity, origin, lot.pk) for lot in islice(saved, span)] or [Piece(item.pk, quantity, origin)]
        for (item, quantity, origin, _), span in zip(wanted, spans, strict=True)
    ]


def _numbers_needed(item: Item, quantity: int) -> int:
    return {"serial": quantity, "lot": 1, "none": 0}[item.tracking]


def _made_numbers(wanted: Sequence[Wanted]) -> list[tuple[str, ...]]:
    """Numbers for those pieces that came without, from one sequence."""
    needs = [0 if given else _numbers_needed(item, quantity) for item, quantity, _, given in wanted]
    fresh = iter(numbers("lot", sum(needs)))
    return [tuple(islice(fresh, need)) for need in needs]


def _numbered(item: Item, quantity: int, given: tuple[str, ...]) -> list[tuple[str, int]]:
    """Each number with its units."""
    expected = _numbers_needed(item, quantity)
    if len(given) != expected or len(set(given)) != expected:
        raise LotsDoNotMatch(item=item.code, tracking=item.tracking, quantity=quantity, expected=expected, given=len(set(given)))
    return [(number, 1 if item.tracking == "serial" else quantity) for number in given]


def _refuse_duplicates(lots: Sequence[Lot]) -> None:
    """Say which numbers exist already; the unique constraint holds it against a second writer."""
    new = {(lot.item_id, lot.number) for lot in lots}
    rows = Lot.objects.filter(item__in={i for i, _ in new}, number__in={n for _, n in new})
    known = rows.values_list("item_id", "number", "item__code")
    if old := sorted((code, number) for item, number, code in known if (item, number) in new):
        raise DuplicateLot(item=old[0][0], numbers=", ".join(number for _, number in old))


def arrive(actor: Actor, arrivals: Sequence[Arrival], *, source: str) -> list[list[Piece]]:
    """Expected units became stock; what was allocated on them is allocated on hand, earliest need first. Call it inside `acting`.

    Parameters
    ----------
    source
        Kind of the virtual location they come from: ``supplier`` or ``production``.
    """
    supplies = lock_supplies(arrival.supply.item_id for arrival in arrivals)
    pieces = make_lots(actor, [(a.supply.item, a.quantity, a.reference, a.numbers) for a in arrivals])
    places = locations()
    move(actor, chain.from_iterable(pieces), source=places[source], destination=places["stock"])
    on_hand = dict(
        Supply.objects.filter(kind="on hand", item__in=[a.supply.item_id for a in arrivals]).values_list("item_id", "id")
    )
    transfer([(a.supply.pk, on_hand[a.supply.item_id], a.quantity) for a in arrivals])
    arrived = Counter[int]()
    for arrival in arrivals:
        arrived[arrival.supply.pk] += arrival.quantity
    changed = [supply for supply in supplies if supply.pk in arrived]
    for supply in changed:
        supply.quantity -= arrived[supply.pk]
    update_each(changed, ["quantity"])
    return pieces


def transfer(transfers: Sequence[tuple[int, int, int]]) -> None:
    """Move allocations from one supply to another of the same item, earliest need first.

    Parameters
    ----------
    transfers
        Supply, supply that takes its place, and up to how many units.
    """
    left, target = Counter[int](), {}
    for source, to, quantity in transfers:
        left[source] += quantity
        target[source] = to
    held = Allocation.objects.filter(supply__in=target).order_by("requirement__demand__need_date", "id")
    changes = Counter[tuple[int, int]]()
    for requirement, supply, quantity in held.values_list("requirement_id", "supply_id", "quantity"):
        units = min(quantity, left[supply])
        left[supply] -= units
        changes[requirement, supply] -= units
        changes[requirement, target[supply]] += units
    repeg(changes)


def slip(supply: Supply, due: date) -> set[int]:
    """The supply comes on another day; builds which wait for it move with it. Call it inside `acting`.

    Returns
    -------
    set
        Keys of the supplies whose date changed. The database marks the promises that rest on them.
    """
    lock_supplies([supply.item_id])
    Supply.objects.filter(pk=supply.pk).update(due=due)
    moved = {supply.pk}
    # Another slip may move the same build at the same time: who comes second looks at the date that the first one gave it.
    waiting = Requirement.objects.filter(allocations__supply=supply).values("demand")
    late = (
        Demand.objects.select_for_update(of=("self",))
        .filter(id__in=waiting, builds__isnull=False, need_date__lt=due)
        .select_related("builds__item")
        .order_by("id")
    )
    days = calendar()
    for demand in late:
        demand.need_date = days.on_or_after(due)
        demand.save(update_fields=["need_date"])
        moved |= slip(demand.builds, days.add(demand.need_date, demand.builds.item.build_days))
    return moved


def open_stock(*, actor: Actor, quantities: Mapping[Item, int]) -> None:
    """Enter the stock with which a company begins."""
    wanted = [(item, quantity, "opening", ()) for item, quantity in quantities.items() if quantity]
    with acting(actor):
        pieces = make_lots(actor, wanted)
        places = locations()
        move(actor, chain.from_iterable(pieces), source=places["adjustment"], destination=places["stock"])
