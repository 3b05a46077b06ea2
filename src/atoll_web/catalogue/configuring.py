"""What somebody sees who is choosing: each value, its price, what is blocked and why, how to get out of a conflict."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import inf
from typing import Any

from atoll.errors import AtollError
from atoll_web.catalogue import snapshot
from atoll_web.catalogue.models import Revision
from atoll_web.door import plain

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
    lowest
        The price of the cheapest product with it and all other choices, where the difference is not the whole truth: because
        other values have to follow.
    gives_up
        How many other choices must be given up for it, at least; 0 where that is not known.
    ships
        The earliest day on which a product with it and all other choices can ship; None where that is not known.
    """

    value: str
    name: str
    difference: Decimal
    is_chosen: bool
    why_not: str
    lowest: Decimal | None = None
    gives_up: int = 0
    ships: date | None = None

    @property
    def is_free(self) -> bool:
        """Whether it goes with the other choices, or is one of them."""
        return self.is_chosen or not self.why_not


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
        return [option for option in self.options if option.is_free]

    @property
    def blocked(self) -> list[tuple[str, list[OptionSeen]]]:
        """The other options by what blocks them."""
        reasons: dict[str, list[OptionSeen]] = {}
        for option in self.options:
            if not option.is_free:
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
    aims
        How the rest can be completed.
    """

    model: Any
    features: tuple[FeatureSeen, ...]
    choices: Mapping[str, Any]
    conflict: str
    repairs: tuple[Repair, ...]
    faults: Mapping[str, str]
    aims: tuple[str, ...]

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


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of each value beside the other choices, by feature and value.

    Parameters
    ----------
    possible
        Whether it goes with them.
    lowest, gives_up, ships
        As `OptionSeen` has them; empty without a compiled form, and dates without availability.
    configurations
        How many keep the choices, in digits, where it was asked for.
    """

    possible: Mapping[str, Mapping[Any, bool]]
    lowest: Mapping[str, Mapping[Any, float]]
    gives_up: Mapping[str, Mapping[Any, float]]
    ships: Mapping[str, Mapping[Any, date]]
    configurations: str | None = None


def tell(engine: Any, form: Any, made: Mapping[str, Any], available: snapshot.Availability | None) -> Told:
    """Ask the compiled form about all values at once, or SAT where there is no form.

    Parameters
    ----------
    made
        Choices as values of the science.
    """
    if form is None:
        return Told(engine.domains(made), {}, {}, {})
    possible = form.possible(made)
    ships = snapshot.ship_dates(form, made, available) if available else {}
    return Told(possible, form.lowest_price(made) or {}, form.release(made) if made else {}, ships)


def state(revision: Revision, choices: Mapping[str, Any], today: date, available: Callable[[Any], snapshot.Availability]) -> Told:
    """What is known of each value, for a program.

    Raises
    ------
    AtollError
        When a choice is wrong in itself.
    """
    form, made = snapshot.compiled_form(revision, today), snapshot.read(revision, choices)
    told = tell(snapshot.configurator(revision, today), form, made, available(form) if form else None)
    return replace(told, configurations=str(form.count(made)) if form else None)


def conflict(revision: Revision, choices: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Why choices do not go together and what could be given up, for a program; all empty where they do.

    Raises
    ------
    AtollError
        When a choice is wrong in itself.
    """
    engine = snapshot.configurator(revision, today)
    found = engine.explain(choices)
    if found is None:
        return {"text": "", "rules": [], "choices": {}, "repairs": []}
    return {
        "text": found.text,
        "rules": [rule.text for rule in found.rules],
        "choices": plain(dict(found.choices)),
        "repairs": [plain(dict(repair)) for repair in engine.repairs(choices)],
    }


def samples(revision: Revision, choices: Mapping[str, Any], today: date, size: int, seed: int) -> list[dict[str, Any]]:
    """Configurations that keep the choices, evenly drawn; none without a compiled form, or where none keeps them.

    Raises
    ------
    AtollError
        When a choice is wrong in itself.
    """
    form, made = snapshot.compiled_form(revision, today), snapshot.read(revision, choices)
    return snapshot.drawn(form, made, size, seed) if form and form.count(made) else []


def counts(revision: Revision, choices: Mapping[str, Any], today: date) -> dict[str, Any]:
    """How many configurations keep the choices, and have each value besides, in digits.

    Raises
    ------
    AtollError
        When a choice is wrong in itself.
    """
    form, made = snapshot.compiled_form(revision, today), snapshot.read(revision, choices)
    if form is None:
        return {"configurations": None, "values": {}}
    values = {code: {str(value): str(n) for value, n in found.items()} for code, found in form.counts(made).items()}
    return {"configurations": str(form.count(made)), "values": values}


def see(
    revision: Revision, choices: Mapping[str, Any], today: date, available: Callable[[Any], snapshot.Availability] | None = None
) -> Seen:
    """The model under the choices; conflicts and wrong values are part of the answer, so that nothing entered is lost.

    Parameters
    ----------
    available
        Reads what is available for the items of a compiled form; dates are told only with it.
    """
    engine, model = snapshot.configurator(revision, today), snapshot.product_model(revision)
    form = snapshot.compiled_form(revision, today)
    faults = _faults(revision, choices)
    made = {code: value for code, value in choices.items() if code not in faults}
    conflict = engine.explain(made)
    repairs = engine.repairs(made) if conflict else []
    kept = {code: value for code, value in made.items() if not repairs or code not in dict(repairs[0])}
    usual = dict(engine.configuration(kept).values)
    told = tell(engine, form, snapshot.read(revision, made), available(form) if form and available else None)
    in_place = form.possible(usual) if form else {}
    together = frozenset() if conflict else snapshot.features_priced_together(revision)
    difference = snapshot.pricing(revision, today).changes(usual) if together else None
    values = {**usual, **choices}
    features = [
        FeatureSeen(
            feature,
            values.get(feature.code, ""),
            feature.code in choices,
            tuple(
                _Options(engine, feature, made, usual, told, in_place, difference if feature.code in together else None).seen(
                    choices
                )
            ),
            faults.get(feature.code, ""),
        )
        for feature in model.features
    ]
    return Seen(
        model=model,
        features=tuple(features),
        choices=choices,
        conflict=conflict.text if conflict else "",
        repairs=tuple(_repair(model, repair) for repair in repairs),
        faults=faults,
        aims=tuple(snapshot.aims(revision, form)),
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


def completed(
    revision: Revision, choices: Mapping[str, Any], aim: str, today: date, available: Callable[[Any], snapshot.Availability]
) -> dict[str, Any]:
    """Choices with as many more as it takes for the rest to follow to the best configuration in the sense of an aim.

    An aim that the model does not have leaves the choices as they are.

    Raises
    ------
    AtollError
        When the choices do not go together.
    """
    form = snapshot.compiled_form(revision, today)
    if aim not in snapshot.aims(revision, form):
        return dict(choices)
    engine = snapshot.configurator(revision, today)
    if aim == snapshot.EARLIEST:
        goal = snapshot.earliest(engine, form, choices, available(form))
    else:
        goal = snapshot.best(engine, choices, aim, today)
    made = dict(choices)
    while True:
        usual = dict(engine.configuration(made).values)
        differing = next((code for code, value in goal.items() if code not in made and usual[code] != value), None)
        if differing is None:
            return made
        made[differing] = goal[differing]


def _faults(revision: Revision, choices: Mapping[str, Any]) -> dict[str, str]:
    """Why single choices are wrong in themselves."""
    faults = {}
    for code, value in choices.items():
        try:
            snapshot.read(revision, {code: value})
        except AtollError as refusal:
            faults[code] = str(refusal)
    return faults


def _instead(feature: Any, values: Mapping[str, Any], code: str) -> Any:
    """The value of a feature when an option is taken, or of several is given up."""
    if feature.kind != "many":
        return code
    wanted = {*values[feature.code]} ^ {code}
    return tuple(option.code for option in feature.options if option.code in wanted)


@dataclass(frozen=True, slots=True)
class _Options:
    """The options of one feature under the choices made and what follows from them."""

    engine: Any
    feature: Any
    made: Mapping[str, Any]
    usual: Mapping[str, Any]
    told: Told
    in_place: Mapping[str, Mapping[Any, bool]]
    differing: Callable[[str, Any], Decimal] | None  # where price rules and packages count

    def seen(self, choices: Mapping[str, Any]) -> Iterator[OptionSeen]:
        """Each of them."""
        feature, is_many = self.feature, self.feature.kind == "many"
        value = choices.get(feature.code, self.usual[feature.code])
        options = [(option.code, option.name, option.price) for option in feature.options]
        if feature.kind == "optional":
            options.insert(0, (NONE, "None", NO_PRICE))
        chosen = set(value) if is_many else {value}
        paid = NO_PRICE if is_many else sum((price for code, _, price in options if code in chosen), NO_PRICE)
        possible, gives_up, ships = (
            part.get(feature.code, {}) for part in (self.told.possible, self.told.gives_up, self.told.ships)
        )
        for code, name, price in options:
            is_chosen, blocked = code in chosen, not possible.get(code, True)
            alone = -price if is_many and is_chosen else price - paid
            yield OptionSeen(
                value=code,
                name=name,
                difference=self.differing(feature.code, _instead(feature, self.usual, code)) if self.differing else alone,
                is_chosen=is_chosen,
                why_not=_why_not(self.engine, feature, self.made, code) if blocked else "",
                lowest=None if is_chosen or blocked else self._lowest(code),
                gives_up=int(gives_up.get(code, 0)) if blocked and gives_up.get(code) != inf else 0,
                ships=None if blocked else ships.get(code),
            )

    def _lowest(self, code: str) -> Decimal | None:
        """The lowest price, where the option does not go with all that is usual."""
        cents = self.told.lowest.get(self.feature.code, {}).get(code)
        if cents is None or self.in_place.get(self.feature.code, {}).get(code, True):
            return None
        return Decimal(int(cents)) / 100


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
