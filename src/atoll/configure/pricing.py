"""What a configuration costs the customer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from atoll.configure.document import did_you_mean
from atoll.configure.errors import BadPrice, UnknownCurrency
from atoll.configure.evaluate import chosen_options, evaluate, is_chosen, is_true
from atoll.configure.wording import looked_at, words_for
from atoll.model.product import Configuration, Currency, Feature, FeatureKind, Package, PriceRule, ProductModel, Value

EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
"""Amounts have at most 28 digits, rates and roundings at most 21, so nothing is lost before an amount is rounded."""

ONE = Decimal(1)

Part = tuple[str, Decimal]


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one unit when so many are ordered at once.

    Parameters
    ----------
    parts
        What it is made of, in words, with each amount; they add up to the total exactly.
    """

    total: Decimal
    parts: tuple[Part, ...]
    currency: str
    quantity: int = 1


def price(
    model: ProductModel, configuration: Configuration, quantity: int = 1, *, currency: str = "", on: date | None = None
) -> Price:
    """The base price, what each choice adds, price rules, packages and the volume price, in this order.

    Every part is rounded by itself, to whole cents or as its currency says, and half a cent away from zero; the total is the sum
    of the rounded parts. An amount of the model's currency is first multiplied by the rate, unless the price list of the
    currency has it. Of packages that share a choice the first one gets it. A discount is taken off the sum of all other parts.

    Parameters
    ----------
    quantity
        Units of the order line.
    currency
        One that the model has; empty for the model's own.
    on
        Price rules that hold on this day count; all of them when None.

    Raises
    ------
    BadPrice
        When a price rule comes to nothing or the total below zero.
    UnknownCurrency
        When the model has no such currency.

    Examples
    --------
    >>> from atoll.configure import Configurator, read_product_model
    >>> document = {
    ...     "code": "cup", "name": "Cup", "end_item": "CUP", "revision": "1", "base_price": 8, "currency": "EUR",
    ...     "features": [{"code": "spoons", "name": "Spoons", "kind": "quantity", "maximum": 6, "price": 2}],
    ...     "prices": [{"name": "set", "text": "Set of six", "amount": -3, "when": "spoons = 6"}],
    ...     "volume_prices": [{"from_quantity": 10, "discount_percent": 5}],
    ... }
    >>> model = read_product_model(document, {})
    >>> found = price(model, Configurator(model).configuration({"spoons": 6}), quantity=25)
    >>> [f"{what} {amount}" for what, amount in found.parts]
    ['Cup 8.00', 'Spoons 6 12.00', 'Set of six -3.00', '5 % off from 10 units -0.85']
    >>> found.total
    Decimal('16.15')
    """
    if quantity < 1:
        raise ValueError(f"Expected quantity >= 1, got {quantity}.")
    values, prices = dict(configuration.values), _PriceList(model, _currency(model, currency))
    parts = [(model.name, prices.base)]
    for feature in model.features:
        parts += _added(feature, values[feature.code], prices)
    parts += _ruled(model, values, prices, on)
    parts += _packaged(model, values, prices)
    parts += _by_volume(model, quantity, prices, _sum(parts))
    total = _sum(parts)
    if total < 0:
        raise BadPrice(what=f"The price of {model.name}", found=total, expected="at least 0", choices=_all(model, values))
    return Price(total, tuple((what, amount) for what, amount in parts if amount), currency or model.currency, quantity)


def rounded(amount: Decimal, step: Decimal) -> Decimal:
    """The multiple of the step that is nearest; half way goes away from zero.

    Examples
    --------
    >>> rounded(Decimal("2.675"), Decimal("0.01")), rounded(Decimal("-2.62"), Decimal("0.05"))
    (Decimal('2.68'), Decimal('-2.60'))
    """
    return EXACT.multiply(EXACT.quantize(EXACT.divide(amount, step), ONE), step)


class _PriceList:
    """The prices of a model in one currency."""

    def __init__(self, model: ProductModel, currency: Currency) -> None:
        self.rate, self.rounding = currency.rate, currency.rounding
        self.listed = {(code, option): amount for code, option, amount in currency.prices}
        self.base = self.amount(model.base_price) if currency.base_price is None else rounded(currency.base_price, self.rounding)

    def amount(self, amount: Decimal) -> Decimal:
        """An amount of the model's currency in this one."""
        return rounded(EXACT.multiply(amount, self.rate), self.rounding)

    def of(self, code: str, option: str, amount: Decimal) -> Decimal:
        """The price of an option, of a unit or of a text."""
        listed = self.listed.get((code, option))
        return self.amount(amount) if listed is None else rounded(listed, self.rounding)


def _currency(model: ProductModel, code: str) -> Currency:
    own = Currency(model.currency, ONE)
    currencies = {own.code: own} | {currency.code: currency for currency in model.currencies}
    if (code or own.code) not in currencies:
        hint = did_you_mean(code, currencies)
        raise UnknownCurrency(model=model.name, currency=code, did_you_mean=f" {hint}".rstrip())
    return currencies[code or own.code]


def _added(feature: Feature, value: Value, prices: _PriceList) -> Iterator[Part]:
    """What the choice for a feature adds."""
    for option in chosen_options(feature, value):
        if option.price or prices.listed:
            yield f"{feature.name} {option.name}", prices.of(feature.code, option.code, option.price)
    if isinstance(value, int):
        yield words_for(feature, value), EXACT.multiply(prices.of(feature.code, "", feature.price), Decimal(value))
    if feature.kind is FeatureKind.TEXT and value:
        yield words_for(feature, value), prices.of(feature.code, "", feature.price)


def _ruled(model: ProductModel, values: Mapping[str, Value], prices: _PriceList, on: date | None) -> Iterator[Part]:
    """What price rules add or take off."""
    for rule in model.prices:
        if rule.holds_on(on) and _is_meant(rule, model, values) and is_true(rule.condition, values, model):
            amount = evaluate(rule.amount, values, model)
            if not isinstance(amount, Decimal):
                what = f"The amount `{rule.amount_text}` of the price rule “{rule.name}”"
                choices = looked_at(rule.amount, model, values)
                raise BadPrice(what=what, found="nothing", expected="a number", choices=choices)
            yield rule.text, prices.amount(amount)


def _is_meant(rule: PriceRule, model: ProductModel, values: Mapping[str, Value]) -> bool:
    """Whether the option, or anything of the feature, that a price rule is about is chosen."""
    if rule.feature is None:
        return True
    value = values[rule.feature]
    if rule.option is not None:
        return rule.option in (value if isinstance(value, tuple) else (value,))
    feature = model.feature(rule.feature)
    return feature is not None and is_chosen(feature, value)


def _packaged(model: ProductModel, values: Mapping[str, Value], prices: _PriceList) -> Iterator[Part]:
    """What packages take off. A choice is part of one package only."""
    left = Counter(dict(_units(model, values))) if model.packages else Counter[tuple[str, str]]()
    for package in model.packages:
        taken = Counter({(code, "" if isinstance(value, int) else value): _count(value) for code, value in package.choices})
        if _is_taken(package, values) and taken <= left:
            left -= taken
            alone = _sum(_alone(model, package, prices))
            yield package.text, prices.amount(package.price) - alone


def _units(model: ProductModel, values: Mapping[str, Value]) -> Iterator[tuple[tuple[str, str], int]]:
    """How often each option is chosen: once, or as many units as there are of a quantity."""
    for feature in model.features:
        value = values[feature.code]
        if isinstance(value, int):
            yield (feature.code, ""), value
        for option in chosen_options(feature, value):
            yield (feature.code, option.code), 1


def _count(value: str | int) -> int:
    return value if isinstance(value, int) else 1


def _is_taken(package: Package, values: Mapping[str, Value]) -> bool:
    """Whether the option that stands for a package is chosen; without one, its choices alone decide."""
    if package.feature is None:
        return True
    value = values[package.feature]
    return package.option in (value if isinstance(value, tuple) else (value,))


def _alone(model: ProductModel, package: Package, prices: _PriceList) -> Iterator[Part]:
    """What the choices of a package cost one by one."""
    for code, value in package.choices:
        feature = model.feature(code)
        if feature is not None:
            chosen: Value = (value,) if isinstance(value, str) else value
            yield from _added(feature, chosen, prices)


def _by_volume(model: ProductModel, quantity: int, prices: _PriceList, so_far: Decimal) -> Iterator[Part]:
    """What is taken off because many units are ordered."""
    reached = [volume for volume in model.volume_prices if volume.from_quantity <= quantity]
    if not reached:
        return
    volume = reached[-1]
    if volume.unit_price is not None:
        yield f"Price from {volume.from_quantity} units", prices.amount(volume.unit_price) - prices.base
    else:
        off = rounded(EXACT.multiply(so_far, volume.discount_percent / 100), prices.rounding)
        yield f"{volume.discount_percent.normalize():f} % off from {volume.from_quantity} units", -off


def _sum(parts: Iterable[Part]) -> Decimal:
    total = Decimal(0)
    for _, amount in parts:
        total = EXACT.add(total, amount)
    return total


def _all(model: ProductModel, values: Mapping[str, Value]) -> str:
    chosen = [feature for feature in model.features if is_chosen(feature, values[feature.code])]
    return ", ".join(words_for(feature, values[feature.code]) for feature in chosen) or "no choices"
