"""What a configuration costs the customer."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from atoll.configure.document import did_you_mean
from atoll.configure.errors import BadPrice, UnknownCurrency
from atoll.configure.evaluate import evaluate, is_chosen, is_true
from atoll.configure.wording import looked_at, words_for
from atoll.model.product import Configuration, Currency, FeatureKind, Option, Package, PriceRule, ProductModel, Value

EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
"""Amounts have at most 28 digits, rates and roundings at most 21, so nothing is lost before an amount is rounded."""

ONE = Decimal(1)

Part = tuple[str, Decimal]

MOST_KEPT = 4096
"""Choices of which is kept what they add."""


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
    return Pricing(model, currency=currency, on=on).of(configuration, quantity)


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


class Pricing:
    """The prices of a model, for many configurations: what single choices add and take is kept.

    Parameters
    ----------
    currency, on
        As for `price`.

    Raises
    ------
    UnknownCurrency
        When the model has no such currency.
    """

    def __init__(self, model: ProductModel, *, currency: str = "", on: date | None = None) -> None:
        self.model, self.currency = model, currency or model.currency
        self._prices = _PriceList(model, _currency(model, currency))
        self._rules = [rule for rule in model.prices if rule.holds_on(on)]
        self._features = {feature.code: feature for feature in model.features}
        self._options = {feature.code: {option.code: option for option in feature.options} for feature in model.features}
        self._added = lru_cache(MOST_KEPT)(self._adds)
        self._packages = [self._package(package) for package in model.packages]
        self._packed = {code for package in model.packages for code, _ in package.choices}

    def of(self, configuration: Configuration, quantity: int = 1) -> Price:
        """What `price` gives."""
        if quantity < 1:
            raise ValueError(f"Expected quantity >= 1, got {quantity}.")
        model, values = self.model, dict(configuration.values)
        parts = [(model.name, self._prices.base)]
        for code in self._features:
            parts += self._added(code, values[code])
        parts += self._ruled(values)
        parts += self._packaged(values)
        total = _sum(parts)
        for part in self._by_volume(quantity, total):
            parts.append(part)
            total = EXACT.add(total, part[1])
        if total < 0:
            raise BadPrice(what=f"The price of {model.name}", found=total, expected="at least 0", choices=_all(model, values))
        return Price(total, tuple((what, amount) for what, amount in parts if amount), self.currency, quantity)

    def changes(self, values: Mapping[str, Value]) -> Callable[[str, Value], Decimal]:
        """What single changes of a configuration do to the price of one unit, whether or not they go together with the rest.

        Parameters
        ----------
        values
            Values of all features.

        Returns
        -------
        callable
            Gives the difference for a feature and another value of it.
        """
        added = EXACT.add(self._prices.base, _sum(part for code in self._features for part in self._added(code, values[code])))
        now = self._total(added, values)

        def difference(code: str, value: Value) -> Decimal:
            own = EXACT.subtract(_sum(self._added(code, value)), _sum(self._added(code, values[code])))
            return EXACT.subtract(self._total(EXACT.add(added, own), {**values, code: value}), now)

        return difference

    def _total(self, added: Decimal, values: Mapping[str, Value]) -> Decimal:
        """The price of one unit, from what its choices add up to by themselves."""
        total = EXACT.add(added, _sum((*self._ruled(values), *self._packaged(values))))
        return EXACT.add(total, _sum(self._by_volume(1, total)))

    def _adds(self, code: str, value: Value) -> tuple[Part, ...]:
        """What the choice for a feature adds."""
        feature, prices, parts = self._features[code], self._prices, list[Part]()
        for option in self._chosen(code, value):
            if option.price or prices.listed:
                parts.append((f"{feature.name} {option.name}", prices.of(code, option.code, option.price)))
        if isinstance(value, int):
            parts.append((words_for(feature, value), EXACT.multiply(prices.of(code, "", feature.price), Decimal(value))))
        if feature.kind is FeatureKind.TEXT and value:
            parts.append((words_for(feature, value), prices.of(code, "", feature.price)))
        return tuple(parts)

    def _chosen(self, code: str, value: Value) -> list[Option]:
        """The options that a value chooses."""
        options, codes = self._options[code], value if isinstance(value, tuple) else (value,)
        return [options[str(one)] for one in codes if str(one) in options]

    def _ruled(self, values: Mapping[str, Value]) -> Iterator[Part]:
        """What price rules add or take off."""
        for rule in self._rules:
            if _is_meant(rule, self.model, values) and is_true(rule.condition, values, self.model):
                amount = evaluate(rule.amount, values, self.model)
                if not isinstance(amount, Decimal):
                    what = f"The amount `{rule.amount_text}` of the price rule “{rule.name}”"
                    choices = looked_at(rule.amount, self.model, values)
                    raise BadPrice(what=what, found="nothing", expected="a number", choices=choices)
                yield rule.text, self._prices.amount(amount)

    def _package(self, package: Package) -> "_PackagePrice":
        """What a package takes, and what it does to the price."""
        taken = Counter({(code, "" if isinstance(value, int) else value): _count(value) for code, value in package.choices})
        alone = _sum(part for code, value in package.choices for part in self._adds(code, value))
        return _PackagePrice(package, taken, self._prices.amount(package.price) - alone)

    def _packaged(self, values: Mapping[str, Value]) -> Iterator[Part]:
        """What packages take off. A choice is part of one package only."""
        taken = [one for one in self._packages if _is_taken(one.package, values)]
        left = dict(self._units(values)) if taken else {}
        for one in taken:
            if all(left.get(option, 0) >= units for option, units in one.taken.items()):
                left |= {option: left[option] - units for option, units in one.taken.items()}
                yield one.package.text, one.amount

    def _units(self, values: Mapping[str, Value]) -> Iterator[tuple[tuple[str, str], int]]:
        """How often each option that packages know is chosen: once, or as many units as there are of a quantity."""
        for code in self._packed:
            value = values[code]
            if isinstance(value, int):
                yield (code, ""), value
            for option in self._chosen(code, value):
                yield (code, option.code), 1

    def _by_volume(self, quantity: int, so_far: Decimal) -> Iterator[Part]:
        """What is taken off because many units are ordered."""
        reached, prices = [volume for volume in self.model.volume_prices if volume.from_quantity <= quantity], self._prices
        if not reached:
            return
        volume = reached[-1]
        if volume.unit_price is not None:
            yield f"Price from {volume.from_quantity} units", prices.amount(volume.unit_price) - prices.base
        else:
            off = rounded(EXACT.multiply(so_far, volume.discount_percent / 100), prices.rounding)
            yield f"{volume.discount_percent.normalize():f} % off from {volume.from_quantity} units", -off


@dataclass(frozen=True, slots=True)
class _PackagePrice:
    """A package with the units of options that it takes, and what it adds to their prices."""

    package: Package
    taken: Counter[tuple[str, str]]
    amount: Decimal


def _is_meant(rule: PriceRule, model: ProductModel, values: Mapping[str, Value]) -> bool:
    """Whether the option, or anything of the feature, that a price rule is about is chosen."""
    if rule.feature is None:
        return True
    value = values[rule.feature]
    if rule.option is not None:
        return rule.option in (value if isinstance(value, tuple) else (value,))
    feature = model.feature(rule.feature)
    return feature is not None and is_chosen(feature, value)


def _count(value: str | int) -> int:
    return value if isinstance(value, int) else 1


def _is_taken(package: Package, values: Mapping[str, Value]) -> bool:
    """Whether the option that stands for a package is chosen; without one, its choices alone decide."""
    if package.feature is None:
        return True
    value = values[package.feature]
    return package.option in (value if isinstance(value, tuple) else (value,))


def _sum(parts: Iterable[Part]) -> Decimal:
    total = Decimal(0)
    for _, amount in parts:
        total = EXACT.add(total, amount)
    return total


def _all(model: ProductModel, values: Mapping[str, Value]) -> str:
    chosen = [feature for feature in model.features if is_chosen(feature, values[feature.code])]
    return ", ".join(words_for(feature, values[feature.code]) for feature in chosen) or "no choices"
