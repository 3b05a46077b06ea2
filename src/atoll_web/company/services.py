"""Set up a company from its folder: master data, product models, lines with their calendar."""

from datetime import date
from pathlib import Path

from django.db import transaction

from atoll.configure import read_company_folder
from atoll.io import Catalogue
from atoll_web.accounts.acting import Actor, actor_now
from atoll_web.accounts.models import Company, User
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.tasks import request_missing
from atoll_web.company.errors import CompanyExists, NoAdministrator
from atoll_web.pricing import services as pricing
from atoll_web.purchasing import services as purchasing
from atoll_web.sales import services as sales
from atoll_web.stock import services as stock

HORIZON_DAYS = 180
"""Calendar days ahead for which capacity is kept."""


def refuse_second() -> None:
    """Raise `CompanyExists` when the database holds a company."""
    if (company := Company.objects.first()) is not None:
        raise CompanyExists(name=company.name)


def import_company(folder: Path) -> Catalogue:
    """Read a company's folder and enter it, all or nothing; its first administrator acts.

    Raises
    ------
    BadInput
        With every fault of the folder's files.
    CompanyExists, NoAdministrator
        Nothing is entered then.
    """
    refuse_second()
    data = read_company_folder(folder)
    administrator = User.objects.filter(is_superuser=True, is_active=True).order_by("id").first()
    if administrator is None:
        raise NoAdministrator()
    with transaction.atomic():
        make_company(folder.resolve().name, data)
        enter(actor_now(administrator, f"import of {folder.name}"), data)
        catalogue.extend_calendar(actor=actor_now(administrator))
        request_missing(actor=actor_now(administrator, f"import of {folder.name}"))
    return data


def make_company(code: str, data: Catalogue, *, business_date: date | None = None) -> Company:
    """Write what holds for the whole company. With a business date it is a demonstration, whose date stands still."""
    header = data.company
    return Company.objects.create(
        code=code,
        name=header.name,
        currency=header.currency,
        weekdays=sorted(header.calendar.weekdays),
        holidays=sorted(header.calendar.holidays),
        shipping_days=header.shipping_days,
        horizon_days=HORIZON_DAYS,
        minute_rate=header.minute_rate,
        business_date=business_date,
        is_demo=business_date is not None,
    )


def enter(actor: Actor, data: Catalogue) -> None:
    """Enter items, bills, suppliers, customers, released product models, assembly lines and price lists."""
    stock.make_locations()
    catalogue.save_items(actor, data.items.values())
    catalogue.save_bills(actor, data.bills)
    purchasing.save_suppliers(actor, data.suppliers.values(), data.supplier_items)
    for code, document in data.models.items():
        revision = catalogue.draft_revision(actor=actor, document=document, valid_from=data.company.start, source=f"model {code}")
        catalogue.release_revision(actor=actor, revision=revision)
    catalogue.save_lines(actor, data.company.lines)
    pricing.save_price_book(actor, data.prices)
    sales.save_customers(actor, data.customers.values())
