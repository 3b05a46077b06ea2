"""Product models as documents, complete and without need of the items they were made from."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from atoll.model.item import Attributes
from atoll.model.product import (
    Currency,
    Example,
    Feature,
    FeatureKind,
    Operation,
    Option,
    Package,
    Preference,
    PriceRule,
    ProductModel,
    Rule,
    SuperBillLine,
    VolumePrice,
    plain,
)


def write_product_model(model: ProductModel) -> dict[str, Any]:
    """A document in which everything is explicit; `read_product_model(document, {})` gives an equal model.

    Parts that few models have stand in it only where there are any.
    """
    document = {
        "code": model.code,
        "name": model.name,
        "end_item": model.end_item,
        "revision": model.revision,
        "base_price": str(model.base_price),
        "currency": model.currency,
        "subassemblies": list(model.subassemblies),
        "features": [_feature(feature) for feature in model.features],
        "rules": [_rule(rule) for rule in model.rules[: len(model.rules) - _made_from_others(model)]],
        "tables": [deepcopy(dict(table)) for table in model.tables],
        "lines": [_line(line) for line in model.lines],
        "operations": [_operation(operation) for operation in model.operations],
    }
    seldom: dict[str, list[Any]] = {
        "phantoms": list(model.phantoms),
        "derived": [{"name": value.name, "expression": value.source} for value in model.derived],
        "preferences": [_preference(preference) for preference in model.preferences],
        "prices": [_price(price) for price in model.prices],
        "packages": [_package(package) for package in model.packages],
        "volume_prices": [_volume_price(price) for price in model.volume_prices],
        "currencies": [_currency(currency) for currency in model.currencies],
        "examples": [_example(example) for example in model.examples],
    }
    return document | {name: records for name, records in seldom.items() if records}


def _made_from_others(model: ProductModel) -> int:
    """How many of the last rules come from packages and tables."""
    return len(model.tables) + sum(package.option is not None for package in model.packages)


def _feature(feature: Feature) -> dict[str, Any]:
    document: dict[str, Any] = {"code": feature.code, "name": feature.name, "kind": feature.kind.value}
    if feature.group:
        document["group"] = feature.group
    if feature.default is not None:
        document["default"] = plain(feature.default)
    return document | _OF_KIND[feature.kind](feature)


def _options(feature: Feature) -> dict[str, Any]:
    return {"options": [_option(option) for option in feature.options]}


def _several_options(feature: Feature) -> dict[str, Any]:
    most = feature.maximum or len(feature.options)
    return {"minimum": int(feature.minimum), "maximum": int(most), **_options(feature)}


def _range(feature: Feature) -> dict[str, Any]:
    return {"minimum": str(feature.minimum), "maximum": str(feature.maximum), "step": str(feature.step)}


def _quantity(feature: Feature) -> dict[str, Any]:
    item = {"item": feature.item} if feature.item else {}
    return _range(feature) | item | {"price": str(feature.price), "attributes": _attributes(feature.attributes)}


def _text(feature: Feature) -> dict[str, Any]:
    return {"price": str(feature.price), "max_length": feature.max_length, "pattern": feature.pattern}


_OF_KIND = {
    FeatureKind.ONE: _options,
    FeatureKind.OPTIONAL: _options,
    FeatureKind.MANY: _several_options,
    FeatureKind.QUANTITY: _quantity,
    FeatureKind.NUMBER: _range,
    FeatureKind.TEXT: _text,
}


def _option(option: Option) -> dict[str, Any]:
    document: dict[str, Any] = {"code": option.code, "name": option.name}
    if option.item:
        document["item"] = option.item
    return document | {"price": str(option.price), "share": option.share, "attributes": _attributes(option.attributes)}


def _attributes(attributes: Attributes) -> dict[str, Any]:
    """Facts as JSON keeps them; lists of words are tuples in the model."""
    return {name: list(fact) if isinstance(fact, tuple) else fact for name, fact in attributes.items()}


def _rule(rule: Rule) -> dict[str, Any]:
    return {"name": rule.name, "text": rule.text, "rule": rule.source} | _days(rule)


def _days(dated: Rule | PriceRule) -> dict[str, str]:
    days: Mapping[str, Any] = {"valid_from": dated.valid_from, "valid_until": dated.valid_until}
    return {name: day.isoformat() for name, day in days.items() if day is not None}


def _preference(preference: Preference) -> dict[str, Any]:
    document: dict[str, Any] = {"prefer": preference.source, "weight": str(preference.weight)}
    return document | _given(when=preference.condition_text)


def _price(price: PriceRule) -> dict[str, Any]:
    named = _given(feature=price.feature, option=price.option)
    written = {"name": price.name, "text": price.text} | named | {"amount": price.amount_text}
    return written | _given(when=price.condition_text) | _days(price)


def _package(package: Package) -> dict[str, Any]:
    choices: dict[str, Any] = {}
    for code, value in package.choices:
        choices.setdefault(code, []).append(value)
    written: dict[str, Any] = {"name": package.name, "text": package.text} | _given(
        feature=package.feature, option=package.option
    )
    return written | {
        "choices": {code: values if len(values) > 1 else values[0] for code, values in choices.items()},
        "price": str(package.price),
    }


def _volume_price(price: VolumePrice) -> dict[str, Any]:
    if price.unit_price is None:
        return {"from_quantity": price.from_quantity, "discount_percent": str(price.discount_percent)}
    return {"from_quantity": price.from_quantity, "unit_price": str(price.unit_price)}


def _currency(currency: Currency) -> dict[str, Any]:
    prices: dict[str, Any] = {}
    for code, option, price in currency.prices:
        if option:
            prices.setdefault(code, {})[option] = str(price)
        else:
            prices[code] = str(price)
    written: dict[str, Any] = {"code": currency.code, "rate": str(currency.rate), "rounding": str(currency.rounding)}
    base = {} if currency.base_price is None else {"base_price": str(currency.base_price)}
    return written | base | ({"prices": prices} if prices else {})


def _line(line: SuperBillLine) -> dict[str, Any]:
    document: dict[str, Any] = {"item": line.item, "quantity": line.quantity_text}
    others = {"alternates": list(line.alternates), "substitutes": list(line.substitutes)}
    return document | {name: codes for name, codes in others.items() if codes} | _given(when=line.condition_text)


def _operation(operation: Operation) -> dict[str, Any]:
    minutes = int(operation.minutes_text) if operation.minutes_text.isdecimal() else operation.minutes_text
    written: dict[str, Any] = {"name": operation.name, "minutes": minutes}
    return written | _given(when=operation.condition_text, line_group=operation.line_group)


def _example(example: Example) -> dict[str, Any]:
    choices = {code: plain(value) for code, value in example.choices}
    return {"name": example.name, "choices": choices, "valid": example.valid}


def _given(**texts: str | None) -> dict[str, Any]:
    """Those of the texts that are there."""
    return {name: text for name, text in texts.items() if text}
