"""The report of a played business: as a document for programs and as text for people."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from atoll_web.demo.snapshot import KINDS, Figures, Response

SCHEMA_VERSION = 1
WIDTH = 78


def document(
    found: Figures, compared: Mapping[str, Any], *, header: Mapping[str, Any], seconds: Mapping[str, float]
) -> dict[str, Any]:
    """All figures, JSON-able.

    Parameters
    ----------
    compared
        Strategies for the same orders, as `planning.services.stocking.compare_company` found them.
    header
        Name and currency of the company, and the parameters of the play.
    seconds
        How long each phase took. All else depends on the parameters alone.
    """
    mean_by_kind = dict(zip(KINDS, found.inventory.mean(axis=0).round(2).tolist(), strict=True))
    return {
        "schema_version": SCHEMA_VERSION,
        **header,
        "first_day": found.first.isoformat(),
        "last_day": found.last.isoformat(),
        "orders": dict(found.orders),
        "order_fill_rate": _rounded(found.order_fill_rate, 4),
        "in_time_rate": _rounded(found.in_time_rate, 4),
        "filled_by_week": {week.isoformat(): asdict(one) for week, one in found.filled_by_week.items()},
        "on_time_in_full": _rounded(found.on_time_in_full, 4),
        "orders_promised_within": found.promised_orders,
        "response_days": _response(found.response),
        "response_days_at_once": _response(found.response_at_once),
        "response_days_by_week": {week.isoformat(): _response(one) for week, one in found.response_by_week.items()},
        "inventory_value": {
            "mean": round(found.mean_inventory, 2),
            "by_kind": mean_by_kind,
            "by_day": {kind: found.inventory[:, k].round(2).tolist() for k, kind in enumerate(KINDS)},
        },
        "turns": _rounded(found.turns, 2),
        "shipped": {
            "units": found.shipped_units,
            "cost": round(found.shipped_cost, 2),
            "revenue": round(found.shipped_price, 2),
        },
        "promises_changed": {"made_anew": found.promises_made_anew, "later": found.promises_later, "kept": found.promises_kept},
        "delaying_components": [
            {"item": one.item, "name": one.name, "promises": one.orders, "days": one.days} for one in found.delaying
        ],
        "line_load": {code: round(load, 4) for code, load in found.line_load.items()},
        "strategies": dict(compared),
        "rows": dict(found.counts),
        "seconds": {phase: round(value, 2) for phase, value in seconds.items()} | {"total": round(sum(seconds.values()), 2)},
    }


def _response(one: Response | None) -> dict[str, Any]:
    return {"median": one and one.median, "p95": one and one.p95, "orders": one.orders if one else 0}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def describe(report: Mapping[str, Any]) -> str:
    """The report as text, for a terminal."""
    money = f"{report['currency']} {{:,.0f}}".format
    value, changed, rows = report["inventory_value"], report["promises_changed"], report["rows"]
    late = _percent(_ratio(rows["late_deliveries"], rows["deliveries"]))
    sections = [
        _section(
            f"{report['name']}: {report['first_day']} to {report['last_day']}, seed {report['parameters']['seed']}",
            {
                "Orders": ", ".join(f"{count:,} {state}" for state, count in report["orders"].items()),
                "Order fill rate": f"{_percent(report['order_fill_rate'])} had everything free on hand when they were confirmed",
                "  when wanted": f"{_percent(report['in_time_rate'])} had it when they wanted it, later days included",
                "On time in full": f"{_percent(report['on_time_in_full'])} of {report['orders_promised_within']:,} orders, "
                "by the first promise",
                "Response time": _days(report["response_days"]),
                "  wanted at once": _days(report["response_days_at_once"]),
                "Promises changed": f"{changed['made_anew']:,} made anew: {changed['later']:,} later, {changed['kept']:,} "
                "kept their date",
            },
        ),
        _section(
            "Inventory, mean over the days at standard cost",
            {"All": money(value["mean"])}
            | {f"  {kind}": money(amount) for kind, amount in value["by_kind"].items()}
            | {
                "Turns": _number(report["turns"]),
                "Shipped": f"{report['shipped']['units']:,} units for {money(report['shipped']['revenue'])}",
            },
        ),
        _section(
            "Work",
            {f"Line {code}": f"{_percent(load)} of its minutes reserved" for code, load in report["line_load"].items()}
            | {
                "Bought": f"{rows['purchase_orders']:,} purchase orders, {late} of their lines delivered late",
                "Built ahead": f"{rows['builds']:,} build orders",
                "Ledger": f"{rows['moves']:,} moves, {rows['as_built']:,} as-built records",
                "Configurations": f"{rows['configurations']:,} different ones",
            },
        ),
        _delaying(report["delaying_components"]),
        _strategies(report["strategies"], money),
        _section(
            "Time",
            {phase.capitalize(): f"{seconds:7.1f} s" for phase, seconds in report["seconds"].items()},
        ),
        _section("Written to", dict(report["files"])),
    ]
    return "\n\n".join(filter(None, sections))


def _section(title: str, lines: Mapping[str, str]) -> str:
    return "\n".join([title, "─" * min(len(title), WIDTH), *(f"{name:<18} {text}" for name, text in lines.items())])


def _delaying(components: list[Mapping[str, Any]]) -> str:
    if not components:
        return ""
    title = "Components that delayed promises most"
    rows = [
        f"{one['item']:<22} {one['days']:>6,} days in {one['promises']:>4,} promises  {one['name'][:40]}" for one in components
    ]
    return "\n".join([title, "─" * len(title), *rows])


def _strategies(compared: Mapping[str, Any], money: Callable[[float], str]) -> str:
    """What the same orders would cost in the long run, by where stock meets the order."""
    lines = {
        name.capitalize(): f"{money(one['inventory_value']['mean'])} in stock, order fill rate "
        f"{_percent(one['order_fill_rate']['mean'])}, 95 % within {one['response']['0.95']:.0f} days, "
        f"{money(one['write_off_risk'])} at risk"
        for name, one in compared["strategies"].items()
    }
    known = (
        f"{_percent(compared['known_share'])} of the orders to come are for what was ordered before; no more can come from stock"
    )
    return _section("Strategies, simulated for the same orders in the long run", lines | {"Finished goods": known})


def _days(response: Mapping[str, Any]) -> str:
    if response["median"] is None:
        return "no order was shipped"
    return f"median {response['median']:g} days, 95 % within {response['p95']:g} days ({response['orders']:,} orders)"


def _percent(share: float | None) -> str:
    return "none to judge" if share is None else f"{share:.1%}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f} a year"


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
