"""Books kept beside the system: what must be in the warehouse, and what was promised, by sums of their own."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import accumulate

from django.db import connection
from django.db.models import F, Sum

from atoll_web.catalogue.models import Item
from atoll_web.sales import states
from atoll_web.sales.models import OrderLine, Promise
from atoll_web.stock.models import Allocation, Balance, Demand, Requirement, Supply

ALWAYS = date.min
"""When on-hand stock is there."""


def digest() -> dict[str, str]:
    """What each table of the database holds, in a few letters."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        tables = [table for (table,) in cursor.fetchall()]
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', md5(string_agg(row::text, ';' ORDER BY row::text)) FROM {table} row" for table in tables
            )
        )
        return dict(cursor.fetchall())


def commit() -> None:
    """Let the database check all that it checks at the end of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def in_warehouse() -> Counter[str]:
    """Units by item code, as the balances say."""
    rows = Balance.objects.filter(location__kind="stock", quantity__gt=0).values_list("item__code")
    return Counter(dict(rows.annotate(units=Sum("quantity"))))


def taken_by(demands: Iterable[Demand | None]) -> Counter[str]:
    """Units by item code that demands require."""
    rows = Requirement.objects.filter(demand__in=[demand for demand in demands if demand])
    taken = Counter[str]()
    for code, units in rows.values_list("item__code", "quantity"):
        taken[code] += units
    return taken


def over_promised() -> list[str]:
    """Items and days by which more units are promised than will have come.

    Counts what order bills and builds take against what comes, whatever the allocations say. Who knows of a delay (a promise at
    risk) is left out.
    """
    takes: dict[int, Counter[date]] = defaultdict(Counter)
    comes: dict[int, Counter[date]] = defaultdict(Counter)
    for item, due, units in Supply.objects.values_list("item_id", "due", "quantity"):
        comes[item][due or ALWAYS] += units
    for item, day, units in [*_taken_by_orders(), *_taken_by_builds()]:
        takes[item][day] += units
    codes = dict(Item.objects.values_list("id", "code"))
    return [
        f"{wanted} × {codes[item]} until {day}, {there} come"
        for item in takes
        for day, wanted in zip(sorted(takes[item]), accumulate(takes[item][d] for d in sorted(takes[item])), strict=True)
        if wanted > (there := sum(units for due, units in comes[item].items() if due <= day))
    ]


def _taken_by_orders() -> Iterator[tuple[int, date, int]]:
    """Of each line that is promised and not laid out yet: its order bill, on the day on which its assembly begins."""
    waiting = Promise.objects.filter(in_force=True, at_risk=False, line__state__in=states.PROMISED)
    waiting = waiting.exclude(line__demand__requirements__issued__gt=0)
    bills = waiting.values_list(
        "line__configuration__order_bill__item", "need_date", F("line__configuration__order_bill__quantity") * F("line__quantity")
    )
    yield from bills


def _taken_by_builds() -> Iterator[tuple[int, date, int]]:
    """Of each build that is not laid out yet: its bill, on the day on which it begins."""
    builds = Demand.objects.filter(builds__quantity__gt=0).exclude(requirements__issued__gt=0)
    yield from builds.values_list(
        "builds__item__bill__component", "need_date", F("builds__item__bill__quantity") * F("builds__quantity")
    )


def promised_before_components(after: int) -> list[str]:
    """Promises with keys beyond `after` that begin or ship before what they rest on is due, a supplier's margin included."""
    fresh = Promise.objects.filter(id__gt=after, in_force=True).select_related("line")
    by_demand = {promise.line.demand_id: promise for promise in fresh}
    found = []
    pegs = Allocation.objects.filter(requirement__demand__in=by_demand, supply__due__isnull=False)
    for demand, code, due, margin in pegs.values_list(
        "requirement__demand", "supply__item__code", "supply__due", "supply__margin_days"
    ):
        promise = by_demand[demand]
        if min(promise.need_date, promise.ship_date) < due + timedelta(days=margin):
            found.append(f"{promise.line} begins {promise.need_date} and takes {code}, due {due} with a margin of {margin} days")
    return found


def held() -> dict[str, Counter[tuple[object, ...]]]:
    """What is taken of supplies and of the time of assembly lines, and what is planned."""
    return {
        "supplies": Counter(Supply.objects.values_list("item__code", "kind", "due", "quantity", "allocated")),
        "time": Counter(OrderLine.objects.filter(slots__isnull=False).values_list("id", "slots__line_day", "slots__minutes")),
    }
