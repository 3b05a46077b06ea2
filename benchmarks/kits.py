"""Kits from stock on hand by each rule, and new promises for all open lines after all receipts are late and stock was lost.

`python -m benchmarks.kits` prints these rows alone; `ATOLL_PEERS` names the peers' generator, see `benchmarks.peers`.
"""

from dataclasses import replace
from time import process_time

import numpy as np

from atoll.promise import Policy, ServeBy, all_or_nothing_kits, line_by_line_kits, optimised_kits, promise, repromise
from benchmarks import peers
from benchmarks.measure import Row

ORDERS, LINES = 450, 500
"""The first 450 orders of a company with 500 lines wait for their kits."""

SLIP_DAYS, KEPT_SHARE = 20, 0.7
"""Days by which every receipt is late, and the share of the stock on hand that is left."""


def run(*, quick: bool) -> list[Row]:
    """Rows of the kits and of the new promises."""
    return [*_kits(), *_repromise(1_000 if quick else 10_000)]


def _kits() -> list[Row]:
    orders = peers.waiting_orders(peers.scenario(LINES), ORDERS)
    start = process_time()
    best = optimised_kits(orders)
    seconds = process_time() - start
    return [
        Row("kits: line by line, in order of entry", line_by_line_kits(orders).value, "orders", name="kits.line_by_line"),
        Row("kits: all or nothing, in order of entry", all_or_nothing_kits(orders).value, "orders", name="kits.all_or_nothing"),
        Row("kits: all or nothing, by due date", all_or_nothing_kits(orders, ServeBy.DUE).value, "orders"),
        Row("kits: optimised", best.value, "orders", name="kits.optimised"),
        Row("kits: no choice completes more than", best.bound, "orders", name="kits.bound"),
        Row("kits: optimised, processor time", seconds, "s", 5.0, name="kits.seconds"),
    ]


def _repromise(lines: int) -> list[Row]:
    company = peers.scenario(lines)
    there, wanted = peers.availability(company), peers.wanted(company)
    before = promise(there, wanted)
    due_day = np.where(before.is_promised, before.ship_day, wanted.requested_day)
    weight = np.array([4.0 - line.priority for line in company.lines])
    on_hand = there.supply_day == 0
    changed = replace(
        there,
        supply_day=np.where(on_hand, 0, there.supply_day + SLIP_DAYS),
        supply_free=np.where(on_hand, there.supply_free * KEPT_SHARE, there.supply_free).astype(np.int64),
    )
    repromise(changed, wanted, due_day, weight, evaluations=1, rounds=0)  # translated, or read from the cache
    rows = [
        Row(
            f"re-promise of {lines} lines, {policy}",
            repromise(changed, wanted, due_day, weight, policy).value,
            "weighted days late",
        )
        for policy in (Policy.FIFO, Policy.KEEP)
    ]
    start = process_time()
    best = repromise(changed, wanted, due_day, weight)
    seconds = process_time() - start
    return [
        *rows,
        Row(f"re-promise of {lines} lines, {Policy.LEAST_LATENESS}", best.value, "weighted days late"),
        Row(f"re-promise of {lines} lines, no proposal is below", best.bound, "weighted days late"),
        Row(f"re-promise of {lines} lines, processor time", seconds, "s", 10.0),
    ]


if __name__ == "__main__":
    for row in run(quick=False):
        print(f"{row.what:60} {row.value:12,.2f} {row.unit}")
