"""Use cases of pricing: what a customer pays, and the price lists that say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, Value, When

from atoll.configure import Margin, margin
from atoll.configure.terms import Terms, price_on_terms, rate_between
from atoll.model.price_list import PriceBook
from atoll_web.accounts.acting import Actor, acting
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import ProductModel, Revision
from atoll_web.catalogue.snapshot import Structure, configurator, product_model
from atoll_web.pricing.errors import UnknownPriceList
from atoll_web.pricing.models import Currency, ExchangeRate, ListPrice, PriceList
from atoll_web.pricing.snapshot import exchange_rates, terms_of


@dataclass(frozen=True, slots=True)
class Priced:
    """What choices come to for one customer.

    Parameters
    ----------
    resolved
        The configuration, its order bill, and its price in the currency of the model.
    unit_price
        Of each unit when so many are ordered, in the currency of the terms.
    parts
        What it is made of: words and amount.
    margin
        What is left of it over material and labour, in the currency of the terms. Nobody outside should see it.
    """

    resolved: catalogue.Resolved
    unit_price: Decimal
    currency: str
    parts: tuple[tuple[str, Decimal], ...]
    margin: Margin


def rate_in_query(currency: str, own: str, on: date) -> Case:
    """The rate of a day for the currency in a column, as a part of a query: amounts divided by it are in the company's own.

    A currency that has no rate counts as the company's own.
    """
    found = [When(**{currency: code}, then=Value(rate)) for code, rate in exchange_rates(own, on).items()]
    return Case(*found, default=Value(Decimal(1)), output_field=DecimalField(max_digits=18, decimal_places=9))


def terms(*, on: date, currency: str = "", customer_class: str = "", price_list: str = "") -> Terms:
    """On which terms a customer buys on a day; read once for all lines of an order.

    Parameters
    ----------
    price_list
        Code of the customer's own list. Without one, that of the customer's class counts where there is one.
    currency
        What the customer pays in where no list says so; empty for the company's own.

    Raises
    ------
    UnknownPriceList
    """
    row = PriceList.objects.filter(code=price_list).first() if price_list else None
    if price_list and row is None:
        known = ", ".join(PriceList.objects.values_list("code", flat=True)) or "none"
        raise UnknownPriceList(price_list=price_list, known=known)
    if row is None and customer_class:
        row = PriceList.objects.filter(customer_class=customer_class).first()
    return terms_of(row, currency, on)


def resolve(
    *,
    revision: Revision,
    choices: Mapping[str, Any],
    today: date,
    quantity: int = 1,
    terms: Terms,
    there: Structure | None = None,
) -> Priced:
    """Check choices under the rules in force and price them on a customer's terms; writes nothing, and asks no further queries.

    Parameters
    ----------
    there
        Items and bills, where they are read already.

    Raises
    ------
    InvalidConfiguration, UnknownFeature, UnknownOption
        From `atoll.configure`, with the smallest reason.
    NoExchangeRate
        When nobody says what the customer's currency is worth.
    """
    resolved = catalogue.resolve(revision, choices, today, quantity, there)
    model, chosen = product_model(revision), configurator(revision, today).configuration(choices)
    found = price_on_terms(model, chosen, quantity, terms=terms, on=today)
    cost = resolved.cost * _worth(terms, model.currency, rate_between(terms, model))
    return Priced(resolved, found.total, found.currency, found.parts, margin(found.total, cost))


def _worth(terms: Terms, model_currency: str, from_model: Decimal) -> Decimal:
    """Units of the terms' currency for one unit of the company's own, in which costs are; by way of the model's if need be."""
    return terms.rates.get(terms.currency, from_model * terms.rates.get(model_currency, Decimal(1)))


def save_price_book(actor: Actor, book: PriceBook) -> None:
    """Write currencies, rates, price lists and their prices, new ones and changed ones; the product models must be there."""
    with acting(actor):
        _save(Currency, [Currency(code=c.code, rounding=c.rounding) for c in book.currencies], ["code"], ["rounding"])
        currencies = dict(Currency.objects.values_list("code", "id"))
        rates = [ExchangeRate(currency_id=currencies[r.currency], valid_from=r.valid_from, rate=r.rate) for r in book.rates]
        _save(ExchangeRate, rates, ["currency", "valid_from"], ["rate"])
        fields = ["name", "currency", "factor", "customer_class"]
        _save(PriceList, [PriceList(code=v.code, **{f: getattr(v, f) for f in fields}) for v in book.lists], ["code"], fields)
        lists = dict(PriceList.objects.values_list("code", "id"))
        models = dict(ProductModel.objects.values_list("code", "id"))
        prices = [
            ListPrice(
                price_list_id=lists[value.price_list],
                product_model_id=models[value.model],
                feature=value.feature,
                option=value.option,
                price=value.price,
                valid_from=value.valid_from,
                valid_until=value.valid_until,
            )
            for value in book.prices
        ]
        place = ["price_list", "product_model", "feature", "option", "valid_from"]
        _save(ListPrice, prices, place, ["price", "valid_until"])


def _save(model: type, rows: list, unique: list[str], fields: list[str]) -> None:
    model.objects.bulk_create(rows, update_conflicts=True, unique_fields=unique, update_fields=fields)
