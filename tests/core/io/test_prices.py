"""Currencies, exchange rates and price lists of a company folder."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from atoll.errors import BadInput
from atoll.io.folder import Folder
from atoll.io.prices import read_price_book
from atoll.model.price_list import NO_PRICES, CurrencyRounding, ExchangeRate, ListPrice, PriceBook, PriceList

FILES = {
    "currencies.csv": "code,rounding\nCHF,0.05\nJPY,1\n",
    "exchange_rates.csv": "currency,valid_from,rate\nCHF,2026-01-01,0.93\nJPY,2026-01-01,161.237\nCHF,2026-02-01,0.95\n",
    "price_lists.csv": "code,name,currency,factor,customer_class\nTRADE,Trade,EUR,0.8,trade\nSWISS,Switzerland,CHF,1,\n",
    "list_prices.csv": (
        "price_list,model,feature,option,price,valid_from,valid_until\n"
        "SWISS,DL,,,58,2026-01-01,\nSWISS,DL,head,HEAD-L,30.50,2026-01-01,2026-03-01\nSWISS,DL,cable,,1.8,2026-01-01,\n"
    ),
}
MODELS = {"DL": {"features": [{"code": "head", "options": [{"item": "HEAD-L"}, {"code": "small"}]}, {"code": "cable"}]}}

Read = Callable[..., PriceBook]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a folder with some of its files changed."""

    def read_changed(name: str = "", old: str = "", new: str = "", files: dict[str, str] = FILES) -> PriceBook:
        for file, text in files.items():
            (tmp_path / file).write_text(text.replace(old, new) if file == name else text)
        folder = Folder(tmp_path)
        book = read_price_book(folder, "EUR", MODELS)
        folder.faults.raise_any()
        return book

    return read_changed


def test_all_files_become_a_price_book(read: Read) -> None:
    january = date(2026, 1, 1)
    assert read() == PriceBook(
        (CurrencyRounding("CHF", Decimal("0.05")), CurrencyRounding("JPY", Decimal(1))),
        (
            ExchangeRate("CHF", january, Decimal("0.93")),
            ExchangeRate("JPY", january, Decimal("161.237")),
            ExchangeRate("CHF", date(2026, 2, 1), Decimal("0.95")),
        ),
        (PriceList("TRADE", "Trade", "EUR", Decimal("0.8"), "trade"), PriceList("SWISS", "Switzerland", "CHF")),
        (
            ListPrice("SWISS", "DL", Decimal(58), january),
            ListPrice("SWISS", "DL", Decimal("30.50"), january, "head", "HEAD-L", date(2026, 3, 1)),
            ListPrice("SWISS", "DL", Decimal("1.8"), january, "cable"),
        ),
    )


def test_a_company_may_have_none_of_them(read: Read) -> None:
    assert read(files={}) == NO_PRICES


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "code"),
    [
        ("currencies.csv", "CHF", "chf", "currencies.csv:2", "bad-currency"),
        ("currencies.csv", "0.05", "0", "currencies.csv:2", "bad-number"),
        ("currencies.csv", "0.05", "0.001", "currencies.csv:2", "bad-number"),
        ("currencies.csv", "JPY", "CHF", "currencies.csv:3", "duplicate-code"),
        ("exchange_rates.csv", "0.93", "-1", "exchange_rates.csv:2", "bad-number"),
        ("exchange_rates.csv", "0.93", "0", "exchange_rates.csv:2", "bad-number"),
        ("exchange_rates.csv", "2026-02-01", "2026-02-30", "exchange_rates.csv:4", "bad-date"),
        ("exchange_rates.csv", "2026-02-01", "2026-01-01", "exchange_rates.csv:4", "duplicate-code"),
        ("exchange_rates.csv", "JPY", "GBP", "exchange_rates.csv:3", "unknown-currency"),
        ("exchange_rates.csv", "JPY", "EUR", "exchange_rates.csv:3", "own-currency"),
        ("price_lists.csv", "CHF", "USD", "price_lists.csv:3", "unknown-currency"),
        ("price_lists.csv", "0.8", "none", "price_lists.csv:2", "bad-number"),
        ("price_lists.csv", "CHF,1,", "CHF,1,trade", "price_lists.csv:3", "duplicate-class"),
        ("list_prices.csv", "SWISS,DL,cable", "SUISSE,DL,cable", "list_prices.csv:4", "unknown-price-list"),
        ("list_prices.csv", "DL,cable", "XL,cable", "list_prices.csv:4", "unknown-model"),
        ("list_prices.csv", "cable", "kabel", "list_prices.csv:4", "unknown-feature"),
        ("list_prices.csv", "HEAD-L", "HEAD-M", "list_prices.csv:3", "unknown-option"),
        ("list_prices.csv", "head,HEAD-L", ",HEAD-L", "list_prices.csv:3", "missing-feature"),
        ("list_prices.csv", "cable,,", "cable,long,", "list_prices.csv:4", "unknown-option"),
        ("list_prices.csv", "2026-03-01", "2025-03-01", "list_prices.csv:3", "bad-date"),
    ],
)
def test_a_fault_is_told_with_its_file_and_line(read: Read, name: str, old: str, new: str, place: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(name, old, new)
    assert (place, code) in [(issue.source, issue.code) for issue in caught.value.issues]
