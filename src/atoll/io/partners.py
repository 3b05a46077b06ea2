"""Suppliers with what they offer, and customers."""

from collections.abc import Mapping
from decimal import Decimal

from atoll.io.folder import Folder, is_new
from atoll.io.table import NO_CODE, Row
from atoll.model.company import ORDINARY, Customer
from atoll.model.item import LONGEST_LEAD_DAYS, Item, Kind, Supplier, SupplierItem
from atoll.model.price_list import PriceBook


def read_suppliers(folder: Folder) -> dict[str, Supplier]:
    """Suppliers by code."""
    suppliers: dict[str, Supplier] = {}
    first: dict[str, str] = {}
    for row in folder.table("supplier", "suppliers.csv", "code", "name", "country", "on_time", "mean_delay_days").rows:
        code, name, country = row.code(), row.text("name"), row.country()
        supplier = Supplier(code, name, country, row.share("on_time"), float(row.decimal("mean_delay_days")))
        if supplier.on_time < 1 and 0 < supplier.mean_delay_days < 1:
            row.fault("bad-number", "Column mean_delay_days is below 1, but who is late is late by a day at least.")
        if supplier.mean_delay_days > LONGEST_LEAD_DAYS:
            row.fault("bad-number", f"Column mean_delay_days is beyond {LONGEST_LEAD_DAYS}, which nobody can mean.")
        if is_new(code, row, first):
            suppliers[code] = supplier
    return suppliers


def read_supplier_items(folder: Folder, items: Mapping[str, Item], suppliers: Mapping[str, Supplier]) -> tuple[SupplierItem, ...]:
    """What is bought where; every component has a supplier."""
    columns = ("supplier", "item", "price", "lead_time_days", "minimum_quantity", "multiple")
    table = folder.table("supplier item", "supplier_items.csv", *columns, optional=("expedited_days", "expedite_cost"))
    first: dict[str, str] = {}
    found = []
    for row in table.rows:
        line = _supplier_item(row)
        folder.is_known("supplier", line.supplier, suppliers, row)
        if folder.is_known("item", line.item, items, row) and items[line.item].kind is not Kind.COMPONENT:
            row.fault("not-bought", f"{line.item} is built, so no supplier delivers it.", "Take the line out.")
        offer = NO_CODE if NO_CODE in (line.item, line.supplier) else f"{line.item} from {line.supplier}"
        if is_new(offer, row, first):
            found.append(line)
    bought = {line.item for line in found}
    for item in items.values() if folder.is_complete("supplier item") else ():
        if item.kind is Kind.COMPONENT and item.code not in bought:
            hint = "Add a line for it."
            folder.faults.add("supplier_items.csv", "no-supplier", f"The component {item.code} has no supplier.", hint)
    return tuple(found)


def _supplier_item(row: Row) -> SupplierItem:
    lead_time = row.whole("lead_time_days", least=0, most=LONGEST_LEAD_DAYS)
    expedited = row.whole("expedited_days", least=0) if row.cells.get("expedited_days") else -1
    if expedited > lead_time:
        row.fault("bad-number", f"Column expedited_days is {expedited}, but the lead time is {lead_time} days.")
    return SupplierItem(
        supplier=row.code("supplier"),
        item=row.code("item"),
        price=row.decimal("price"),
        lead_time_days=lead_time,
        minimum_quantity=row.whole("minimum_quantity", least=1),
        multiple=row.whole("multiple", least=1),
        expedited_days=min(expedited, lead_time),
        expedite_cost=row.decimal("expedite_cost") if row.cells.get("expedite_cost") else Decimal(0),
    )


LEAST_URGENT = 9
"""The last priority of customers."""


def read_customers(folder: Folder, own: str, prices: PriceBook) -> dict[str, Customer]:
    """Customers by code.

    Parameters
    ----------
    own
        The company's own currency.
    """
    currencies, lists = {own, *(c.code for c in prices.currencies)}, {price_list.code for price_list in prices.lists}
    customers: dict[str, Customer] = {}
    first: dict[str, str] = {}
    columns = ("code", "name", "customer_class", "country", "email")
    table = folder.table("customer", "customers.csv", *columns, optional=("currency", "price_list", "priority"))
    for row in table.rows:
        customer = Customer(
            code=row.code(),
            name=row.text("name"),
            customer_class=row.text("customer_class", default="", longest=40),
            country=row.country(),
            email=row.text("email", default=""),
            currency=row.currency("currency") if row.cells.get("currency") else "",
            price_list=row.code("price_list") if row.cells.get("price_list") else "",
            priority=row.whole("priority", least=1, most=LEAST_URGENT, default=ORDINARY),
        )
        if customer.currency:
            folder.is_known("currency", customer.currency, currencies, row)
        if customer.price_list:
            folder.is_known("price-list", customer.price_list, lists, row)
        if is_new(customer.code, row, first):
            customers[customer.code] = customer
    if not table.rows and folder.is_complete("customer"):
        folder.faults.add("customers.csv", "no-customer", "There is no customer.", "Somebody must order.")
    return customers
