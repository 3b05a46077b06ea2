"""Whether an expression makes sense for the features of a model: names that exist, truths and values where they belong."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from atoll.configure.document import Faults, as_decimal, did_you_mean, shown
from atoll.configure.evaluate import Fact, as_number, compare, number
from atoll.model.expression import (
    Arithmetic,
    Attribute,
    Choice,
    Chosen,
    Comparison,
    Count,
    Expression,
    Logical,
    Not,
    Number,
    OneOf,
    Sum,
    Word,
)
from atoll.model.product import Feature, FeatureKind

NUMBERS = (FeatureKind.QUANTITY, FeatureKind.NUMBER)
Features = Mapping[str, Feature]


def check_condition(expression: Expression, features: Features, faults: Faults) -> None:
    """Note what keeps an expression from being a condition."""
    match expression:
        case Not(part):
            check_condition(part, features, faults)
        case Logical(_, left, right):
            check_condition(left, features, faults)
            check_condition(right, features, faults)
        case Comparison(sign, left, right):
            if sign in {"<", "<=", ">", ">="}:
                check_number(left, features, faults)
                check_number(right, features, faults)
                return
            check_value(left, features, faults, takes_lists=sign == "contains")
            check_value(right, features, faults)
            _check_words(left, _words(right), features, faults)
            _check_words(right, _words(left), features, faults)
        case OneOf(left, words):
            check_value(left, features, faults)
            _check_words(left, words, features, faults)
        case Attribute() | Chosen():
            _check_names(expression, features, faults)
        case Word(word):
            owners = [feature.code for feature in features.values() if feature.option(word)]
            hint = f"Write `{owners[0]} = {word}`." if owners else did_you_mean(word, features)
            faults.add("unknown-feature", f"`{word}` is no feature, so it is no condition.", hint)
        case _:
            faults.add("not-a-condition", f"{describe(expression)} is a value where a condition is expected.", "Compare it.")


def check_value(expression: Expression, features: Features, faults: Faults, takes_lists: bool = False) -> None:
    """Note what keeps an expression from being a number or word; a list of options only goes before `contains`."""
    match expression:
        case Arithmetic(_, left, right):
            check_number(left, features, faults)
            check_number(right, features, faults)
        case Number(value):
            if as_decimal(value) is None:
                faults.add("bad-number", f"{value} is too large or too fine.")
        case Word():
            return
        case Choice(code) if features[code].kind is FeatureKind.MANY and not takes_lists:
            faults.add("many-options", f"`{code}` takes several options.", f"Say `{code} contains option` or `count({code})`.")
        case Choice(code) if features[code].kind is FeatureKind.TEXT:
            faults.add("text-in-rule", f"`{code}` is a text.", f"A rule may only ask whether there is one: `chosen({code})`.")
        case Choice() | Attribute() | Count() | Sum():
            _check_names(expression, features, faults)
        case _:
            faults.add("not-a-value", f"{describe(expression)} is a condition where a value is expected.")


def check_number(expression: Expression, features: Features, faults: Faults) -> None:
    """Note what keeps an expression from being a number."""
    check_value(expression, features, faults)
    match expression:
        case Word(word):
            faults.add("not-a-number", f"`{word}` is no number and no feature.", did_you_mean(word, features))
        case Choice(code) if features[code].kind not in NUMBERS:
            faults.add("not-a-number", f"`{code}` is no number.", f"Name an attribute of it: `{code}.attribute`.")
        case Attribute(code, name):
            _check_all_numbers([features[code]], name, faults)
        case Sum(name):
            _check_all_numbers(features.values(), name, faults)


def _check_all_numbers(features: Iterable[Feature], name: str, faults: Faults) -> None:
    for feature in features:
        for option in feature.options:
            fact = option.attributes.get(name)
            if fact is not None and not isinstance(number(fact), Decimal):
                message = f"The attribute `{name}` of `{feature.code}`, option `{option.code}`, is no number: {shown(fact)}."
                faults.add("not-a-number", message)


def _check_names(expression: Expression, features: Features, faults: Faults) -> None:
    match expression:
        case Attribute(code, name):
            _check_attribute(features[code], name, faults)
        case Sum(name):
            known = sorted({known for feature in features.values() for known in attributes_of(feature)})
            if name not in known:
                faults.add("unknown-attribute", f"Nothing has an attribute `{name}`.", did_you_mean(name, known))
        case Count(code) if features[code].kind in {FeatureKind.NUMBER, FeatureKind.TEXT}:
            faults.add("not-a-count", f"`{code}` has no options to be counted.")


def _check_attribute(feature: Feature, name: str, faults: Faults) -> None:
    if feature.kind is FeatureKind.MANY:
        hint = f"Sum it up over everything chosen: `sum({name})`."
        faults.add("many-options", f"`{feature.code}` takes several options, so `{feature.code}.{name}` is not one value.", hint)
    elif name not in (known := attributes_of(feature)):
        faults.add("unknown-attribute", f"No option of `{feature.code}` has an attribute `{name}`.", did_you_mean(name, known))


def attributes_of(feature: Feature) -> list[str]:
    """Names of the attributes that options of a feature, or units of a quantity, have."""
    return sorted({name for option in feature.options for name in option.attributes} | set(feature.attributes))


def _words(expression: Expression) -> tuple[str, ...]:
    return (str(expression.value),) if isinstance(expression, (Word, Number)) else ()


def _check_words(compared: Expression, words: tuple[str, ...], features: Features, faults: Faults) -> None:
    """Words compared with a feature or attribute must be values that it can have; other words would make the rule idle."""
    for word in words:
        match compared:
            case Choice(code) if features[code].kind is not FeatureKind.TEXT and not is_value(features[code], word):
                known = [str(value) for value in features[code].values()] if features[code].options else []
                faults.add("unknown-option", f"`{word}` is not a value of `{code}`.", did_you_mean(word, known))
            case Attribute(code, name) if not any(_has(fact, word) for fact in _facts(features[code], name)):
                known = [*features, *sorted({str(fact) for fact in _facts(features[code], name)})]
                faults.add(
                    "unknown-word",
                    f"`{word}` is no feature, and no option of `{code}` has it as `{name}`.",
                    did_you_mean(word, known),
                )
            case Count() | Sum() | Arithmetic() if as_number(word) is None:
                faults.add("not-a-number", f"`{word}` is no number and no feature.", did_you_mean(word, features))
            case Word(other):
                faults.add("unknown-feature", f"Neither `{other}` nor `{word}` is a feature.", did_you_mean(other, features))


def _facts(feature: Feature, name: str) -> list[Fact]:
    """The values of an attribute, those in lists one by one."""
    known = [feature.attributes, *(option.attributes for option in feature.options)]
    facts = [attributes[name] for attributes in known if name in attributes]
    return [number(part) for fact in facts for part in (fact if isinstance(fact, tuple) else (fact,))]


def _has(fact: Fact, word: str) -> bool:
    return (isinstance(fact, Decimal) and as_number(word) is not None) or bool(compare("=", fact, word))


def is_value(feature: Feature, word: str) -> bool:
    """Whether a word says a value of a feature, as an option's code or a number."""
    if feature.kind in NUMBERS:
        said = as_number(word)
        return said is not None and feature.minimum <= said <= feature.maximum and not (said - feature.minimum) % feature.step
    return word in feature.values()


def describe(expression: Expression) -> str:
    """A few words for an expression."""
    match expression:
        case Number(value):
            return f"`{value}`"
        case Word(word) | Choice(word):
            return f"`{word}`"
        case Attribute(feature, name):
            return f"`{feature}.{name}`"
        case Chosen(feature):
            return f"`chosen({feature})`"
        case Count(feature):
            return f"`count({feature})`"
        case Sum(name):
            return f"`sum({name})`"
        case Arithmetic(sign, _, _):
            return f"the result of `{sign}`"
        case Comparison(sign, _, _) | Logical(sign, _, _):
            return f"what `{sign}` compares or joins"
        case OneOf():
            return "what `in` asks"
        case Not():
            return "what `not` denies"
