"""Currencies, exchange rates and price lists of a company folder. None of their files need be there."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from atoll.io.folder import Folder, is_new
from atoll.io.table import Row
from atoll.model.price_list import CurrencyRounding, ExchangeRate, ListPrice, PriceBook, PriceList

CURRENCIES = ("code", "rounding")
RATES = ("currency", "valid_from", "rate")
LISTS = ("code", "name", "currency", "factor", "customer_class")
PRICES = ("price_list", "model", "feature", "option", "price", "valid_from", "valid_until")


def read_price_book(folder: Folder, own: str, models: Mapping[str, dict[str, Any]]) -> PriceBook:
    """All of them.

    Parameters
    ----------
    own
        The company's own currency, which need not be among the others.
    models
        Product model documents by code.
    """
    currencies = {currency.code: currency for row, currency in _currencies(folder)}
    known = {own, *currencies}
    lists = _lists(folder, known)
    return PriceBook(
        tuple(currencies.values()),
        tuple(_rates(folder, known, own)),
        tuple(lists.values()),
        tuple(_prices(folder, lists, models)),
    )


def _rows(folder: Folder, what: str, name: str, columns: tuple[str, ...]) -> tuple[Row, ...]:
    return folder.table(what, name, *columns).rows if (folder.path / name).exists() else ()


def _currencies(folder: Folder) -> Iterator[tuple[Row, CurrencyRounding]]:
    first: dict[str, str] = {}
    for row in _rows(folder, "currency", "currencies.csv", CURRENCIES):
        code, rounding = row.currency("code"), _positive(row, "rounding")
        if rounding % Decimal("0.01"):
            row.fault("bad-number", f"Column rounding is `{rounding}`, expected a multiple of 0.01.")
        if is_new(code, row, first):
            yield row, CurrencyRounding(code, rounding)


def _rates(folder: Folder, known: set[str], own: str) -> Iterator[ExchangeRate]:
    first: dict[str, str] = {}
    for row in _rows(folder, "exchange rate", "exchange_rates.csv", RATES):
        rate = ExchangeRate(row.currency("currency"), row.day("valid_from"), _positive(row, "rate"))
        folder.is_known("currency", rate.currency, known, row)
        if rate.currency == own:
            row.fault("own-currency", f"{own} is the company's own currency, so its rate is 1.", "Take the line out.")
        if is_new(f"{rate.currency} from {rate.valid_from}", row, first):
            yield rate


def _lists(folder: Folder, known: set[str]) -> dict[str, PriceList]:
    lists: dict[str, PriceList] = {}
    first: dict[str, str] = {}
    classes: dict[str, str] = {}
    for row in _rows(folder, "price-list", "price_lists.csv", LISTS):
        customer_class = row.text("customer_class", default="", longest=40)
        line = PriceList(row.code(), row.text("name"), row.currency("currency"), _positive(row, "factor"), customer_class)
        folder.is_known("currency", line.currency, known, row)
        if customer_class and (other := classes.setdefault(customer_class, line.code)) != line.code:
            row.fault("duplicate-class", f"Customers of the class {customer_class} have the price list {other} already.")
        if is_new(line.code, row, first):
            lists[line.code] = line
    return lists


def _prices(folder: Folder, lists: Mapping[str, PriceList], models: Mapping[str, dict[str, Any]]) -> Iterator[ListPrice]:
    first: dict[str, str] = {}
    for row in _rows(folder, "list price", "list_prices.csv", PRICES):
        price = _price(row)
        folder.is_known("price-list", price.price_list, lists, row)
        if folder.is_known("model", price.model, models, row):
            _check_place(row, price, models[price.model])
        if price.valid_until is not None and price.valid_until <= price.valid_from:
            row.fault("bad-date", f"Expected valid_from before valid_until, got {price.valid_from} and {price.valid_until}.")
        what = " ".join(filter(None, (price.price_list, price.model, price.feature, price.option)))
        if is_new(f"{what} from {price.valid_from}", row, first):
            yield price


def _price(row: Row) -> ListPrice:
    return ListPrice(
        price_list=row.code("price_list"),
        model=row.code("model"),
        price=row.decimal("price"),
        valid_from=row.day("valid_from"),
        feature=row.text("feature", default=""),
        option=row.text("option", default=""),
        valid_until=row.day("valid_until") if row.cells.get("valid_until") else None,
    )


def _check_place(row: Row, price: ListPrice, document: Mapping[str, Any]) -> None:
    """Whether the model has the feature and the option, as far as its document can be read."""
    features = document.get("features")
    named = {str(f.get("code")): f for f in features if isinstance(f, dict)} if isinstance(features, list) else {}
    if price.option and not price.feature:
        row.fault("missing-feature", "There is an option without its feature.", "Name the feature that it belongs to.")
    elif price.feature and price.feature not in named:
        row.fault("unknown-feature", f"{price.model} has no feature {price.feature}.", "Check the code.")
    elif price.feature:
        options = named[price.feature].get("options")
        found = [o for o in options if isinstance(o, dict)] if isinstance(options, list) else []
        codes = [str(option.get("code", option.get("item"))) for option in found]
        if codes and price.option not in codes:
            row.fault(
                "unknown-option", f"{price.feature} has no option `{price.option}`.", f"Its options are {', '.join(codes)}."
            )
        elif price.option and not codes:
            row.fault("unknown-option", f"{price.feature} has no options.", "Leave the option empty: it is for one unit.")


def _positive(row: Row, column: str) -> Decimal:
    """A number above 0; 1 stands in for one that is not."""
    number = row.rate(column)
    if number is not None and number > 0:
        return number
    row.fault("bad-number", f"Column {column} is `{row.cells.get(column, '')}`, expected a number above 0.")
    return Decimal(1)
