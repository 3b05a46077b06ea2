"""A company as a folder of files.

::

    company.toml          name, currency, start, calendar, assembly lines, demand
    items/*.csv           items, one file for each category; columns that are not named below are attributes
    bills.csv             parent, component, quantity; if wanted alternates
    suppliers.csv         code, name, country, on_time, mean_delay_days
    supplier_items.csv    supplier, item, price, lead_time_days, minimum_quantity, multiple; if wanted
                          expedited_days, expedite_cost; an item's first supplier is preferred
    customers.csv         code, name, customer_class, country, email; if wanted currency, price_list, priority; the largest
                          customers first
    models/*.toml         one product model each

    currencies.csv        code, rounding
    exchange_rates.csv    currency, valid_from, rate; units of the currency for one unit of the company's
    price_lists.csv       code, name, currency, factor, customer_class
    list_prices.csv       price_list, model, feature, option, price, valid_from, valid_until

The last four may be missing. All faults of all files are found before any is reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atoll.errors import AtollError, BadInput
from atoll.io.company import read_company, read_demand, read_models
from atoll.io.folder import Folder
from atoll.io.items import read_bills, read_items
from atoll.io.partners import read_customers, read_supplier_items, read_suppliers
from atoll.io.prices import read_price_book
from atoll.io.profile import DemandProfile
from atoll.model.bill import Bills
from atoll.model.company import Company, Customer
from atoll.model.item import Item, Supplier, SupplierItem
from atoll.model.price_list import NO_PRICES, PriceBook


class NoSuchFolder(AtollError):
    """There is no company folder {folder}. Name a folder that holds company.toml, items/ and models/."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that a company folder holds.

    Parameters
    ----------
    models
        Product model documents by their code, as `atoll.configure.read_product_model` takes them.
    supplier_items
        In the order of the file: the first supplier of an item is the preferred one.
    """

    company: Company
    items: Mapping[str, Item]
    bills: Bills
    suppliers: Mapping[str, Supplier]
    supplier_items: tuple[SupplierItem, ...]
    customers: Mapping[str, Customer]
    models: Mapping[str, dict[str, Any]]
    demand: DemandProfile
    prices: PriceBook = NO_PRICES


def read_catalogue(path: Path) -> Catalogue:
    """Read a company folder.

    Raises
    ------
    NoSuchFolder
        When the folder does not exist.
    BadInput
        With every fault of every file, each with its file and line or field.
    """
    if not path.is_dir():
        raise NoSuchFolder(folder=path)
    folder = Folder(path)
    items = read_items(folder)
    bills = read_bills(folder, items)
    suppliers = read_suppliers(folder)
    supplier_items = read_supplier_items(folder, items, suppliers)
    models = read_models(folder, items)
    header = folder.document("company", "company.toml")
    if header is None:
        raise BadInput(folder.faults.issues)
    company = read_company(folder, header, models)
    demand = read_demand(folder, header.table("demand"), models)
    prices = read_price_book(folder, company.currency, models)
    customers = read_customers(folder, company.currency, prices)
    folder.faults.raise_any()
    return Catalogue(company, items, bills, suppliers, supplier_items, customers, models, demand, prices)
