"""Faults of a product model that show before anybody orders it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from atoll.configure.engine import Configurator
from atoll.configure.wording import joined, quoted
from atoll.model.product import ProductModel, Rule


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong or odd about a model.

    Parameters
    ----------
    code
        A stable word for programs: ``no-configuration``, ``dead-option``, ``always-chosen`` or ``never-binds``.
    blocks_release
        Whether it must be put right before the model can be ordered.
    rules
        The rules that bring it about: as few as will do.
    """

    code: str
    text: str
    blocks_release: bool
    rules: tuple[Rule, ...] = ()


def check(model: ProductModel) -> tuple[Finding, ...]:
    """Look for contradictions, options that can never or must always be chosen, and rules that never bind.

    Rules may change from day to day, so every span of days with the same rules is looked at. Contradictions are found in each;
    the other findings hold in all of them.
    """
    engines = [Configurator(model, day) for day in _days(model)]
    contradictions = [finding for engine in engines if (finding := _contradiction(engine))]
    if contradictions:
        return tuple(dict.fromkeys(contradictions))
    return (*_options(model, engines), *_rules(model, engines))


def _days(model: ProductModel) -> list[date | None]:
    """A day of every span within which the rules stay the same; None when they always do."""
    changes = {day for rule in model.rules for day in (rule.valid_from, rule.valid_until) if day is not None}
    before = {min(changes) - timedelta(days=1)} if changes and min(changes) > date.min else set()
    return [*sorted(changes | before)] or [None]


def _contradiction(engine: Configurator) -> Finding | None:
    conflict = engine.explain({})
    if conflict is None:
        return None
    return Finding("no-configuration", f"Nothing can be configured: {conflict.text}", True, conflict.rules)


def _options(model: ProductModel, engines: list[Configurator]) -> Iterator[Finding]:
    for feature in model.features:
        for option in feature.options:
            words = f"{feature.name} {option.name}"
            never = _reason(engines, feature.code, option.code, taken=True)
            if never is not None:
                yield Finding("dead-option", f"{words} can never be chosen{_because(never)}.", True, never)
            always = _reason(engines, feature.code, option.code, taken=False)
            if always:
                yield Finding("always-chosen", f"{words} is in every configuration{_because(always)}.", False, always)


def _reason(engines: list[Configurator], feature: str, option: str, taken: bool) -> tuple[Rule, ...] | None:
    """The rules against it on the last span of days, if there are any on all of them."""
    reasons = [engine.rules_against(feature, option, taken=taken) for engine in engines]
    return None if None in reasons else reasons[-1]


def _because(rules: tuple[Rule, ...]) -> str:
    return f" because of {joined([quoted(rule) for rule in rules])}" if rules else ""


def _rules(model: ProductModel, engines: list[Configurator]) -> Iterator[Finding]:
    binding = {name for engine in engines for name in engine.binding_rules()}
    for rule in model.rules:
        if rule.name not in binding:
            yield Finding("never-binds", f"{quoted(rule)} never binds: what it asks holds anyway.", False, (rule,))
