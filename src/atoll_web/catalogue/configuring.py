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
    values = {**dict(engine.configuration(kept).values), **choices}
    domains = engine.domains(made)
    features = [
        FeatureSeen(
            feature,
            values.get(feature.code, ""),
            feature.code in choices,
            _options(engine, feature, made, values.get(feature.code, ""), domains[feature.code]),
            faults.get(feature.code, ""),
        )
        for feature in model.features
    ]
    return Seen(
        model, tuple(features), choices, conflict.text if conflict else "", tuple(_repair(model, r) for r in repairs), faults
    )


def _faults(engine: Any, choices: Mapping[str, Any]) -> dict[str, str]:
    """Why single choices are wrong in themselves."""
    faults = {}
    for code, value in choices.items():
        try:
            engine.explain({code: value})
        except AtollError as refusal:
            faults[code] = str(refusal)
    return faults


def _options(
    engine: Any, feature: Any, made: Mapping[str, Any], value: Any, domain: Mapping[Any, bool]
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
            difference=-price if is_many and code in chosen else price - paid,
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
    names = {option.code: option.name for option in feature.options}
    parts = value if isinstance(value, tuple) else (value,)
    return f"{feature.name}: {', '.join(names.get(part, str(part)) for part in parts)}"
