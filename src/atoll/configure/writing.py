"""Product models as documents, complete and without need of the items they were made from."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from atoll.model.item import Attributes
from atoll.model.product import Feature, FeatureKind, Operation, Option, ProductModel, Rule, SuperBillLine, plain


def write_product_model(model: ProductModel) -> dict[str, Any]:
    """A document in which everything is explicit; `read_product_model(document, {})` gives an equal model."""
    return {
        "code": model.code,
        "name": model.name,
        "end_item": model.end_item,
        "revision": model.revision,
        "base_price": str(model.base_price),
        "currency": model.currency,
        "subassemblies": list(model.subassemblies),
        "features": [_feature(feature) for feature in model.features],
        "rules": [_rule(rule) for rule in model.rules[: len(model.rules) - len(model.tables)]],
        "tables": [deepcopy(dict(table)) for table in model.tables],
        "lines": [_line(line) for line in model.lines],
        "operations": [_operation(operation) for operation in model.operations],
    }


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
    days: Mapping[str, Any] = {"valid_from": rule.valid_from, "valid_until": rule.valid_until}
    written = {"name": rule.name, "text": rule.text, "rule": rule.source}
    return written | {name: day.isoformat() for name, day in days.items() if day is not None}


def _line(line: SuperBillLine) -> dict[str, Any]:
    document = {"item": line.item, "quantity": line.quantity_text}
    return document | ({"when": line.condition_text} if line.condition_text else {})


def _operation(operation: Operation) -> dict[str, Any]:
    document: dict[str, Any] = {"name": operation.name, "minutes": operation.minutes}
    return document | ({"when": operation.condition_text} if operation.condition_text else {})
