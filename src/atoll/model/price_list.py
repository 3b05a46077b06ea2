"""What a company sells for beside the prices in its product models: currencies, exchange rates, price lists."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class CurrencyRounding:
    """A currency that customers pay in.

    Parameters
    ----------
    rounding
        Amounts are rounded to a multiple of this; what is half way goes away from zero.
    """

    code: str
    rounding: Decimal = Decimal("0.01")

    def __post_init__(self) -> None:
        if self.rounding <= 0:
            raise ValueError(f"Expected rounding > 0 for {self.code}, got {self.rounding}.")


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """Units of a currency for one unit of the company's own, from a day on until the next rate begins."""

    currency: str
    valid_from: date
    rate: Decimal

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"Expected rate > 0 for {self.currency}, got {self.rate}.")


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices for some customers.

    Parameters
    ----------
    factor
        All prices that the list does not name are multiplied by it.
    customer_class
        Customers for whom it counts without being named with them; empty for none.
    """

    code: str
    name: str
    currency: str
    factor: Decimal = Decimal(1)
    customer_class: str = ""

    def __post_init__(self) -> None:
        if self.factor <= 0:
            raise ValueError(f"Expected factor > 0 for {self.code}, got {self.factor}.")


@dataclass(frozen=True, slots=True)
class ListPrice:
    """A price of its own in a price list, in the currency of the list.

    Parameters
    ----------
    feature, option
        What it is for: an option, a unit of a quantity or a text (without option), or the product itself (without both).
    valid_from, valid_until
        First day on which it counts, and first on which it no longer does. Of several, the one that began last counts.
    """

    price_list: str
    model: str
    price: Decimal
    valid_from: date
    feature: str = ""
    option: str = ""
    valid_until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it counts on a day."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Everything that a company sells for beside its product models."""

    currencies: tuple[CurrencyRounding, ...] = ()
    rates: tuple[ExchangeRate, ...] = ()
    lists: tuple[PriceList, ...] = ()
    prices: tuple[ListPrice, ...] = ()


NO_PRICES = PriceBook()
"""Nothing beside the product models."""
