"""Customers."""

from collections.abc import Iterable

from atoll.model.company import Customer as CustomerValue
from atoll_web.accounts.acting import Actor, acting
from atoll_web.pricing.models import PriceList
from atoll_web.sales.models import Customer


def class_of(customer: str) -> str:
    """The class of a customer by code; that of anybody where none, or an unknown one, is named."""
    return Customer.objects.filter(code=customer).values_list("customer_class", flat=True).first() or "" if customer else ""


def save_customers(actor: Actor, customers: Iterable[CustomerValue]) -> None:
    """Write customers, new ones and changed ones, by their code; their price lists must be there."""
    fields = ["name", "customer_class", "country", "email", "currency", "priority"]
    lists = dict(PriceList.objects.values_list("code", "id"))
    rows = [
        Customer(code=c.code, price_list_id=lists[c.price_list] if c.price_list else None, **{f: getattr(c, f) for f in fields})
        for c in customers
    ]
    with acting(actor):
        written = [*fields, "price_list"]
        Customer.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=written)
