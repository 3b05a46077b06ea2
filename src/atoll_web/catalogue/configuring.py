"""What somebody sees who is choosing: each value, its price, what is blocked and why, how to get out of a conflict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from atoll.errors import AtollError
from atoll_web.catalogue import snapshot
from atoll_web.catalogue.models import Revision

NONE = "none"
NO_PRICE = Decimal(0)


@dataclass(frozen=True, slots=True)
class OptionSeen:
    """One value of a feature.

    Parameters
    ----------
    difference
        What the price changes by when it is chosen.
    why_not
        The rules in words that keep it from going with the other choices; empty where it is possible.
    """

    value: str
    name: str
    difference: Decimal
    is_chosen: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class FeatureSeen:
    """A feature with its value.

    Parameters
    ----------
    definition
        The feature of the product model.
    value
        Its value now, of kind many a tuple; what was entered, where that is no value of it.
    is_set
        Whether a person chose it; otherwise it follows from defaults and rules.
    fault
        Why what was entered is no value of it.
    """

    definition: Any
    value: Any
    is_set: bool
    options: tuple[OptionSeen, ...]
    fault: str = ""

    @property
    def free(self) -> list[OptionSeen]:
        """Options that go with the other choices, and those that are chosen."""
        return [option for option in self.options if option.is_chosen or not option.why_not]

    @property
    def blocked(self) -> list[tuple[str, list[OptionSeen]]]:
        """The other options by what blocks them."""
        reasons: dict[str, list[OptionSeen]] = {}
        for option in self.options:
            if option not in self.free:
                reasons.setdefault(option.why_not, []).append(option)
        return list(reasons.items())

    @property
    def text(self) -> str:
        """The value as a form sends it."""
        return ",".join(self.value) if isinstance(self.value, tuple) else str(self.value)


@dataclass(frozen=True, slots=True)
class Repair:
    """Choices to give up so that the others go together: their features, and words for them."""

    features: str
    words: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A model as somebody sees it who has made some choices.

    Parameters
    ----------
    choices
        What the person chose, by feature.
    conflict
        Why the choices do not go together, in words; empty where they do.
    faults
        Why single choices are wrong in themselves, by feature.
    """

    model: Any
    features: tuple[FeatureSeen, ...]
    choices: Mapping[str, Any]
    conflict: str
    repairs: tuple[Repair, ...]
    faults: Mapping[str, str]

    @property
    def is_valid(self) -> bool:
        """Whether it can be ordered like this."""
        return not self.conflict and not self.faults

    @property
    def strangers(self) -> list[str]:
        """Faults of choices for features that the model does not have."""
        return [fault for code, fault in self.faults.items() if self.model.feature(code) is None]


def read_choices(revision: Revision, texts: Mapping[str, list[str]]) -> dict[str, Any]:
    """Choices from what a form or an address sends: texts by feature."""
    model = snapshot.product_model(revision)
    is_many = {feature.code: feature.kind == "many" for feature in model.features}
    return {code: tuple(parts) if is_many.get(code) else "".join(parts[-1:]) for code, parts in texts.items()}


def see(revision: Revision, choices: Mapping[str, Any], today: date) -> Seen:
    """The model under the choices; conflicts and wrong values are part of the answer, so that nothing entered is lost."""
    engine, model = snapshot.configurator(revision, today), snapshot.product_model(revision)
    faults = _faults(engine, choices)
    made = {code: value for code, value in choices.items() if code not in faults}
    conflict = engine.explain(made)
    repairs = engine.repairs(made) if conflict else []
    kept = {code: value for code, value in made.items() if not repairs or code not in dict(repairs[0])}
    usual = dict(engine.configuration(kept).values)
    values = {**usual, **choices}
    domains = engine.domains(made)
    together = frozenset() if conflict else snapshot.features_priced_together(revision)
    priced = _Priced(revision, usual, today) if together else None
    features = [
        FeatureSeen(
            feature,
            values.get(feature.code, ""),
            feature.code in choices,
            _options(
                engine,
                feature,
                made,
                values.get(feature.code, ""),
                domains[feature.code],
                priced if feature.code in together else None,
            ),
            faults.get(feature.code, ""),
        )
        for feature in model.features
    ]
    return Seen(
        model, tuple(features), choices, conflict.text if conflict else "", tuple(_repair(model, r) for r in repairs), faults
    )


@dataclass(frozen=True, slots=True)
class Followed:
    """A feature that nobody chose and that took another value.

    Parameters
    ----------
    words
        What it is now, as in ``Arm: Strong arm``.
    why
        The rules in words against what it was; empty where it only follows what is usual.
    """

    words: str
    why: str


def followed(revision: Revision, seen: Seen, was: Mapping[str, str], today: date) -> tuple[Followed, ...]:
    """What took another value than it had, and why.

    Parameters
    ----------
    was
        Values before, as a form sends them, of features that were nobody's choice then.
    """
    engine = snapshot.configurator(revision, today)
    changed = [f for f in seen.features if not f.is_set and was.get(f.definition.code, f.text) != f.text]
    return tuple(Followed(_words(seen.model, f.definition.code, f.value), _why_left(engine, seen, f, was)) for f in changed)


def _why_left(engine: Any, seen: Seen, feature: FeatureSeen, was: Mapping[str, str]) -> str:
    """The rules that keep a feature from what it was, beside what is chosen."""
    code, before = feature.definition.code, was[feature.definition.code]
    value = tuple(filter(None, before.split(","))) if feature.definition.kind == "many" else before
    try:
        conflict = engine.explain({**seen.choices, code: value})
    except AtollError:  # what a form sends can be anything
        return ""
    return " ".join(f"{rule.text.rstrip('.')}." for rule in conflict.rules) if conflict else ""


def aims(revision: Revision) -> list[str]:
    """How choices can be completed at best."""
    return snapshot.aims(revision)


def completed(revision: Revision, choices: Mapping[str, Any], aim: str, today: date) -> dict[str, Any]:
    """Choices with as many more as it takes for the rest to follow to the best configuration: the cheapest or most popular one.

    Raises
    ------
    AtollError
        When the choices do not go together.
    """
    engine = snapshot.configurator(revision, today)
    goal = dict(snapshot.best(engine, choices, aim, today).values)
    made = dict(choices)
    while True:
        usual = dict(engine.configuration(made).values)
        differing = next((code for code, value in goal.items() if code not in made and usual[code] != value), None)
        if differing is None:
            return made
        made[differing] = goal[differing]


def _faults(engine: Any, choices: Mapping[str, Any]) -> dict[str, str]:
    """Why single choices are wrong in themselves."""
    faults = {}
    for code, value in choices.items():
        try:
            engine.explain({code: value})
        except AtollError as refusal:
            faults[code] = str(refusal)
    return faults


class _Priced:
    """What options do to the price where it is more than a sum: price rules and packages count."""

    def __init__(self, revision: Revision, values: Mapping[str, Any], today: date) -> None:
        self.revision, self.values, self.today = revision, values, today
        self.now = snapshot.price_of(revision, values, today)

    def difference(self, feature: Any, code: str) -> Decimal:
        """What it changes by when the option is taken, or of several is given up, and all else stays."""
        taken = self.values[feature.code]
        value: Any = code
        if feature.kind == "many":
            wanted = {*taken} ^ {code}
            value = tuple(option.code for option in feature.options if option.code in wanted)
        return snapshot.price_of(self.revision, {**self.values, feature.code: value}, self.today) - self.now


def _options(
    engine: Any, feature: Any, made: Mapping[str, Any], value: Any, domain: Mapping[Any, bool], priced: _Priced | None
) -> tuple[OptionSeen, ...]:
    is_many = feature.kind == "many"
    options = [(option.code, option.name, option.price) for option in feature.options]
    if feature.kind == "optional":
        options.insert(0, (NONE, "None", NO_PRICE))
    chosen = set(value) if is_many else {value}
    paid = NO_PRICE if is_many else sum((price for code, _, price in options if code in chosen), NO_PRICE)
    return tuple(
        OptionSeen(
            value=code,
            name=name,
            difference=priced.difference(feature, code) if priced else (-price if is_many and code in chosen else price - paid),
            is_chosen=code in chosen,
            why_not="" if domain.get(code, True) else _why_not(engine, feature, made, code),
        )
        for code, name, price in options
    )


def _why_not(engine: Any, feature: Any, made: Mapping[str, Any], code: str) -> str:
    """The smallest reason against a value beside the other choices: rules in words, and the features whose choice blocks it."""
    value: Any = code
    if feature.kind == "many":
        value = tuple({*made.get(feature.code, ()), code})
    conflict = engine.explain({**made, feature.code: value})
    if conflict is None:
        return ""
    others = [engine.model.feature(code).name for code, _ in conflict.choices if code != feature.code]
    rules = " ".join(f"{rule.text.rstrip('.')}." for rule in conflict.rules)
    return f"{rules} Chosen: {', '.join(others)}." if others else rules


def _repair(model: Any, given_up: Iterable[tuple[str, Any]]) -> Repair:
    choices = list(given_up)
    return Repair(
        ",".join(feature for feature, _ in choices), ", ".join(_words(model, feature, value) for feature, value in choices)
    )


def _words(model: Any, code: str, value: Any) -> str:
    """A choice in words, such as ``Arm: Light arm``."""
    feature = model.feature(code)
    names = {option.code: option.name for option in feature.options} | {NONE: "none"}
    parts = value if isinstance(value, tuple) else (value,)
    return f"{feature.name}: {', '.join(names.get(part, str(part)) for part in parts) or 'none'}"
