"""Rows of pricing as values of the science."""

from datetime import date
from decimal import Decimal

from atoll.configure.terms import Terms, listed_on, rates_on, rounding_of
from atoll.model import price_list as values
from atoll_web.accounts.models import Company
from atoll_web.pricing.models import Currency, ExchangeRate, ListPrice, PriceList


def terms_of(row: PriceList | None, currency: str, on: date) -> Terms:
    """The terms of a price list on a day; without a list, those of a currency.

    Three queries, and one more with a list, however many prices there are.
    """
    own = Company.objects.values_list("currency", flat=True).get()
    paid = row.currency if row else currency or own
    known = Currency.objects.filter(code=paid).values_list("code", "rounding")
    return Terms(
        currency=paid,
        rates=exchange_rates(own, on),
        rounding=rounding_of(paid, [values.CurrencyRounding(*fields) for fields in known]),
        factor=row.factor if row else Decimal(1),
        listed=listed_on(on, _prices(row, on)) if row else {},
    )


def exchange_rates(own: str, on: date) -> dict[str, Decimal]:
    """Units of each currency for one unit of the company's own, on a day."""
    begun = ExchangeRate.objects.filter(valid_from__lte=on).order_by("currency__code", "-valid_from").distinct("currency__code")
    rates = [values.ExchangeRate(*fields) for fields in begun.values_list("currency__code", "valid_from", "rate")]
    return rates_on(on, own, rates)


def _prices(row: PriceList, on: date) -> list[values.ListPrice]:
    fields = ("price_list__code", "product_model__code", "price", "valid_from", "feature", "option", "valid_until")
    rows = ListPrice.objects.filter(price_list=row, valid_from__lte=on).exclude(valid_until__lte=on)
    return [values.ListPrice(*found) for found in rows.values_list(*fields)]
