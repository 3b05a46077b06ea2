"""Customers."""

from collections.abc import Iterable

from atoll.model.company import Customer as CustomerValue
from atoll_web.accounts.acting import Actor, acting
from atoll_web.sales.models import Customer


def class_of(customer: str) -> str:
    """The class of a customer by code; that of anybody where none, or an unknown one, is named."""
    return Customer.objects.filter(code=customer).values_list("customer_class", flat=True).first() or "" if customer else ""


def save_customers(actor: Actor, customers: Iterable[CustomerValue]) -> None:
    """Write customers, new ones and changed ones, by their code."""
    fields = ["name", "customer_class", "country", "email"]
    rows = [Customer(code=c.code, **{name: getattr(c, name) for name in fields}) for c in customers]
    with acting(actor):
        Customer.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=fields)
