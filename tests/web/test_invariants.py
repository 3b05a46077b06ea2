"""`check-invariants` finds nothing in a business done through the services, and every kind of row broken behind them."""

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection, transaction

from atoll import cli
from atoll_web import invariants
from atoll_web.accounts.acting import Actor, acting
from atoll_web.assembly import services as assembly
from atoll_web.catalogue.models import Item
from atoll_web.planning import services as planning
from atoll_web.planning.models import PlannedOrder
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine
from atoll_web.runs import services as runs
from atoll_web.sales import services as sales
from atoll_web.sales.models import Order, OrderLine
from atoll_web.stock import services as stock
from atoll_web.stock.models import Balance, Supply


@dataclass(frozen=True)
class Break:
    """SQL that breaks rows while neither triggers nor foreign keys look, and the checks that must see it.

    Parameters
    ----------
    unheld
        ``table.constraint`` that would refuse it and is dropped first.
    also
        Further checks that cannot but see the same rows.
    """

    check: str
    sql: str
    unheld: str = ""
    also: frozenset[str] = frozenset()


def also(*names: str) -> frozenset[str]:
    return frozenset(names)


def moves(*legs: tuple[str, str], item: str = "PLATE", quantity: str = "1", lot: str = "NULL") -> str:
    """Moves that lead from place to place; where they end at their beginning, no balance changes."""
    rows = ", ".join(
        f"""((SELECT id FROM catalogue_item WHERE code = '{item}'), {lot}, {quantity},
            (SELECT id FROM stock_location WHERE kind = '{source}'), (SELECT id FROM stock_location WHERE kind = '{destination}'),
            now(), 'broken', (SELECT min(id) FROM accounts_user))"""
        for source, destination in legs
    )
    return f"INSERT INTO stock_move (item_id, lot_id, quantity, source_id, destination_id, at, reference, user_id) VALUES {rows}"


def line_in(state: str) -> str:
    return f"(SELECT min(id) FROM sales_orderline WHERE state = '{state}')"


def balance(change: int, place: str, item: str) -> str:
    return f"""
        UPDATE stock_balance b SET quantity = b.quantity + {change} FROM stock_location l, catalogue_item i
        WHERE l.id = b.location_id AND l.kind = '{place}' AND i.id = b.item_id AND i.code = '{item}'
    """


def journal(before: str, after: str) -> str:
    return f"""
        INSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)
        SELECT 'sales_order', 0, '{before}', '{after}', min(id), now(), now(), '' FROM accounts_user
    """


SHIPPED_UNIT = "(SELECT min(unit_id) FROM sales_shippedunit)"
OPENING_LOT = """(
    SELECT min(lot.id) FROM stock_lot lot JOIN stock_balance b ON b.lot_id = lot.id AND b.quantity = 1
    JOIN stock_location l ON l.id = b.location_id AND l.kind = 'stock' WHERE lot.origin = 'opening'
)"""
THERE_AND_BACK = (("adjustment", "production"), ("production", "adjustment"))

BREAKS = (
    # 1: the ledger
    Break("move_is_positive", moves(("production", "production"), item="BOARD"), unheld="stock_move.move_goes_somewhere"),
    Break(
        "reversal_is_opposite",
        "UPDATE stock_move SET reverses_id = (SELECT min(id) FROM stock_move) WHERE reverses_id IS NOT NULL",
    ),
    Break(
        "move_is_reversed_once",
        """
        INSERT INTO stock_move (item_id, quantity, source_id, destination_id, at, reference, user_id, reverses_id)
        SELECT item_id, quantity, destination_id, source_id, at, reference, user_id, NULL
        FROM stock_move WHERE reverses_id IS NOT NULL
        UNION ALL
        SELECT item_id, quantity, source_id, destination_id, at, reference, user_id, reverses_id
        FROM stock_move WHERE reverses_id IS NOT NULL
        """,
        unheld="stock_move.stock_move_reverses_id_key",
    ),
    Break("numbered_units_move_by_number", moves(*THERE_AND_BACK, item="BOARD", lot=OPENING_LOT)),
    Break("numbered_units_move_by_number", moves(*THERE_AND_BACK, item="TRAFO")),
    Break("numbered_units_move_by_number", moves(*THERE_AND_BACK, item="TRAFO", lot=OPENING_LOT)),
    Break("balance_is_sum_of_moves", f"{balance(1, 'production', 'BOARD')}; {balance(-1, 'adjustment', 'BOARD')}"),
    Break("ledger_sums_to_zero", balance(1, "adjustment", "BOARD"), also=also("balance_is_sum_of_moves")),
    Break("physical_stock_never_negative", moves(("stock", "adjustment"), ("adjustment", "stock"), quantity="1000")),
    Break(
        "lot_holds_at_most_its_quantity",
        f"UPDATE stock_lot SET quantity = 0 WHERE id = {OPENING_LOT}",
        unheld="stock_lot.lot_quantity_positive",
        also=also("serial_number_is_one_unit"),
    ),
    # 2: supply
    Break("on_hand_is_ledger", "UPDATE stock_supply SET quantity = quantity + 1 WHERE kind = 'on hand'"),
    Break("supply_not_over_allocated", "UPDATE stock_supply SET allocated = allocated + 1 WHERE allocated < quantity"),
    Break(
        "requirement_not_over_allocated",
        "UPDATE stock_requirement SET issued = quantity WHERE issued = 0",
        also=also("requirement_is_covered"),
    ),
    Break(
        "what_is_named_is_there",
        "INSERT INTO stock_requirement (demand_id, item_id, quantity, issued) SELECT 0, min(id), 1, 1 FROM catalogue_item",
    ),
    Break("what_is_named_is_there", "UPDATE sales_promise SET made_by_id = 0"),
    Break("what_is_named_is_there", "UPDATE sales_order SET customer_id = 0"),
    Break(
        "allocation_within_an_item",
        """
        UPDATE stock_allocation a SET supply_id = CASE WHEN a.id = pair.one THEN pair.theirs ELSE pair.mine END
        FROM (
            SELECT x.id AS one, y.id AS other, x.supply_id AS mine, y.supply_id AS theirs
            FROM stock_allocation x JOIN stock_allocation y ON y.quantity = x.quantity AND y.supply_id <> x.supply_id
            JOIN stock_supply s ON s.id = x.supply_id AND s.kind = 'on hand'
            JOIN stock_supply t ON t.id = y.supply_id AND t.kind = 'on hand'
            LIMIT 1
        ) pair WHERE a.id IN (pair.one, pair.other)
        """,
    ),
    Break("purchase_supply_is_still_to_come", "UPDATE purchasing_purchaseorderline SET quantity = quantity + 1"),
    Break(
        "received_is_sum_of_receipts", "UPDATE purchasing_purchaseorderline SET quantity = quantity + 1, received = received + 1"
    ),
    Break(
        "receipt_is_in_the_ledger",
        """
        UPDATE purchasing_receipt SET quantity = quantity + 1;
        UPDATE purchasing_purchaseorderline l SET quantity = quantity + 1, received = received + 1
        WHERE EXISTS (SELECT 1 FROM purchasing_receipt WHERE line_id = l.id)
        """,
    ),
    Break("build_supply_is_still_to_come", "UPDATE assembly_buildorder SET quantity = quantity + 1 WHERE state = 'planned'"),
    # 3: promises
    Break("confirmed_line_has_one_promise", f"UPDATE sales_promise SET in_force = false WHERE line_id = {line_in('confirmed')}"),
    Break(
        "line_requires_its_order_bill",
        f"""
        UPDATE stock_requirement SET quantity = quantity + 1, issued = issued + 1
        WHERE demand_id = (SELECT demand_id FROM sales_orderline WHERE id = {line_in("confirmed")})
        """,
    ),
    Break(
        "requirement_is_covered",
        """
        UPDATE stock_requirement SET quantity = quantity + 1 WHERE demand_id IN (
            SELECT d.id FROM stock_demand d JOIN assembly_buildorder b ON b.supply_id = d.builds_id WHERE b.state = 'planned'
        )
        """,
    ),
    Break(
        "only_alternates_are_taken_instead",
        """UPDATE sales_promise SET basis = basis || '{"instead": {"FOOT": "FOOT"}}' WHERE in_force""",
    ),
    Break("promise_names_its_supplies", """UPDATE sales_promise SET basis = basis || '{"supplies": [], "planned": []}'"""),
    Break("promise_names_its_slots", """UPDATE sales_promise SET basis = basis || '{"slots": []}'"""),
    Break("promise_agrees_with_its_slots", "UPDATE sales_promise SET need_date = need_date - 1 WHERE in_force"),
    Break(
        "delivery_has_one_date",
        """
        UPDATE sales_promise p SET ship_date = ship_date + 1
        FROM sales_orderline l WHERE l.id = p.line_id AND p.in_force AND l.position = 2
        """,
    ),
    Break(
        "slip_marks_promise",
        """
        UPDATE stock_supply s SET due = due + 100 WHERE EXISTS (
            SELECT 1 FROM stock_allocation a JOIN stock_requirement r ON r.id = a.requirement_id
            JOIN sales_orderline l ON l.demand_id = r.demand_id WHERE a.supply_id = s.id
        )
        """,
    ),
    Break("build_waits_for_its_components", "UPDATE stock_demand SET need_date = '2000-01-03' WHERE builds_id IS NOT NULL"),
    Break(
        "build_waits_for_its_components",
        """
        UPDATE stock_demand SET need_date = need_date + 1000
        WHERE builds_id IN (SELECT supply_id FROM assembly_buildorder WHERE state = 'planned')
        """,
    ),
    Break("line_day_not_overbooked", "UPDATE catalogue_lineday SET reserved = reserved + 1"),
    Break(
        "slots_cover_the_work",
        """
        UPDATE sales_slotreservation SET minutes = minutes + 1;
        UPDATE catalogue_lineday d
        SET reserved = (SELECT coalesce(sum(minutes), 0) FROM sales_slotreservation WHERE line_day_id = d.id)
        """,
    ),
    # 4: configurations
    Break(
        "equal_configurations_are_one",
        """
        WITH copy AS (
            INSERT INTO catalogue_configuration (revision_id, key, "values", price, cost, minutes)
            SELECT revision_id, key, "values", price, cost, minutes FROM catalogue_configuration RETURNING id
        ) SELECT count(*) FROM copy
        """,
        unheld="catalogue_configuration.equal_configurations_share_a_row",
    ),
    Break("only_released_models_are_ordered", "UPDATE catalogue_revision SET valid_from = valid_from + 100"),
    Break("released_document_is_unchanged", """UPDATE catalogue_revision SET document = document || '{"name": "other"}'"""),
    Break("configuration_satisfies_rules", "UPDATE catalogue_configuration SET key = 'other ' || id"),
    Break(
        "configuration_satisfies_rules",
        """
        UPDATE catalogue_configuration SET "values" = "values" || '{"head": "HEAD-L", "arm": "ARM-S"}'
        WHERE id = (SELECT max(id) FROM catalogue_configuration)
        """,
        also=also("order_bill_follows_configuration"),
    ),
    Break(
        "order_bill_follows_configuration",
        """
        UPDATE catalogue_orderbillline b SET quantity = b.quantity + 1 FROM sales_orderline l
        WHERE l.configuration_id = b.configuration_id AND l.state = 'cancelled'
        """,
    ),
    # 5: assembly and shipment
    Break(
        "assembly_order_has_its_units",
        "UPDATE catalogue_productmodel SET end_item_id = (SELECT id FROM catalogue_item WHERE code = 'FOOT')",
    ),
    Break(
        "build_order_has_its_units",
        """
        UPDATE assembly_buildorder SET item_id = (SELECT id FROM catalogue_item WHERE code = 'LAMP') WHERE state = 'completed'
        """,
        also=also("build_supply_is_still_to_come"),
    ),
    Break(
        "unit_contains_its_bill",
        """
        UPDATE assembly_asbuilt SET unit_id = (SELECT max(unit_id) FROM assembly_asbuilt)
        WHERE item_id = (SELECT id FROM catalogue_item WHERE code = 'DIMMER')
        """,
    ),
    Break(
        "contents_name_their_lots",
        """
        UPDATE assembly_asbuilt a SET lot_id = b.lot_id FROM assembly_asbuilt b
        WHERE b.unit_id = a.unit_id AND b.item_id <> a.item_id AND a.lot_id IS NOT NULL AND b.lot_id IS NOT NULL
        """,
        also=also("what_was_built_in_left_the_lines"),
    ),
    Break("lot_is_built_in_once", "UPDATE stock_lot SET used = used - 1 WHERE used > 0"),
    Break("serial_number_is_one_unit", f"UPDATE stock_lot SET quantity = 2 WHERE id = {OPENING_LOT}"),
    Break(
        "what_was_built_in_left_the_lines",
        moves(("stock", "line"), ("line", "production"), ("production", "stock"), item="BOARD"),
    ),
    Break("kit_is_what_was_required", "UPDATE assembly_kitline SET quantity = quantity + 1"),
    Break("shipped_line_has_its_units", "DELETE FROM sales_shippedunit", also=also("shipped_unit_left_the_ledger")),
    Break(
        "shipped_unit_was_assembled_for_its_line",
        f"UPDATE sales_shipment SET order_id = (SELECT order_id FROM sales_orderline WHERE id = {line_in('confirmed')})",
    ),
    Break(
        "shipped_unit_left_the_ledger",
        f"""
        {moves(("customer", "production"), item="LAMP", lot=SHIPPED_UNIT)};
        {balance(-1, "customer", "LAMP")}; {balance(1, "production", "LAMP")}
        """,
    ),
    Break(
        "shipped_order_is_complete",
        f"""
        UPDATE sales_orderline SET position = 2, order_id = (SELECT min(id) FROM sales_order WHERE state = 'shipped')
        WHERE id = {line_in("confirmed")}
        """,
    ),
    Break(
        "delivery_left_together",
        f"""
        UPDATE sales_order SET ship_complete = true;
        UPDATE sales_orderline SET position = 2, order_id = (SELECT min(id) FROM sales_order WHERE state = 'shipped')
        WHERE id = {line_in("confirmed")}
        """,
        also=also("shipped_order_is_complete"),
    ),
    Break(
        "delivery_left_together",
        f"""
        UPDATE sales_orderline SET delivery_group = 'A';
        UPDATE sales_orderline SET position = 2, order_id = (SELECT min(id) FROM sales_order WHERE state = 'shipped')
        WHERE id = {line_in("confirmed")}
        """,
        also=also("shipped_order_is_complete"),
    ),
    Break(
        "line_changed_before_its_assembly",
        f"UPDATE sales_orderchange SET recorded_at = recorded_at + interval '1 day', line_id = {line_in('shipped')}",
    ),
    Break(
        "line_follows_its_assembly_order",
        f"UPDATE assembly_finalassemblyorder SET order_line_id = {line_in('confirmed')} WHERE state = 'released'",
    ),
    # 6: runs
    Break("run_says_what_it_computes", "UPDATE runs_run SET kind = ''"),
    Break("run_is_done_with_its_result", "UPDATE runs_run SET result = 'null'", unheld="runs_run.run_done_has_result"),
    Break(
        "run_ends_after_it_begins",
        "UPDATE runs_run SET ended_at = started_at - interval '1 hour'",
        unheld="runs_run.run_ends_when_it_has_ended",
    ),
    # 7: states
    Break("last_recorded_state_is_the_state", "UPDATE planning_plannedorder SET state = 'discarded' WHERE state <> 'discarded'"),
    Break("change_is_allowed", journal("", "shipped")),
    Break("chain_of_changes_is_unbroken", journal("draft", "confirmed")),
    Break("change_has_its_user", "UPDATE accounts_statechange SET user_id = 0"),
)


@pytest.fixture
def business(company) -> None:
    """The company with orders, purchases and builds in every state, all done through the services."""
    do_business(company)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with waiting triggers cannot be altered


def do_business(company) -> None:
    clerk, tuesday = company.actor("admin"), company.today + timedelta(days=1)
    items = {item.code: item for item in Item.objects.all()}
    build_drivers(clerk, items["DRIVER"])
    shipped, assembled, _, released = lines = [
        line_of(company.order(**choices)) for choices in ({"dimmer": "DIMMER"}, {"extras": ["CLAMP"]}, {"cable": 3}, {})
    ]
    cancelled = company.order(engraving="Never built")
    company.order(quantity=8, head="HEAD-L", arm="ARM-L")  # waits for a purchase, and for feet that wait for drivers
    sales.change_order(actor=clerk, order=cancelled, lines=[sales.LineChange(1, quantity=2)])
    sales.cancel(actor=clerk, order=cancelled)
    replenish(clerk)
    orders = assembly.release(actor=company.actor("planner", tuesday), lines=lines)
    assembly.kit(actor=company.actor("warehouse", tuesday), orders=[o for o in orders if o.order_line_id != released.pk])
    done = [order for order in orders if order.order_line_id in (shipped.pk, assembled.pk)]
    assembly.complete(actor=company.actor("assembler", tuesday), orders=done)
    assembly.ship(actor=company.actor("warehouse", tuesday), lines=[shipped])
    held = Balance.objects.get(item=items["PLATE"], location__kind="stock").quantity
    found = sales.count(actor=clerk, item=items["PLATE"], counted=held + 5).move
    propose_twice(clerk)
    stock.reverse(actor=clerk, entry=found)
    sales.enter_order(actor=clerk, customer="ACME", lines=[sales.NewLine("DL", {})] * 2, ship_complete=True)
    with pytest.raises(ZeroDivisionError):
        runs.carry_out(actor=clerk, run=runs.create(actor=clerk, kind="stock policies", parameters={}), work=lambda tell: 1 // 0)


def propose_twice(clerk: Actor) -> None:
    """One proposal is applied, one discarded."""
    for end in (sales.apply_proposal, sales.discard_proposal):
        asked = sales.ask_proposal(actor=clerk, policy=sales.Policy.KEEP)
        end(actor=clerk, proposal=sales.compute_proposal(actor=clerk, proposal=asked))


def line_of(order: Order) -> OrderLine:
    return order.lines.get()


def build_drivers(clerk: Actor, driver: Item) -> None:
    """One build is completed, one kitted."""
    with acting(clerk):
        supplies = [sales.plan_into_stock(clerk, driver, 1) for _ in range(2)]
    builds = assembly.open_builds(actor=clerk, supplies=supplies)
    assembly.kit_builds(actor=clerk, orders=builds)
    assembly.complete_builds(actor=clerk, orders=builds[:1])


def replenish(clerk: Actor) -> None:
    """Buy and build what planning proposes; one delivery arrives, one in part, one slips."""
    planning.plan(actor=clerk)
    proposed = PlannedOrder.objects.filter(state="proposed")
    planning.plan_builds(actor=clerk, planned=proposed.filter(kind="build"))
    assembly.open_builds(actor=clerk, supplies=list(Supply.objects.filter(kind="planned", consumes__isnull=False)))
    planning.release_purchases(actor=clerk, planned=proposed.filter(kind="purchase"))
    whole, part, late, *_ = PurchaseOrderLine.objects.order_by("-quantity", "id").select_related("supply", "item", "order")
    deliveries = [purchasing.Delivery(whole, whole.quantity), purchasing.Delivery(part, part.quantity - 1)]
    purchasing.receive(actor=clerk, deliveries=deliveries)
    purchasing.slip(actor=clerk, line=late, due=late.supply.due + timedelta(days=30))
    planning.plan(actor=clerk)


def violated() -> dict[str, int]:
    return {check.name: check.violations for check in invariants.check().violated}


def execute(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.rowcount


def test_a_business_done_through_the_services_violates_nothing(business):
    report = invariants.check()
    assert {check.name: check.examples for check in report.violated} == {}
    assert {check.invariant for check in report} == {1, 2, 3, 4, 5, 6, 7}
    assert [check.name for check in report if not check.rows] == []


def test_every_check_reports_the_rows_that_were_broken_and_no_other_does(business, subtests):
    assert {change.check for change in BREAKS} == {check.name for check in invariants.check()}
    for change in BREAKS:
        with subtests.test(change.check, sql=change.sql), transaction.atomic():
            if change.unheld:
                execute("ALTER TABLE {} DROP CONSTRAINT {}".format(*change.unheld.split(".")))
            execute("SET LOCAL session_replication_role = replica")
            assert execute(change.sql) > 0
            assert set(violated()) == {change.check} | change.also
            transaction.set_rollback(True)


def test_the_command_ends_with_1_and_tells_what_is_violated(business, capsys):
    assert cli.run(["check-invariants", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema_version"], document["violations"]) == (1, 0)
    execute("SET LOCAL session_replication_role = replica")
    execute(
        "UPDATE stock_supply SET quantity = quantity + 1 WHERE id = (SELECT min(id) FROM stock_supply WHERE kind = 'on hand')"
    )
    assert cli.run(["check-invariants", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["violations"] == 1
    (found,) = (check for check in document["checks"] if check["violations"])
    assert (found["name"], found["rows"] > 1) == ("on_hand_is_ledger", True)
    assert cli.run(["check-invariants"]) == 1
    assert "on_hand_is_ledger" in capsys.readouterr().out
