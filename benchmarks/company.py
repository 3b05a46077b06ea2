"""The scenario on which other systems were measured, as a company: items, models, customers, stock, receipts, a line."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.peers import CUSTOMERS

HORIZON_DAYS = 400


def enter(scenario: Mapping[str, Any]) -> None:
    """Enter a scenario of `benchmarks.peers` into an empty database."""
    from atoll.model.bill import BillLine
    from atoll.model.company import AssemblyLine, Customer
    from atoll.model.item import Item, Kind, Supplier, SupplierItem, Tracking
    from atoll_web.accounts.acting import Actor, actor_now
    from atoll_web.accounts.models import Company, User
    from atoll_web.accounts.services import make_demo_users
    from atoll_web.catalogue import services as catalogue
    from atoll_web.catalogue.models import Item as ItemRow
    from atoll_web.purchasing import services as purchasing
    from atoll_web.purchasing.models import PurchaseOrderLine
    from atoll_web.sales import services as sales
    from atoll_web.stock import services as stock

    today = date.fromisoformat(scenario["today"])
    Company.objects.create(
        code="peers",
        name="Peers' scenario",
        currency="EUR",
        weekdays=[0, 1, 2, 3, 4],
        shipping_days=0,
        horizon_days=HORIZON_DAYS,
        business_date=today,
        is_demo=True,
    )
    make_demo_users()
    admin: Actor = actor_now(User.objects.get(username="admin"))
    stock.make_locations()
    items = [
        Item(code, code, Kind.COMPONENT, Decimal(str(item["cost"])))
        if item["kind"] == "buy"
        else Item(code, code, Kind.SUBASSEMBLY, Decimal(50), tracking=Tracking.LOT, build_days=item["lead"])
        for code, item in scenario["items"].items()
    ]
    models = [(model["code"], _document(model)) for model in scenario["models"]]
    items += [Item(f"{code}-UNIT", code, Kind.END_ITEM, Decimal(0), tracking=Tracking.SERIAL) for code, _ in models]
    catalogue.save_items(admin, items)
    catalogue.save_bills(
        admin, {parent: tuple(BillLine(code, per) for code, per in lines) for parent, lines in scenario["boms"].items()}
    )
    bought = {code: item for code, item in scenario["items"].items() if item["kind"] == "buy"}
    purchasing.save_suppliers(
        admin,
        [Supplier(code, code) for code in sorted({item["supplier"] for item in bought.values()})],
        [
            SupplierItem(item["supplier"], code, Decimal(str(item["cost"])), item["lead"], item["moq"])
            for code, item in bought.items()
        ],
    )
    sales.save_customers(admin, [Customer(f"CUST{n:03d}", f"Customer {n}") for n in range(CUSTOMERS)])
    for _, document in models:
        revision = catalogue.draft_revision(actor=admin, document=document, valid_from=today)
        catalogue.release_revision(actor=admin, revision=revision)
    names = tuple(code for code, _ in models)
    stations = scenario["line_stations"]
    catalogue.save_lines(admin, [AssemblyLine("FINAL", "Final assembly", scenario["minutes_per_day"] * stations, names)])
    catalogue.extend_calendar(actor=admin, until=today + timedelta(days=HORIZON_DAYS))
    rows = {row.code: row for row in ItemRow.objects.all()}
    stock.open_stock(actor=admin, quantities={rows[code]: item["onhand"] for code, item in scenario["items"].items()})
    receipts = sorted(scenario["receipts"], key=lambda receipt: receipt["item"])
    wanted = [purchasing.Wanted(rows[receipt["item"]], receipt["qty"]) for receipt in receipts]
    purchasing.order(actor=admin, wanted=wanted)
    lines = {line.supply.item.code: line for line in PurchaseOrderLine.objects.select_related("supply__item")}
    for receipt in receipts:
        purchasing.slip(actor=admin, line=lines[receipt["item"]], due=date.fromisoformat(receipt["date"]))


def _document(model: Mapping[str, Any]) -> dict[str, Any]:
    """A product model of the scenario: five features, each option with its own lines of the super bill."""
    features, lines = [], [{"item": code, "quantity": per} for code, per in model["common"]]
    for group in model["options"]:
        options = [choice for choice in group["choices"] if choice["parts"]]
        kind = "one" if len(options) == len(group["choices"]) else "optional"
        features.append(
            {
                "code": group["code"],
                "name": group["code"],
                "kind": kind,
                **({"default": options[0]["code"]} if kind == "one" else {}),
                "options": [
                    {"code": choice["code"], "name": choice["code"], "price": 10, "share": round(choice["pct"], 4)}
                    for choice in options
                ],
            }
        )
        lines += [
            {"item": code, "quantity": per, "when": f"{group['code']} = {choice['code']}"}
            for choice in options
            for code, per in choice["parts"]
        ]
    return {
        "code": model["code"],
        "name": model["code"],
        "end_item": f"{model['code']}-UNIT",
        "revision": "A",
        "base_price": 100,
        "currency": "EUR",
        "features": features,
        "lines": lines,
        "operations": [{"name": "Assemble", "minutes": model["asm_minutes"]}],
    }


def choices(order: Mapping[str, Any]) -> dict[str, str]:
    """What an order of the scenario chooses, by feature."""
    return {feature: "none" if code.endswith("NONE") else code for feature, code in order["choices"].items()}
