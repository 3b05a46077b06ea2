"""What a document says about prices beyond those of the options: price rules, packages, volume prices, currencies."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from atoll.configure.document import Faults, Record, as_decimal, did_you_mean, shown
from atoll.configure.language import Language
from atoll.configure.table import joined
from atoll.configure.wording import joined as words
from atoll.configure.wording import words_for
from atoll.model.expression import Choice, Comparison, Expression, Logical, Number, Word
from atoll.model.product import Currency, Feature, FeatureKind, Package, PriceRule, Rule, VolumePrice

PRICE = ("name", "text", "feature", "option", "amount", "when", "valid_from", "valid_until")
PACKAGE = ("name", "text", "feature", "option", "choices", "price")
VOLUME_PRICE = ("from_quantity", "discount_percent", "unit_price")
CURRENCY = ("code", "rate", "rounding", "base_price", "prices")


def read_price(record: Record, language: Language) -> PriceRule:
    """A price rule."""
    name = record.text("name")
    feature, option = _target(record, language)
    amount = str(record.fields["amount"]) if "amount" in record else record.text("amount")
    condition, when = language.when(record)
    start, end = record.span()
    return PriceRule(
        name=name,
        text=record.text("text", name),
        amount=language.number(amount, record.faults.at("amount")),
        amount_text=amount,
        feature=feature,
        option=option,
        condition=condition,
        condition_text=when,
        valid_from=start,
        valid_until=end,
    )


def _target(record: Record, language: Language) -> tuple[str | None, str | None]:
    """The feature and option that something is about; None where it names none."""
    code = record.text("feature") if "feature" in record else None
    option = record.text("option") if "option" in record else None
    if option is not None and code is None:
        record.faults.add("missing-key", "`feature` is missing: the one that the option belongs to.")
    if code is None:
        return None, None
    feature = language.features.get(code)
    if feature is None:
        record.faults.add("unknown-feature", f"There is no feature `{code}`.", did_you_mean(code, language.features))
    elif option is not None:
        _check_option(feature, option, record.faults)
    return code, option


def _check_option(feature: Feature, option: str, faults: Faults) -> None:
    if feature.option(option) is None:
        known = [known.code for known in feature.options]
        faults.add("unknown-option", f"`{option}` is not an option of `{feature.code}`.", did_you_mean(option, known))


def read_package(record: Record, language: Language) -> Package:
    """A package. It must not cost more than its choices do one by one."""
    name = record.text("name")
    feature, option = _target(record, language)
    if feature is not None and option is None:
        record.faults.add("missing-key", "`option` is missing: the one that stands for the package.")
    package = Package(
        name=name,
        text=record.text("text", name),
        choices=tuple(_choices(record, language)),
        price=record.number("price", None if option is None else 0),
        feature=feature,
        option=option,
    )
    alone = sum((list_price(language.features[code], value) for code, value in package.choices), Decimal(0))
    if package.choices and package.price > alone:
        message = f"The package costs {package.price}, but its choices cost {alone} one by one."
        record.faults.add("no-saving", message, "Give it a lower price.")
    return package


def _choices(record: Record, language: Language) -> Iterator[tuple[str, str | int]]:
    choices = record.fields.get("choices")
    if not isinstance(choices, Mapping) or not choices:
        record.faults.add("missing-key", 'Expected `choices`, such as { rack = "steel", pads = 2 }.')
        return
    for code, value in choices.items():
        faults = record.faults.at(f"choice of `{str(code)[:60]}`")
        feature = language.features.get(code)
        if feature is None:
            faults.add("unknown-feature", f"There is no feature `{code}`.", did_you_mean(code, language.features))
        else:
            yield from ((str(code), part) for part in _parts(feature, value, faults))


def _parts(feature: Feature, value: Any, faults: Faults) -> Iterator[str | int]:
    """What a package takes of a feature: options, or units of a quantity."""
    if feature.kind is FeatureKind.QUANTITY:
        units = as_decimal(value)
        if units is None or units != int(units) or not max(feature.minimum, Decimal(1)) <= units <= feature.maximum:
            faults.add("bad-number", f"Expected units from 1 to {feature.maximum}, got {shown(value)}.")
        else:
            yield int(units)
    elif not feature.options:
        faults.add("bad-value", f"A package cannot fix `{feature.code}`, a feature of kind {feature.kind.value}.")
    else:
        options = value if isinstance(value, (list, tuple)) and feature.kind is FeatureKind.MANY else [value]
        for option in dict.fromkeys(option if isinstance(option, str) else shown(option) for option in options):
            _check_option(feature, option, faults)
            yield option


def list_price(feature: Feature, value: str | int) -> Decimal:
    """What an option, or so many units of a quantity, cost by themselves."""
    if isinstance(value, int):
        return feature.price * value
    option = feature.option(value)
    return option.price if option else Decimal(0)


def rule_of(package: Package, language: Language) -> Rule | None:
    """That the option which stands for a package requires its choices; None when no option does."""
    if package.feature is None or package.option is None:
        return None
    features = language.features
    wanted = [has(features[code], value) for code, value in package.choices]
    if package.feature not in features or not wanted:
        return None
    owner = features[package.feature]
    condition = Logical("->", has(owner, package.option), joined("and", wanted))
    said = words([_words(features[code], value) for code, value in package.choices])
    return Rule(package.name, f"{package.text} comes with {said}.", condition)


def _words(feature: Feature, value: str | int) -> str:
    if isinstance(value, int):
        return f"at least {value} {feature.name}"
    return words_for(feature, (value,))


def has(feature: Feature, value: str | int) -> Expression:
    """That an option is chosen, or that there are so many units at least."""
    if isinstance(value, int):
        return Comparison(">=", Choice(feature.code), Number(Decimal(value)))
    return Comparison("contains" if feature.kind is FeatureKind.MANY else "=", Choice(feature.code), Word(value))


def read_volume_prices(records: Iterator[Record]) -> tuple[VolumePrice, ...]:
    """Volume prices, the smallest quantity first."""
    found: dict[int, VolumePrice] = {}
    for record in records:
        price = _volume_price(record)
        if price.from_quantity in found:
            record.faults.add("duplicate", f"There are two prices from {price.from_quantity} units on.")
        found[price.from_quantity] = price
    return tuple(found[quantity] for quantity in sorted(found))


def _volume_price(record: Record) -> VolumePrice:
    quantity = record.whole("from_quantity", 1)
    if "from_quantity" not in record:
        record.faults.add("missing-key", "`from_quantity` is missing.")
    elif quantity < 1:
        record.faults.add("bad-number", f"Expected `from_quantity` >= 1, got {quantity}.")
    if ("discount_percent" in record) == ("unit_price" in record):
        record.faults.add("missing-key", "Expected either `discount_percent` or `unit_price`.")
    percent = record.number("discount_percent", 0)
    if percent > 100:
        record.faults.add("bad-number", f"Expected `discount_percent` <= 100, got {percent}.")
    return VolumePrice(quantity, percent, record.number("unit_price", 0) if "unit_price" in record else None)


def read_currency(record: Record, language: Language, base: str) -> Currency:
    """A currency with its rate and price list."""
    code = record.text("code")
    # The model's own currency may be named only to say how it is rounded.
    rate = record.number("rate", 1 if code == base else None)
    if rate <= 0 and "rate" in record:
        record.faults.add("bad-number", f"Expected `rate` > 0, got {rate}.")
    if code == base and rate != 1:
        record.faults.add("bad-number", f"`{code}` is the currency of the model, so its rate is 1, not {rate}.")
    rounding = record.number("rounding", Decimal("0.01"))
    if rounding <= 0:
        record.faults.add("bad-number", f"Expected `rounding` > 0, got {rounding}.")
    base_price = record.number("base_price", 0) if "base_price" in record else None
    return Currency(code, rate, rounding, base_price, tuple(_price_list(record, language)))


def _price_list(record: Record, language: Language) -> Iterator[tuple[str, str, Decimal]]:
    listed = record.fields.get("prices", {})
    faults = record.faults.at("prices")
    if not isinstance(listed, Mapping):
        faults.add("bad-value", f"Expected a table of prices by feature, got {shown(listed)}.")
        return
    for code, prices in listed.items():
        feature = language.features.get(code)
        if feature is None:
            faults.add("unknown-feature", f"There is no feature `{code}`.", did_you_mean(code, language.features))
        elif not feature.options:
            yield str(code), "", _listed_price(prices, faults.at(f"`{code}`"))
        elif isinstance(prices, Mapping):
            for option, price in prices.items():
                _check_option(feature, str(option), faults)
                yield str(code), str(option), _listed_price(price, faults.at(f"`{code}`, option `{option}`"))
        else:
            hint = "Write one price for each option, such as { steel = 49, wood = 79 }."
            faults.add("bad-value", f"`{code}` has options, got {shown(prices)}.", hint)


def _listed_price(value: Any, faults: Faults) -> Decimal:
    found = as_decimal(value)
    if found is None:
        faults.add("bad-number", f"Expected a number as price, got {shown(value)}.")
    return found or Decimal(0)
