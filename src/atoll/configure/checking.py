"""Faults of a product model that show before anybody orders it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from atoll.configure.engine import Configurator
from atoll.configure.wording import joined, quoted
from atoll.model.bill import Bills
from atoll.model.expression import Choice, Comparison, Expression, Not, OneOf, Word, parts_of
from atoll.model.item import Item
from atoll.model.product import NONE, Feature, FeatureKind, Option, ProductModel, Rule


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong or odd about a model.

    Parameters
    ----------
    code
        A stable word for programs: ``no-configuration``, ``dead-option``, ``broken-example`` block a release;
        ``always-chosen``, ``never-binds``, ``redundant-rule``, ``option-without-item``, ``unused-item``, ``unused-operation``,
        ``option-without-price``, ``price-below-cost`` do not.
    blocks_release
        Whether it must be put right before the model can be ordered.
    rules
        The rules that bring it about: none of them can be left out.
    """

    code: str
    text: str
    blocks_release: bool
    rules: tuple[Rule, ...] = ()


def check(model: ProductModel, items: Mapping[str, Item] | None = None, bills: Bills | None = None) -> tuple[Finding, ...]:
    """Look for all that is wrong or odd.

    Rules may change from day to day, so every span of days with the same rules is looked at. Contradictions and broken examples
    are found in each; the other findings hold in all of them.

    Parameters
    ----------
    items
        By code; with them, prices are compared with costs.
    bills
        With them, subassemblies are looked for that can stand in nowhere.
    """
    days = _days(model)
    engines = [Configurator(model, day) for day in days]
    contradictions = [finding for engine in engines if (finding := _contradiction(engine))]
    if contradictions:
        return tuple(dict.fromkeys(contradictions))
    return (
        *dict.fromkeys(finding for engine in engines for finding in _examples(engine)),
        *_options(model, engines),
        *_rules(model, engines),
        *_lines(model, days),
        *_subassemblies(model, bills or {}),
        *_items(model),
        *_prices(model, items or {}),
    )


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


def _examples(engine: Configurator) -> Iterator[Finding]:
    for example in engine.model.examples:
        conflict = engine.explain(dict(example.choices))
        if example.valid and conflict is not None:
            text = f"The example “{example.name}” must stay valid and no longer is: {conflict.text}"
            yield Finding("broken-example", text, True, conflict.rules)
        if not example.valid and conflict is None:
            yield Finding("broken-example", f"The example “{example.name}” must stay invalid, but no rule forbids it.", True)


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


def _because(rules: Iterable[Rule]) -> str:
    said = joined([quoted(rule) for rule in rules])
    return f" because of {said}" if said else ""


def _rules(model: ProductModel, engines: list[Configurator]) -> Iterator[Finding]:
    """Rules that can be left out, all of them together: of equal ones all but the first."""
    left_out = set[str]()
    for rule in reversed(model.rules):
        if _implied(rule, engines, left_out) is not None:
            left_out.add(rule.name)
    for rule in model.rules:
        if rule.name in left_out:
            yield _redundant(rule, _implied(rule, engines, left_out) or ())


def _redundant(rule: Rule, others: tuple[Rule, ...]) -> Finding:
    if not others:
        return Finding("never-binds", f"{quoted(rule)} never binds: what it asks holds anyway.", False, (rule,))
    said = joined([quoted(other) for other in others])
    return Finding("redundant-rule", f"{quoted(rule)} can be left out: it follows from {said}.", False, (rule, *others))


def _implied(rule: Rule, engines: list[Configurator], without: set[str]) -> tuple[Rule, ...] | None:
    """The rules from which one follows on its last span of days, if it follows on all of them."""
    reasons = [engine.implied_by(rule, without) for engine in engines if rule in engine.rules]
    return None if not reasons or None in reasons else reasons[-1]


def _lines(model: ProductModel, days: list[date | None]) -> Iterator[Finding]:
    """Lines of the super bill and operations whose condition no configuration meets.

    "It is never met" is added to the model as a rule, and looked at like a rule that may follow from the others.
    """
    conditional = [
        *(("unused-item", f"The item {line.item}", line.condition, line.condition_text) for line in model.lines),
        *(("unused-operation", f"The operation “{o.name}”", o.condition, o.condition_text) for o in model.operations),
    ]
    questions = {
        Rule(f"{place} is never met", source, Not(condition)): (code, f"{what} is never needed: `{source}` is never met")
        for place, (code, what, condition, source) in enumerate(conditional)
        if condition is not None
    }
    if not questions:
        return
    asked, names = replace(model, rules=(*model.rules, *questions)), {rule.name for rule in questions}
    engines = [Configurator(asked, day) for day in days]
    for rule, (code, text) in questions.items():
        reason = _implied(rule, engines, names)
        if reason is not None:
            yield Finding(code, f"{text}{_because(reason)}.", False, reason)


def _subassemblies(model: ProductModel, bills: Bills) -> Iterator[Finding]:
    """Subassemblies with a component that neither an option nor a line brings."""
    brought = {option.item for feature in model.features for option in feature.options} | {f.item for f in model.features}
    brought |= {line.item for line in model.lines} | {*model.subassemblies}
    for code in model.subassemblies:
        missing = [line.item for line in bills.get(code, ()) if line.item not in brought]
        if missing:
            text = f"The subassembly {code} can stand in nowhere: nothing brings {joined(missing)}."
            yield Finding("unused-item", text, False)


def _items(model: ProductModel) -> Iterator[Finding]:
    """Options that bring no item where others of the feature do."""
    asked = {pair for line in model.lines if line.condition for pair in _named(line.condition)}
    for feature in model.features:
        if not any(option.item for option in feature.options):
            continue
        for option in feature.options:
            if option.item is None and (feature.code, option.code) not in asked:
                text = f"{feature.name} {option.name} brings no item, though others do, and no super bill line asks for it."
                yield Finding("option-without-item", text, False)


def _named(expression: Expression) -> Iterator[tuple[str, str]]:
    """Features with the options that an expression compares them with."""
    match expression:
        case Comparison(_, Choice(feature), Word(option)) | Comparison(_, Word(option), Choice(feature)):
            yield feature, option
        case OneOf(Choice(feature), options):
            yield from ((feature, option) for option in options)
        case _:
            for part in parts_of(expression):
                yield from _named(part)


def _prices(model: ProductModel, items: Mapping[str, Item]) -> Iterator[Finding]:
    for feature in model.features:
        unpriced = [option for option in feature.options if not option.price]
        if len(unpriced) == 1 < len(feature.options) - 1 and not _is_included(feature, unpriced[0], items):
            text = f"{feature.name} {unpriced[0].name} has no price, though all others of {feature.name} have one."
            yield Finding("option-without-price", text, False)
        yield from _below_cost(feature, items)


def _is_included(feature: Feature, option: Option, items: Mapping[str, Item]) -> bool:
    """Whether the base price pays for an option without price: the default, or the cheapest, where one must be chosen."""
    if feature.kind is not FeatureKind.ONE:
        return False
    cheapest = min(_cost(other, items) for other in feature.options)
    return feature.default == option.code or (feature.default is None and _cost(option, items) == cheapest)


def _below_cost(feature: Feature, items: Mapping[str, Item]) -> Iterator[Finding]:
    """Options whose price does not pay for what they cost beyond the options that the base price pays for."""
    included = [option for option in feature.options if not option.price] if feature.kind is FeatureKind.ONE else []
    paid = max((_cost(option, items) for option in included), default=Decimal(0))
    for option in feature.options:
        beyond = _cost(option, items) - paid
        if option.item and option not in included and option.price < beyond:
            more = " more than the one included" if paid else ""
            costs = f"{option.item} costs {beyond.normalize():f}{more}"
            text = f"{feature.name} {option.name} is sold for {option.price}, but {costs}."
            yield Finding("price-below-cost", text, False)


def _cost(option: Option, items: Mapping[str, Item]) -> Decimal:
    item = items.get(option.item or NONE)
    return item.cost if item else Decimal(0)
