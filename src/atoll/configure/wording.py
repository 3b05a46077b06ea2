"""Choices, rules and conflicts in words."""

from collections.abc import Mapping, Sequence

from atoll.model.expression import Expression, Sum, features_of, parts_of
from atoll.model.product import NONE, Feature, ProductModel, Rule, Value


def words_for(feature: Feature, value: Value) -> str:
    """A choice as a person would say it, such as `Processor i9` or `no Graphics card`."""
    if value in (NONE, (), ""):
        return f"no {feature.name}"
    if not feature.options:
        return f"{feature.name} {value}"
    codes = value if isinstance(value, tuple) else (value,)
    options = [option.name for option in feature.options if option.code in codes]
    return f"{feature.name} {joined(options)}"


def because(model: ProductModel, rules: Sequence[Rule], choices: Sequence[tuple[str, Value]]) -> str:
    """Why rules and choices do not go together, as the end of a sentence."""
    said = joined([quoted(rule) for rule in rules])
    features = {feature.code: feature for feature in model.features}
    made = " with ".join(words_for(features[code], value) for code, value in choices)
    if made:
        return f"{made} goes against {said}."
    return f"the rules {said} contradict each other." if len(rules) > 1 else f"the rule {said} can never be kept."


def looked_at(expression: Expression, model: ProductModel, values: Mapping[str, Value]) -> str:
    """The choices that an expression comes from, as the end of a sentence; a sum comes from all of them."""
    named = {feature.code for feature in model.features} if _sums(expression) else set(features_of(expression))
    said = [words_for(feature, values[feature.code]) for feature in model.features if feature.code in named]
    return joined(said) or "nothing that it depends on"


def _sums(expression: Expression) -> bool:
    return isinstance(expression, Sum) or any(map(_sums, parts_of(expression)))


def quoted(rule: Rule) -> str:
    """A rule's words within a sentence."""
    return f"“{rule.text.strip().rstrip('.')}”"


def joined(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
