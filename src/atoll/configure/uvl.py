"""Product models as UVL, so that tools for feature models can work with them.

A feature stands below the root, its options in a group below it; prices and attributes are attributes, quantities and numbers
features of the types Integer and Real. Rules are conditions (see `atoll.configure.uvl_rule`), so the document has as many
configurations as the product model, texts counting only as there or not. What UVL has no words for is told.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from atoll.configure.uvl_rule import Names, RuleWriter, written_number
from atoll.errors import Issue
from atoll.io.uvl import NotInUvl, attribute_in_uvl, name_in_uvl
from atoll.model.constraint import Fact
from atoll.model.expression import Count, walk
from atoll.model.item import NO_ATTRIBUTES
from atoll.model.product import Feature, FeatureKind, Option, ProductModel, plain

NOT_IN_UVL = "not-in-uvl"
META = ("name", "code", "price", "price_each", "share", "item", "default", "group", "one", "end_item", "revision", "currency")
"""What is known of a model, feature or option beside its attributes."""

TYPES = {FeatureKind.QUANTITY: "Integer ", FeatureKind.NUMBER: "Real "}


@dataclass(frozen=True, slots=True)
class UvlDocument:
    """A product model as UVL.

    Parameters
    ----------
    issues
        What of the model is not in the text, since UVL cannot say it.
    """

    text: str
    issues: tuple[Issue, ...]


def write_product_uvl(model: ProductModel, on: date | None = None) -> UvlDocument:
    """A product model as UVL, with its rules at the arithmetic level of the language.

    Parameters
    ----------
    on
        Rules in force on this day are written; all of them when None.

    Examples
    --------
    >>> from atoll.configure import read_product_model
    >>> model = read_product_model({
    ...     "code": "lamp", "name": "Lamp", "end_item": "LAMP", "revision": "A", "base_price": 60, "currency": "EUR",
    ...     "features": [{"code": "head", "name": "Head", "kind": "one", "options": [
    ...         {"code": "single", "name": "Single"}, {"code": "double", "name": "Double", "price": 35}]}]}, {})
    >>> print(write_product_uvl(model).text.expandtabs(2))
    namespace lamp
    <BLANKLINE>
    features
      lamp {name 'Lamp', end_item 'LAMP', revision 'A', currency 'EUR', price 60}
        mandatory
          head {name 'Head'}
            alternative
              single {name 'Single', price 0, share 1.0}
              double {name 'Double', price 35, share 1.0}
    <BLANKLINE>
    """
    return _Writer(model, on).document()


class _Writer:
    """Writes one model; notes what cannot be said."""

    def __init__(self, model: ProductModel, on: date | None) -> None:
        self.model, self.on = model, on
        self.issues: list[Issue] = []
        facts = {name for feature in model.features for source in _owners(feature) for name in source.attributes}
        self.left_out = {name for name in sorted(facts) if not self._can_be_written(name)}
        self.taken = {*facts}
        self.meta = {name: self._free(name) for name in META}
        of_units = {name for feature in model.features for name in feature.attributes}
        self.each = {name: self._free(f"{name}_each") for name in sorted(of_units)}
        self.counted = {part.feature for rule in model.rules for part in walk(rule.condition) if isinstance(part, Count)}
        self.root = self._free(model.code)
        features = {feature.code: self._free(feature.code) for feature in model.features}
        options = {(f.code, o.code): self._free(o.code, f.code) for f in model.features for o in f.options}
        self.names = Names(
            {code: name_in_uvl(name) for code, name in features.items()},
            {pair: name_in_uvl(name) for pair, name in options.items()},
            self.meta["one"],
            frozenset(self.left_out),
        )

    def document(self) -> UvlDocument:
        tree, rules = [*self._tree()], [*self._ranges(), *self._rules()]
        self._note_the_rest()
        lines = [f"namespace {name_in_uvl(self.root)}", "", "features", *tree, ""]
        if rules:
            lines += ["constraints", *(f"\t{rule}" for rule in rules), ""]
        return UvlDocument("\n".join(lines), tuple(self.issues))

    def _free(self, code: str, owner: str = "") -> str:
        """A name that nothing else has, near to a code: first with its owner before it, then with a number behind it."""
        name = re.sub(r"[^\w.+-]", "_", code) or "_"
        candidates = [name, f"{owner}_{name}"] if owner else [name]
        number = 2
        while candidates[0] in self.taken:
            candidates = candidates[1:] or [f"{name}_{number}"]
            number += 1
        self.taken.add(candidates[0])
        return candidates[0]

    def _can_be_written(self, name: str) -> bool:
        """Whether an attribute can be written wherever it is."""
        can_be = True
        for feature in self.model.features:
            for owner in _owners(feature):
                if name in owner.attributes and not _attributes({name: owner.attributes[name]}):
                    self._note(f"attribute `{name}` of `{owner.code}`", "its name or value has signs that UVL does not know")
                    can_be = False
        return can_be

    def _tree(self) -> Iterator[str]:
        model = self.model
        texts = {"name": model.name, "end_item": model.end_item, "revision": model.revision, "currency": model.currency}
        yield "\t" + self._owner(name_in_uvl(self.root), texts | {"price": model.base_price})
        for kind, features in groupby(model.features, _group_above):
            yield f"\t\t{kind}"
            for feature in features:
                yield "\t\t\t" + self._feature(feature)
                if feature.options:
                    yield f"\t\t\t\t{_group_below(feature)}"
                yield from (f"\t\t\t\t\t{self._option(feature, option)}" for option in feature.options)

    def _owner(self, name: str, facts: Mapping[str, Any], own: Mapping[str, Any] = NO_ATTRIBUTES) -> str:
        """A line of the tree: a name with what is known of it."""
        written: list[str] = []
        for fact, value in facts.items():
            if _attributes({fact: value}):
                written += _attributes({self.meta[fact]: value})
            elif value != "":
                self._note(f"{fact} of {name}", "it has signs that UVL does not know")
        written += _attributes(own)
        return f"{name} {{{', '.join(written)}}}" if written else name

    def _feature(self, feature: Feature) -> str:
        name = self.names.features[feature.code]
        facts: dict[str, Any] = self._called(name, feature.code, feature.name)
        if feature.kind is FeatureKind.TEXT:
            facts["price"] = feature.price
            self._note(f"feature `{feature.code}`", "only whether there is a text can be said, not which one or of what form")
        if feature.kind is FeatureKind.QUANTITY:
            facts |= {"price_each": feature.price, "item": feature.item or ""}
        if feature.default is not None:
            value = plain(feature.default)
            facts["default"] = ", ".join(value) if isinstance(value, list) else str(value)
        facts["group"] = feature.group
        return TYPES.get(feature.kind, "") + self._owner(name, facts, self._of_units(feature))

    def _option(self, feature: Feature, option: Option) -> str:
        name = self.names.options[feature.code, option.code]
        facts = self._called(name, option.code, option.name) | {
            "price": option.price,
            "share": option.share,
            "item": option.item or "",
        }
        if feature.code in self.counted:
            facts["one"] = 1
        own = {key: fact for key, fact in option.attributes.items() if key not in self.left_out}
        return self._owner(name, facts, own)

    def _of_units(self, feature: Feature) -> dict[str, Any]:
        """Attributes of one unit of a quantity. Under their own names they would count once, however many units there are."""
        return {self.each[key]: fact for key, fact in feature.attributes.items() if key not in self.left_out}

    def _called(self, name: str, code: str, words: str) -> dict[str, Any]:
        """The name for people, and the code where another name had to be found."""
        return {"name": words} if name in {code, f'"{code}"'} else {"name": words, "code": code}

    def _ranges(self) -> Iterator[str]:
        """Which numbers there are to choose."""
        for feature in self.model.features:
            name = self.names.features[feature.code]
            if feature.kind is FeatureKind.QUANTITY and feature.step == 1:
                yield f"{name} >= {feature.minimum:f} & {name} <= {feature.maximum:f}"
            elif feature.kind in TYPES:
                yield " | ".join(f"{name} == {Decimal(str(value)):f}" for value in feature.values())

    def _rules(self) -> Iterator[str]:
        writer = RuleWriter(self.model, self.names)
        for rule in self.model.rules:
            if not rule.holds_on(self.on):
                continue
            try:
                lines = writer.lines(rule)
            except NotInUvl as refusal:
                self._note(f"rule `{rule.name}`", str(refusal))
                continue
            if self.on is None and (rule.valid_from or rule.valid_until):
                self._note(f"days of the rule `{rule.name}`", "rules of UVL hold always")
            words = " ".join(f"{rule.name}: {rule.text}".split())
            yield from [f"// {words}", *lines] if lines else []

    def _note_the_rest(self) -> None:
        """What there are no words for at all."""
        model = self.model
        for price in model.prices:
            self._note(f"price rule `{price.name}`", "prices that depend on other choices")
        for package in model.packages:
            self._note(f"price of the package `{package.name}`", "prices of choices together")
        for volume in model.volume_prices:
            self._note(f"price from {volume.from_quantity} units on", "prices that depend on the quantity ordered")
        for currency in model.currencies:
            self._note(f"currency {currency.code}", "prices in several currencies")
        for preference in model.preferences:
            self._note(f"preference `{preference.source}`", "preferences, which never keep anybody from choosing")
        for example in model.examples:
            self._note(f"example `{example.name}`", "examples")
        takes = {"lines": model.lines, "operations": model.operations}
        takes |= {"subassemblies": model.subassemblies, "phantoms": model.phantoms}
        for what, records in takes.items():
            if records:
                self._note(f"{len(records)} {what}", "what goes into a product, and the work of it")

    def _note(self, what: str, why: str) -> None:
        source = f"product model {self.model.code}"
        self.issues.append(Issue(f"{source}: {what}", NOT_IN_UVL, f"UVL does not say this: {why.rstrip('.')}."))


def _owners(feature: Feature) -> list[Feature | Option]:
    return [feature, *feature.options]


def _attributes(facts: Mapping[str, Any]) -> list[str]:
    """Facts as they stand in braces, without those that cannot be written."""
    written = []
    for name, fact in facts.items():
        try:
            written.append(attribute_in_uvl(name, _fact(fact)))
        except NotInUvl:
            continue
    return written


def _fact(fact: Any) -> Fact:
    if isinstance(fact, (int, float, Decimal)) and not isinstance(fact, bool):
        return Decimal(written_number(Decimal(str(fact))))
    return tuple(fact) if isinstance(fact, list) else fact


def _group_above(feature: Feature) -> str:
    return "optional" if feature.kind in {FeatureKind.OPTIONAL, FeatureKind.TEXT} else "mandatory"


def _group_below(feature: Feature) -> str:
    if feature.kind is not FeatureKind.MANY:
        return "alternative"
    most = int(feature.maximum) or len(feature.options)
    return "optional" if not feature.minimum and most == len(feature.options) else f"[{int(feature.minimum)}..{most}]"
