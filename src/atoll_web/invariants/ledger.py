"""Invariant 1: physical stock is an append-only ledger of moves; balances are its sums; nothing physical is ever negative."""

from atoll_web.invariants.query import Query

PHYSICAL = "('stock', 'line', 'finished')"

SIDES = f"""
SELECT m.id, m.item_id, l.id AS location_id, l.kind IN {PHYSICAL} AS physical, m.quantity,
    CASE WHEN l.kind IN {PHYSICAL} THEN m.lot_id END AS lot_id
FROM stock_move m JOIN stock_location l ON l.id = m.destination_id
UNION ALL
SELECT m.id, m.item_id, l.id, l.kind IN {PHYSICAL}, -m.quantity, CASE WHEN l.kind IN {PHYSICAL} THEN m.lot_id END
FROM stock_move m JOIN stock_location l ON l.id = m.source_id
"""
"""Each move twice: what came to its destination and what left its source; by lot in physical places, as balances are."""

SUMS = f"SELECT item_id, location_id, lot_id, physical, sum(quantity) AS quantity FROM ({SIDES}) side GROUP BY 1, 2, 3, 4"

QUERIES = (
    Query(
        "move_is_positive",
        1,
        "Every move takes at least one unit from one location to another.",
        "SELECT 1 FROM stock_move",
        """
        SELECT concat('move ', id, ' of ', quantity, ' units from location ', source_id, ' to ', destination_id)
        FROM stock_move WHERE quantity <= 0 OR source_id = destination_id
        """,
    ),
    Query(
        "reversal_is_opposite",
        1,
        "A reversing move is later than the move that it takes back, and its exact opposite.",
        "SELECT 1 FROM stock_move WHERE reverses_id IS NOT NULL",
        """
        SELECT concat('move ', r.id, ' does not take back move ', m.id)
        FROM stock_move r JOIN stock_move m ON m.id = r.reverses_id
        WHERE r.id <= m.id OR (r.item_id, r.quantity, r.source_id, r.destination_id) <> (m.item_id, m.quantity,
            m.destination_id, m.source_id)
           OR r.lot_id IS DISTINCT FROM m.lot_id
        """,
    ),
    Query(
        "move_is_reversed_once",
        1,
        "No move is taken back twice.",
        "SELECT DISTINCT reverses_id FROM stock_move WHERE reverses_id IS NOT NULL",
        """
        SELECT concat('move ', reverses_id, ' is reversed ', count(*), ' times')
        FROM stock_move WHERE reverses_id IS NOT NULL GROUP BY reverses_id HAVING count(*) > 1
        """,
    ),
    Query(
        "numbered_units_move_by_number",
        1,
        "A move of a numbered item names a lot of it, a serial number moves alone, an item without numbers names none.",
        "SELECT 1 FROM stock_move",
        """
        SELECT concat('move ', m.id, ' of ', i.code, ' (', i.tracking, ') names lot ', coalesce(lot.number, 'none'))
        FROM stock_move m JOIN catalogue_item i ON i.id = m.item_id LEFT JOIN stock_lot lot ON lot.id = m.lot_id
        WHERE (i.tracking = 'none') <> (m.lot_id IS NULL) OR lot.item_id <> m.item_id OR (i.tracking = 'serial'
            AND m.quantity <> 1)
        """,
    ),
    Query(
        "balance_is_sum_of_moves",
        1,
        "Every balance is the sum of the moves of its item, location and lot, and no balance is missing.",
        "SELECT 1 FROM stock_balance",
        f"""
        SELECT concat('item ', coalesce(b.item_id, s.item_id), ' at location ', coalesce(b.location_id, s.location_id),
                      ' has a balance of ', coalesce(b.quantity::text, 'nothing'), ' and moves of ', coalesce(s.quantity, 0))
        FROM stock_balance b FULL JOIN ({SUMS}) s
          ON s.item_id = b.item_id AND s.location_id = b.location_id AND coalesce(s.lot_id, 0) = coalesce(b.lot_id, 0)
        WHERE coalesce(s.quantity, 0) <> coalesce(b.quantity, 0) OR b.id IS NULL OR b.physical <> s.physical
        """,
    ),
    Query(
        "ledger_sums_to_zero",
        1,
        "The balances of an item over all locations, the virtual ones included, sum to zero.",
        "SELECT DISTINCT item_id FROM stock_balance",
        """
        SELECT concat('the balances of item ', item_id, ' sum to ', sum(quantity))
        FROM stock_balance GROUP BY item_id HAVING sum(quantity) <> 0
        """,
    ),
    Query(
        "physical_stock_never_negative",
        1,
        # Services lock the supplies of an item before they move it, so moves take effect in the order of their keys.
        "No item and no lot was below zero in a physical location after any move of the ledger.",
        f"SELECT 1 FROM ({SIDES}) side WHERE physical",
        f"""
        SELECT concat('item ', item_id, ' lot ', coalesce(lot_id::text, 'none'), ' at location ', location_id, ' fell to ',
                      min(held))
        FROM (
            SELECT item_id, location_id, lot_id, sum(quantity) OVER (
                PARTITION BY item_id, location_id, lot_id ORDER BY id ROWS UNBOUNDED PRECEDING
            ) AS held
            FROM ({SIDES}) side WHERE physical
        ) run WHERE held < 0 GROUP BY item_id, location_id, lot_id
        """,
    ),
    Query(
        "lot_holds_at_most_its_quantity",
        1,
        "The physical locations together never hold more of a lot than the lot has.",
        "SELECT 1 FROM stock_lot",
        f"""
        SELECT concat('lot ', lot.number, ' of ', lot.quantity, ' units is held ', sum(s.quantity), ' times')
        FROM ({SUMS}) s JOIN stock_lot lot ON lot.id = s.lot_id
        GROUP BY lot.id HAVING sum(s.quantity) > lot.quantity
        """,
    ),
)
