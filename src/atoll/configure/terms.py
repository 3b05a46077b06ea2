"""Prices as one customer gets them: a currency, its exchange rate of the day, and a price list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from atoll.configure.errors import NoExchangeRate
from atoll.configure.pricing import EXACT, ONE, Price, price
from atoll.model.price_list import CurrencyRounding, ExchangeRate, ListPrice
from atoll.model.product import Configuration, Currency, ProductModel

FINEST_RATE = Decimal("1e-9")
"""A rate by way of the company's currency is rounded to this; those that are stated are taken as they are."""

Place = tuple[str, str, str]
"""Product model, feature and option of a price; of the base price the model alone."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms something is sold on one day.

    Parameters
    ----------
    currency
        What the customer pays in.
    rates
        Units of each currency for one unit of the company's own, which is among them with rate 1.
    rounding
        Amounts are rounded to a multiple of this; None as the product model says, or to cents.
    factor
        All prices that are not listed are multiplied by it.
    listed
        Prices of their own, in the currency.
    """

    currency: str
    rates: Mapping[str, Decimal]
    rounding: Decimal | None = None
    factor: Decimal = ONE
    listed: Mapping[Place, Decimal] = field(default_factory=dict)


def price_on_terms(
    model: ProductModel, configuration: Configuration, quantity: int = 1, *, terms: Terms, on: date | None = None
) -> Price:
    """The price of a configuration on a customer's terms.

    A price of the customer's list goes before one that the product model lists in the currency, and that before the price in the
    model's own currency times the exchange rate of the day. What is not of the customer's list is multiplied by the factor.
    Otherwise as `atoll.configure.pricing.price`.

    Raises
    ------
    NoExchangeRate
        When nobody says what the currency is worth.
    BadPrice

    Examples
    --------
    >>> from atoll.configure import Configurator, read_product_model
    >>> document = {
    ...     "code": "cup", "name": "Cup", "end_item": "CUP", "revision": "1", "base_price": 8, "currency": "EUR",
    ...     "features": [{"code": "spoons", "name": "Spoons", "kind": "quantity", "maximum": 6, "price": 2}],
    ... }
    >>> model = read_product_model(document, {})
    >>> cup = Configurator(model).configuration({"spoons": 2})
    >>> rates, listed = {"EUR": Decimal(1), "CHF": Decimal("0.93")}, {("cup", "spoons", ""): Decimal(1)}
    >>> terms = Terms("CHF", rates, Decimal("0.05"), listed=listed)
    >>> price_on_terms(model, cup, terms=terms).parts
    (('Cup', Decimal('7.45')), ('Spoons 2', Decimal('2.00')))
    """
    return price(_on_terms(model, terms), configuration, quantity, currency=terms.currency, on=on)


def rate_between(terms: Terms, model: ProductModel) -> Decimal:
    """Units of the terms' currency for one unit of a product model's.

    Raises
    ------
    NoExchangeRate
    """
    known = {currency.code: currency.rate for currency in model.currencies}
    if terms.currency == model.currency:
        return ONE
    if terms.currency in terms.rates and model.currency in terms.rates:
        rate, own = terms.rates[terms.currency], terms.rates[model.currency]
        return rate if own == 1 else EXACT.quantize(EXACT.divide(rate, own), FINEST_RATE)
    if terms.currency not in known:
        raise NoExchangeRate(currency=terms.currency, model=model.name, own=model.currency)
    return known[terms.currency]


def _on_terms(model: ProductModel, terms: Terms) -> ProductModel:
    """The model with the terms as its price list in their currency."""
    own = next((currency for currency in model.currencies if currency.code == terms.currency), Currency(terms.currency, ONE))
    rate = rate_between(terms, model)
    base, prices = own.base_price, {(feature, option): amount for feature, option, amount in own.prices}
    if terms.factor != 1:
        rate = EXACT.multiply(rate, terms.factor)
        base = None if base is None else EXACT.multiply(base, terms.factor)
        prices = {place: EXACT.multiply(amount, terms.factor) for place, amount in prices.items()}
    listed = {(feature, option): amount for (code, feature, option), amount in terms.listed.items() if code == model.code}
    base = listed.pop(("", ""), base)
    currency = Currency(
        code=terms.currency,
        rate=rate,
        rounding=terms.rounding or own.rounding,
        base_price=base,
        prices=tuple((feature, option, amount) for (feature, option), amount in (prices | listed).items()),
    )
    others = tuple(other for other in model.currencies if other.code != terms.currency)
    return replace(model, currencies=(*others, currency))


def rates_on(day: date, own: str, rates: Iterable[ExchangeRate]) -> dict[str, Decimal]:
    """The exchange rates of a day, that of the company's own currency included."""
    begun = sorted((rate for rate in rates if rate.valid_from <= day), key=lambda rate: rate.valid_from)
    return {rate.currency: rate.rate for rate in begun} | {own: ONE}


def listed_on(day: date, prices: Iterable[ListPrice]) -> dict[Place, Decimal]:
    """The prices of one list that count on a day."""
    counting = sorted((price for price in prices if price.holds_on(day)), key=lambda price: price.valid_from)
    return {(price.model, price.feature, price.option): price.price for price in counting}


def rounding_of(currency: str, currencies: Iterable[CurrencyRounding]) -> Decimal | None:
    """How amounts of a currency are rounded; None where nobody says so."""
    return next((known.rounding for known in currencies if known.code == currency), None)
