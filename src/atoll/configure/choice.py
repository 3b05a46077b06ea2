"""Choices as a person or program gives them, turned into values of features."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from atoll.configure.document import as_decimal, did_you_mean, shown
from atoll.configure.errors import UnknownFeature, UnknownOption
from atoll.errors import AtollError, BadInput, Issue
from atoll.model.product import NONE, Feature, FeatureKind, ProductModel, Value

MOST_SHOWN = 60
"""Characters of what was given that a message repeats."""


def read_choices(model: ProductModel, choices: Mapping[str, Any]) -> dict[str, Value]:
    """Values by feature, in the order of the choices. None stands for not chosen.

    Raises
    ------
    UnknownFeature, UnknownOption
        When one choice is wrong.
    BadInput
        With every fault when several are.
    """
    values: dict[str, Value] = {}
    faults: list[tuple[str, AtollError]] = []
    for code, raw in choices.items():
        try:
            if raw is not None:
                values[str(code)] = parse_value(_feature(model, code), raw)
        except AtollError as fault:
            faults.append((str(code), fault))
    if len(faults) == 1:
        raise faults[0][1]
    if faults:
        raise BadInput(Issue(f"choice of `{code}`", fault.code, str(fault)) for code, fault in faults)
    return values


def _feature(model: ProductModel, code: object) -> Feature:
    feature = model.feature(str(code))
    if feature is None:
        hint = did_you_mean(code, [known.code for known in model.features])
        raise UnknownFeature(model=model.name, feature=_short(code), did_you_mean=f" {hint}".rstrip())
    return feature


def parse_value(feature: Feature, raw: Any) -> Value:
    """One value of a feature.

    Raises
    ------
    UnknownOption
        When it is none, with what would be.
    """
    match feature.kind:
        case FeatureKind.MANY:
            return _many(feature, raw)
        case FeatureKind.TEXT:
            return _text(feature, raw)
        case FeatureKind.QUANTITY | FeatureKind.NUMBER:
            return _number(feature, raw)
        case _:
            return _option(feature, raw)


def _option(feature: Feature, raw: Any) -> str:
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = str(raw)
    if isinstance(raw, str) and (feature.option(raw) or (raw == NONE and feature.kind is FeatureKind.OPTIONAL)):
        return raw
    raise _unknown(feature, raw, did_you_mean(raw, [*map(str, feature.values())]))


def _many(feature: Feature, raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise _unknown(feature, raw, "Expected a list of options.")
    chosen = {_option(feature, code) for code in raw}
    return tuple(option.code for option in feature.options if option.code in chosen)


def _number(feature: Feature, raw: Any) -> Value:
    number = as_decimal(raw)
    fits = number is not None and feature.minimum <= number <= feature.maximum and not (number - feature.minimum) % feature.step
    if number is None or not fits:
        raise _unknown(feature, raw, f"Expected {feature.minimum} to {feature.maximum} in steps of {feature.step}.")
    return feature.values()[int((number - feature.minimum) / feature.step)]


def _text(feature: Feature, raw: Any) -> str:
    text = raw.strip() if isinstance(raw, str) else None
    if text is None or not text.isprintable():
        raise _unknown(feature, raw, "Expected a text of one line.")
    if len(text) > feature.max_length:
        raise _unknown(feature, raw, f"Expected at most {feature.max_length} characters, got {len(text)}.")
    if text and feature.pattern and not re.fullmatch(feature.pattern, text):
        raise _unknown(feature, raw, _unlike(text, feature.pattern))
    return text


def _unlike(text: str, pattern: str) -> str:
    """What keeps a text from following a pattern: single signs, where it would do without them."""
    strange = [sign for sign in dict.fromkeys(text) if not re.fullmatch(pattern, sign)]
    if re.fullmatch(pattern, "".join(sign for sign in text if sign not in strange)):
        return f"It must do without {' '.join(strange)}."
    return f"Expected a text like {pattern}."


def _unknown(feature: Feature, raw: Any, hint: str) -> UnknownOption:
    return UnknownOption(option=_short(raw), feature=feature.name, feature_code=feature.code, did_you_mean=f" {hint}".rstrip())


def _short(raw: Any) -> str:
    """What was given, as a message names it."""
    if not isinstance(raw, str):
        return shown(raw)
    return raw if len(raw) <= MOST_SHOWN else f"{raw[: MOST_SHOWN - 1]}…"
