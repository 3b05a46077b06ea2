"""What is read and locked for promises: supplies, assembly lines and their days."""

from collections.abc import Iterable
from datetime import date
from enum import Enum

from atoll_web.bulk import MANY, Statement, exchange
from atoll_web.purchasing.snapshot import LATE
from atoll_web.sales.held import Held
from atoll_web.sales.snapshot.master import Master, master
from atoll_web.sales.snapshot.problem import Work


class Lock(Enum):
    """What of assembly lines and supplies is kept for a transaction until it ends, in SQL for the lines and the supplies."""

    NOTHING = ("", "")
    """For answers that reserve nothing."""

    SHARED = (", pg_advisory_xact_lock_shared(hashtextextended('assembly line ' || l.id, 0))", "")
    """Others may promise at the same time. What two of them take together beyond what is there, constraints refuse the second."""

    ALONE = (", pg_advisory_xact_lock(hashtextextended('assembly line ' || l.id, 0))", "FOR NO KEY UPDATE")
    """Nobody else promises on these lines, nor takes these supplies: what is promised can be written."""


SUPPLIES = f"""
SELECT s.id, s.item_id, s.kind, s.reference, s.due, s.margin_days, s.quantity - s.allocated, {LATE}
FROM (SELECT * FROM stock_supply WHERE item_id = ANY(%s::bigint[]) AND is_free ORDER BY id {{lock}}) s
"""
"""What is late is looked for outside: its cost, which most of them do not have, would lead the planner to read all supplies."""

LINES = """
SELECT l.id, l.code, l.productmodel_id {lock} FROM (
    SELECT l.id, l.code, b.productmodel_id
    FROM catalogue_assemblyline l JOIN catalogue_assemblyline_builds b ON b.assemblyline_id = l.id
    WHERE b.productmodel_id = ANY(%s::bigint[]) ORDER BY l.id
) l
"""
"""Whoever takes time of a line locks the line first, by a lock for which those who want it alone and those who share it queue
in one line: its days are read, chosen and reserved by one alone, or by those who share it and let the constraints decide.

Those who wait for it look at the supplies only afterwards. Who waited for supplies would look at each of them once more.
"""

SUPPLIES_GIVEN_BACK = f"""
SELECT s.id, s.item_id, s.kind, s.reference, s.due, s.margin_days, s.free, {LATE} FROM (
    SELECT s.*, s.quantity - s.allocated + coalesce(held.units, 0) AS free
    FROM stock_supply s LEFT JOIN unnest(%s::bigint[], %s::bigint[]) held (id, units) ON held.id = s.id
    WHERE ((s.item_id = ANY(%s::bigint[]) AND s.is_free) OR s.id = ANY(%s::bigint[])) AND s.id <> ALL(%s::bigint[])
    ORDER BY s.id
) s
"""
"""Without the planned supplies that go with those who held them."""

TIMES = """
SELECT id, line_id, day - %s, capacity - reserved FROM catalogue_lineday
WHERE line_id IN (SELECT assemblyline_id FROM catalogue_assemblyline_builds WHERE productmodel_id = ANY(%s::bigint[]))
    AND day > %s AND day <= %s AND reserved < capacity
ORDER BY day, line_id
"""

TIMES_GIVEN_BACK = """
SELECT d.id, d.line_id, d.day - %s,
    least(d.capacity - d.reserved + coalesce(held.minutes, 0), CASE WHEN d.day = %s THEN own.minutes END)
FROM catalogue_lineday d LEFT JOIN unnest(%s::bigint[], %s::bigint[]) held (id, minutes) ON held.id = d.id
LEFT JOIN unnest(%s::bigint[], %s::bigint[]) own (id, minutes) ON own.id = d.id
WHERE d.line_id IN (SELECT assemblyline_id FROM catalogue_assemblyline_builds WHERE productmodel_id = ANY(%s::bigint[]))
    AND (d.day > %s OR (d.day = %s AND own.minutes > 0)) AND d.day <= %s
    AND d.capacity - d.reserved + coalesce(held.minutes, 0) > 0
ORDER BY d.day, d.line_id
"""
"""Of today what the lines themselves hold or held: there is no other time that anybody could still be promised."""


def statements(
    keys: list[int], models: list[int], there: Master, *, lock: Lock, back: Held | None, own_time: Held | None
) -> tuple[Statement, ...]:
    of_lines, of_supplies = lock.value
    today, last = there.today, there.last_day or there.today
    lines = (LINES.format(lock=of_lines), [models])
    supplies: Statement = (SUPPLIES.format(lock=of_supplies), [today, today, today, keys])
    if back:
        units = back.units
        supplies = (
            SUPPLIES_GIVEN_BACK,
            [today, today, today, list(units), list(units.values()), keys, list(units), list(back.planned)],
        )
    if not back and not own_time:
        return lines, supplies, (TIMES, [today, models, today, last])
    minutes, own = back.minutes if back else {}, own_time.minutes if own_time else {}
    of_days = [list(minutes), list(minutes.values()), list(own), list(own.values())]
    return lines, supplies, (TIMES_GIVEN_BACK, [today, today, *of_days, models, today, today, last])


OPEN_SUPPLIES = """
SELECT id FROM stock_supply WHERE item_id = ANY(%s::bigint[]) AND quantity > 0 ORDER BY id FOR NO KEY UPDATE
"""

HELD_AND_FREE_SUPPLIES = """
WITH RECURSIVE held (id) AS (
    SELECT a.supply_id FROM stock_requirement r JOIN stock_allocation a ON a.requirement_id = r.id
    WHERE r.demand_id = ANY(%s::bigint[])
    UNION
    SELECT a.supply_id FROM held JOIN stock_demand d ON d.builds_id = held.id
    JOIN stock_requirement r ON r.demand_id = d.id JOIN stock_allocation a ON a.requirement_id = r.id
)
SELECT id FROM stock_supply WHERE id IN (
    SELECT id FROM held UNION SELECT id FROM stock_supply WHERE item_id = ANY(%s::bigint[]) AND is_free
) ORDER BY id FOR NO KEY UPDATE
"""
"""Those of the items that have something free, and what demands hold through any number of levels of builds."""


def lock(works: Iterable[Work], today: date, demands: Iterable[int]) -> None:
    """Lock all that promises for some order lines touch, before what they hold is given back and they are promised anew.

    Parameters
    ----------
    demands
        Keys of the demands that give back what they hold.
    """
    works = list(works)
    keys = master(today).items.reachable(set[int]().union(*(work.touches() for work in works)))
    models = sorted({work.product_model_id for work in works if work.product_model_id is not None})
    # Very many lines hold most of what is there, which takes longer to find than to lock.
    supplies = (OPEN_SUPPLIES, [keys]) if len(works) >= MANY else (HELD_AND_FREE_SUPPLIES, [[*demands], keys])
    of_lines, _ = Lock.ALONE.value
    exchange([(LINES.format(lock=of_lines), [models]), supplies])
