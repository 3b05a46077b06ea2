"""A small company for tests, entered through the services that people use.

Leuchten & Söhne makes one desk lamp: a head, an arm that must carry it, and a foot that is built ahead, from a driver that is
built ahead too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection

from atoll.model.bill import BillLine
from atoll.model.company import AssemblyLine, Customer
from atoll.model.item import Item, Kind, Supplier, SupplierItem, Tracking
from atoll_web.accounts.acting import Actor
from atoll_web.accounts.models import Company, User
from atoll_web.accounts.services import make_demo_users
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item as ItemRow
from atoll_web.planning import services as planning
from atoll_web.purchasing import services as purchasing
from atoll_web.sales import services as sales
from atoll_web.sales.models import Order
from atoll_web.stock import services as stock

MONDAY = date(2026, 3, 2)
HORIZON_DAYS = 60


def component(code: str, name: str, cost: str, *, serial: bool = False, **attributes: Any) -> Item:
    """A bought item."""
    return Item(
        code,
        name,
        Kind.COMPONENT,
        Decimal(cost),
        tracking=Tracking.SERIAL if serial else Tracking.NONE,
        assembly_minutes=5,
        attributes=attributes,
    )


ITEMS = (
    component("HEAD-S", "Small head", "12", serial=True, weight=300),
    component("HEAD-L", "Large head", "25", serial=True, weight=900),
    component("ARM-S", "Light arm", "8", carries=400),
    component("ARM-L", "Strong arm", "14", carries=1200),
    component("DIMMER", "Dimmer", "6"),
    component("CLAMP", "Table clamp", "5"),
    component("BULB", "Spare bulb", "3"),
    component("CABLE", "Cable, one metre", "1"),
    component("PLATE", "Steel plate", "4"),
    component("TRAFO", "Transformer", "9", serial=True),
    component("BOARD", "Driver board", "7"),
    Item(
        "DRIVER", "Driver, tested", Kind.SUBASSEMBLY, Decimal(18), tracking=Tracking.SERIAL, build_minutes=10, assembly_minutes=5
    ),
    Item(
        "FOOT", "Foot with driver", Kind.SUBASSEMBLY, Decimal(25), tracking=Tracking.SERIAL, build_minutes=15, assembly_minutes=5
    ),
    Item("LAMP", "Desk lamp", Kind.END_ITEM, Decimal(0), tracking=Tracking.SERIAL),
)

BILLS = {
    "DRIVER": (BillLine("TRAFO", 1), BillLine("BOARD", 1)),
    "FOOT": (BillLine("DRIVER", 1), BillLine("PLATE", 2)),
}

LAMP: dict[str, Any] = {
    "code": "DL",
    "name": "Desk lamp",
    "end_item": "LAMP",
    "revision": "A",
    "base_price": 60,
    "currency": "EUR",
    "features": [
        {
            "code": "head",
            "name": "Head",
            "kind": "one",
            "default": "HEAD-S",
            "options": [{"item": "HEAD-S", "price": 0, "share": 3}, {"item": "HEAD-L", "price": 30}],
        },
        {
            "code": "arm",
            "name": "Arm",
            "kind": "one",
            "default": "ARM-S",
            "options": [{"item": "ARM-S", "price": 0, "share": 3}, {"item": "ARM-L", "price": 15}],
        },
        {"code": "dimmer", "name": "Dimmer", "kind": "optional", "options": [{"item": "DIMMER", "price": 12}]},
        {
            "code": "extras",
            "name": "Extras",
            "kind": "many",
            "maximum": 2,
            "options": [{"item": "CLAMP", "price": 9}, {"item": "BULB", "price": 5}],
        },
        {
            "code": "cable",
            "name": "Cable",
            "kind": "quantity",
            "minimum": 1,
            "maximum": 5,
            "default": 2,
            "item": "CABLE",
            "price": 2,
        },
        {"code": "engraving", "name": "Engraving", "kind": "text", "max_length": 12, "pattern": "[A-Za-z ]*"},
    ],
    "rules": [{"name": "arm-carries-head", "text": "The arm must carry the head.", "rule": "head.weight <= arm.carries"}],
    "lines": [{"item": "FOOT"}],
    "operations": [{"name": "Assemble and test", "minutes": 20}],
}

LEAD_DAYS = {"HEAD-L": 14, "TRAFO": 10}


@dataclass(frozen=True, slots=True)
class Lamps:
    """The company of the tests and what can be done in it."""

    today: date
    actor: Callable[..., Actor]

    def order(self, quantity: int = 1, *, customer: str = "MUELLER", **choices: Any) -> Order:
        """A confirmed order of one line."""
        line = sales.NewLine("DL", choices, quantity)
        return sales.enter_order(actor=self.actor("sales"), customer=customer, lines=[line])


def actor_of(role: str, day: date = MONDAY, hour: int = 9) -> Actor:
    """The demonstration user of a role on a day."""
    return Actor(User.objects.get(username=role), datetime.combine(day, time(hour), UTC))


def load_lamps() -> Lamps:
    """The company with its calendar, forecast and opening stock.

    A process enters it once through the services; further tests, whose transactions are taken back, get copies of its rows.
    """
    if not connection.in_atomic_block or not _is_superuser():  # committed, it does what services do afterwards too
        return _enter_lamps()
    before = _groups()
    if _kept.get("groups") != before:
        lamps = _enter_lamps()
        _kept.update(groups=before, lamps=lamps, rows=_rows())
    else:
        _copy(_kept["rows"])
    return _kept["lamps"]


_kept: dict[str, Any] = {}


def _is_superuser() -> bool:
    """Whether triggers can be passed by; the user of the embedded server can."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser') = 'on'")
        return bool(cursor.fetchone()[0])


def _groups() -> list[tuple[Any, ...]]:
    """Rows that are there before, and that others name: they are other ones once a test has emptied the database."""
    return [*Group.objects.order_by("id").values_list("id", "name")]


def _rows() -> dict[str, bytes]:
    """Each table that the company fills, with its columns, and its rows as text."""
    kept, there = {}, {"auth_group", "auth_permission", "django_content_type", "django_migrations"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, string_agg(quote_ident(column_name), ',' ORDER BY ordinal_position)"
            " FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER' GROUP BY 1"
        )
        for table, columns in cursor.fetchall():
            with cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as copy:
                text = b"".join(copy)
            if text and table not in there:
                kept[f"{table} ({columns})"] = text
    return kept


def _copy(rows: dict[str, bytes]) -> None:
    """Write rows as they were, past the triggers: these have done their work, which is among the rows."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, text in rows.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(text)
        cursor.execute("SET LOCAL session_replication_role = origin")


def _enter_lamps() -> Lamps:
    """Enter the company through the services that people use."""
    Company.objects.create(
        code="lamps",
        name="Leuchten & Söhne",
        currency="EUR",
        weekdays=[0, 1, 2, 3, 4],
        shipping_days=1,
        horizon_days=HORIZON_DAYS,
        business_date=MONDAY,
        is_demo=True,
    )
    make_demo_users()
    admin = actor_of("admin")
    stock.make_locations()
    catalogue.save_items(admin, ITEMS)
    catalogue.save_bills(admin, BILLS)
    bought = [item for item in ITEMS if item.kind is Kind.COMPONENT]
    purchasing.save_suppliers(
        admin,
        [Supplier("NORD", "Nord-Teile GmbH", "DE"), Supplier("SUD", "Pièces du Sud", "FR", on_time=0.7, mean_delay_days=4)],
        [
            SupplierItem("SUD" if item.code == "TRAFO" else "NORD", item.code, item.cost, LEAD_DAYS.get(item.code, 5), 5, 5)
            for item in bought
        ],
    )
    sales.save_customers(
        admin, [Customer("MUELLER", "Müller & Cie", "retail", "DE"), Customer("ACME", 'Acme "Best" Ltd', "trade", "GB")]
    )
    revision = catalogue.draft_revision(actor=admin, document=LAMP, valid_from=MONDAY)
    catalogue.release_revision(actor=admin, revision=revision)
    catalogue.save_lines(admin, [AssemblyLine("L1", "Lamp line", 480, ("DL",))])
    catalogue.extend_calendar(actor=admin, until=MONDAY + timedelta(days=HORIZON_DAYS))
    planning.set_forecasts(actor=admin, forecasts={"DL": (10.0, 1.5)})
    planning.set_stock_policies(actor=admin, item_fill_rate=0.95, samples=20)
    opening = {"HEAD-S": 20, "HEAD-L": 1, "ARM-S": 20, "ARM-L": 20, "DIMMER": 5, "CLAMP": 5, "BULB": 5, "CABLE": 100, "FOOT": 8}
    opening |= {"DRIVER": 2, "PLATE": 20, "TRAFO": 2, "BOARD": 10}
    items = {item.code: item for item in ItemRow.objects.all()}
    stock.open_stock(actor=admin, quantities={items[code]: quantity for code, quantity in opening.items()})
    return Lamps(MONDAY, actor_of)
