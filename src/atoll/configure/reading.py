"""Product models from documents: every fault is found, none stops the search for others."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from atoll.configure.choice import parse_value
from atoll.configure.document import Faults, Record, did_you_mean, shown
from atoll.configure.errors import UnknownOption
from atoll.configure.language import Language, check_code, read_derived
from atoll.configure.meaning import NUMBERS
from atoll.configure.offer import (
    CURRENCY,
    PACKAGE,
    PRICE,
    VOLUME_PRICE,
    read_currency,
    read_package,
    read_price,
    read_volume_prices,
    rule_of,
)
from atoll.configure.table import read_tables
from atoll.errors import BadInput
from atoll.model.expression import Choice, Comparison, Number, Word
from atoll.model.item import NO_ATTRIBUTES, Attributes, Item
from atoll.model.product import (
    NONE,
    Example,
    Feature,
    FeatureKind,
    Operation,
    Option,
    Preference,
    ProductModel,
    Rule,
    SuperBillLine,
    Value,
)

MODEL = (
    "code", "name", "end_item", "revision", "base_price", "currency", "markup", "subassemblies", "phantoms",
    "features", "derived", "rules", "tables", "preferences", "prices", "packages", "volume_prices", "currencies",
    "lines", "operations", "examples",
)  # fmt: skip
FEATURE = (
    "code", "name", "kind", "group", "default", "minimum", "maximum", "step", "item", "price", "attributes",
    "max_length", "pattern", "options",
)  # fmt: skip
OPTION = ("code", "name", "item", "price", "share", "attributes")
RULE = ("name", "text", "rule", "valid_from", "valid_until")
TABLE = ("name", "text", "features", "allowed", "forbidden", "valid_from", "valid_until")
PREFERENCE = ("name", "prefer", "when", "weight")
LINE = ("item", "alternates", "substitutes", "quantity", "when")
OPERATION = ("name", "minutes", "when", "line_group")
EXAMPLE = ("name", "choices", "valid")

CHOOSABLE = (FeatureKind.ONE, FeatureKind.OPTIONAL, FeatureKind.MANY)
MOST_VALUES = 10_000
SHARE_OF_MANY = 0.5


def read_product_model(document: Mapping[str, Any], items: Mapping[str, Item], source: str = "") -> ProductModel:
    """Read a product model.

    Parameters
    ----------
    document
        As TOML or JSON give it.
    items
        What options may name. Names, prices and attributes that an option does not have itself come from its item. Without any
        items the document must be complete, as `write_product_model` writes it.
    source
        Where the document is from, for messages.

    Raises
    ------
    BadInput
        With every fault.
    """
    faults = Faults(source or "product model")
    model = _Reader(items, Record(document, MODEL, faults)).model()
    if faults.issues:
        raise BadInput(faults.issues)
    return model


class _Reader:
    """Reads one document; what has a fault gets a stand-in, so that what depends on it can be read too."""

    def __init__(self, items: Mapping[str, Item], record: Record) -> None:
        self.items, self.record = items, record
        self.markup = record.number("markup", 1)
        self.language = Language({})

    def model(self) -> ProductModel:
        record = self.record
        features = [self._feature(fields) for fields in record.records("features", "feature", FEATURE)]
        self._refuse_doubles((feature.code for feature in features), "features", record.faults)
        by_code = {feature.code: feature for feature in features}
        derived = read_derived(record, by_code)
        self.language = Language(by_code, {value.name: value.expression for value in derived})
        rules = [self._rule(fields) for fields in record.records("rules", "rule", RULE)]
        packages = [read_package(fields, self.language) for fields in record.records("packages", "package", PACKAGE)]
        rules += [rule for package in packages if (rule := rule_of(package, self.language))]
        tables = read_tables(record.records("tables", "table", TABLE), by_code)
        rules += [rule for rule, _ in tables]
        self._refuse_doubles((rule.name for rule in rules), "rules and tables", record.faults)
        prices = [read_price(fields, self.language) for fields in record.records("prices", "price", PRICE)]
        self._refuse_doubles((price.name for price in prices), "prices", record.faults)
        currency = record.text("currency")
        currencies = [
            read_currency(fields, self.language, currency) for fields in record.records("currencies", "currency", CURRENCY)
        ]
        self._refuse_doubles((currency.code for currency in currencies), "currencies", record.faults)
        return ProductModel(
            code=record.text("code"),
            name=record.text("name"),
            end_item=self._item("end_item", record) or record.text("end_item"),
            revision=record.text("revision"),
            base_price=record.number("base_price"),
            currency=currency,
            features=tuple(features),
            rules=tuple(rules),
            lines=tuple(self._line(fields) for fields in record.records("lines", "line", LINE)),
            operations=tuple(self._operation(fields) for fields in record.records("operations", "operation", OPERATION)),
            subassemblies=self._items("subassemblies"),
            tables=tuple(table for _, table in tables),
            phantoms=self._phantoms(),
            derived=derived,
            preferences=tuple(self._preference(fields) for fields in record.records("preferences", "preference", PREFERENCE)),
            prices=tuple(prices),
            packages=tuple(packages),
            volume_prices=read_volume_prices(record.records("volume_prices", "volume price", VOLUME_PRICE)),
            currencies=tuple(currencies),
            examples=tuple(self._example(fields) for fields in record.records("examples", "example", EXAMPLE)),
        )

    def _items(self, name: str) -> tuple[str, ...]:
        codes = self.record.words(name)
        for code in codes:
            self._known_item(code, self.record.faults.at(name))
        self._refuse_doubles(codes, name, self.record.faults)
        return codes

    def _phantoms(self) -> tuple[str, ...]:
        phantoms = self._items("phantoms")
        for code in phantoms:
            if code in self.record.words("subassemblies"):
                message = f"`{code}` is a phantom, so it is never stocked, and a subassembly, so it is."
                self.record.faults.add("bad-phantom", message, "Name it in one of the two lists.")
        return phantoms

    def _feature(self, record: Record) -> Feature:
        code, kind = record.text("code"), self._kind(record)
        check_code(code, record.faults)
        self._check_fields(kind, record)
        options = tuple(self._option(fields, kind) for fields in record.records("options", "option", OPTION))
        self._refuse_doubles((option.code for option in options), "options", record.faults)
        if kind in CHOOSABLE and not options:
            record.faults.add("missing-key", "It has no options.")
        if kind is not FeatureKind.MANY and any(option.code == NONE for option in options):
            record.faults.add("reserved-code", f"`{NONE}` stands for nothing chosen and is no option's code.")
        minimum, maximum, step = self._bounds(kind, len(options), record)
        item = self._item("item", record)
        feature = Feature(
            code=code,
            name=record.text("name"),
            kind=kind,
            options=options,
            group=record.text("group", ""),
            minimum=minimum,
            maximum=maximum,
            step=step,
            item=item,
            price=record.number("price", self._price_of(item), least=None),
            attributes=self._attributes(item, record),
            max_length=record.whole("max_length", 60),
            pattern=self._pattern(record),
        )
        return _with_default(feature, record)

    def _check_fields(self, kind: FeatureKind, record: Record) -> None:
        """Fields that only some kinds have."""
        kinds = {
            "options": CHOOSABLE,
            "minimum": (*NUMBERS, FeatureKind.MANY),
            "maximum": (*NUMBERS, FeatureKind.MANY),
            "step": NUMBERS,
            "item": (FeatureKind.QUANTITY,),
            "attributes": (FeatureKind.QUANTITY,),
            "price": (FeatureKind.QUANTITY, FeatureKind.TEXT),
            "max_length": (FeatureKind.TEXT,),
            "pattern": (FeatureKind.TEXT,),
        }
        for name, owners in kinds.items():
            if name in record and kind not in owners:
                record.faults.add(
                    "unknown-key", f"A feature of kind {kind.value} has no `{name}`.", f"Kinds: {', '.join(owners)}."
                )

    def _kind(self, record: Record) -> FeatureKind:
        word = record.text("kind")
        if word and word not in set(FeatureKind):
            hint = did_you_mean(word, list(FeatureKind))
            record.faults.add("bad-value", f"`{word}` is no kind of feature.", hint)
        return FeatureKind(word) if word in set(FeatureKind) else FeatureKind.ONE

    def _option(self, record: Record, kind: FeatureKind) -> Option:
        item = self._item("item", record)
        known = self.items.get(item or "")
        return Option(
            code=record.text("code", item),
            name=record.text("name", known.name if known else None),
            item=item,
            price=record.number("price", self._price_of(item), least=None),
            share=record.share("share", SHARE_OF_MANY if kind is FeatureKind.MANY else 1.0),
            attributes=self._attributes(item, record),
        )

    def _price_of(self, item: str | None) -> Decimal:
        known = self.items.get(item or "")
        return (known.cost * self.markup).quantize(Decimal(1), ROUND_HALF_UP) if known else Decimal(0)

    def _attributes(self, item: str | None, record: Record) -> Attributes:
        """Those of the item, under those of its own."""
        known = self.items.get(item or "")
        return dict(known.attributes if known else NO_ATTRIBUTES) | record.attributes("attributes")

    def _item(self, name: str, record: Record) -> str | None:
        """The code of an item that there is; None when none is named."""
        if name not in record:
            return None
        code = record.text(name)
        self._known_item(code, record.faults)
        return code

    def _known_item(self, code: str, faults: Faults) -> None:
        if self.items and code and code not in self.items:
            faults.add("unknown-item", f"There is no item `{code}`.", did_you_mean(code, self.items))

    def _refuse_doubles(self, codes: Iterable[str], what: str, faults: Faults) -> None:
        for code, times in Counter(codes).items():
            if times > 1 and code:
                faults.add("duplicate", f"`{code}` stands {times} times among the {what}.")

    def _bounds(self, kind: FeatureKind, options: int, record: Record) -> tuple[Decimal, Decimal, Decimal]:
        ranged = kind in NUMBERS
        highest = None if ranged else options if kind is FeatureKind.MANY else 0
        whole = kind in {FeatureKind.QUANTITY, FeatureKind.MANY}
        least = 0 if whole else None
        minimum, maximum = record.number("minimum", 0, least), record.number("maximum", highest, least)
        if kind is FeatureKind.MANY and not maximum:
            maximum = Decimal(options)  # no limit
        step = record.number("step", 1)
        fault = ""
        if whole and any(bound != int(bound) for bound in (minimum, maximum, step)):
            fault = "Expected whole numbers as `minimum`, `maximum` and `step`."
        elif step <= 0:
            fault = f"Expected `step` > 0, got {step}."
        elif minimum > maximum:
            fault = f"Expected `minimum` <= `maximum`, got {minimum} and {maximum}."
        elif ranged and (maximum - minimum) / step >= MOST_VALUES:
            fault = f"Expected at most {MOST_VALUES} values from `minimum` to `maximum`."
        elif kind is FeatureKind.MANY and maximum > options:
            fault = f"Expected `maximum` <= {options}, the number of options, got {maximum}."
        if fault:
            record.faults.add("bad-number", fault)
            return Decimal(0), Decimal(options if kind is FeatureKind.MANY else 0), Decimal(1)
        return minimum, maximum, step

    def _pattern(self, record: Record) -> str:
        pattern = record.text("pattern", "")
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            record.faults.add("bad-pattern", f"`{shown(pattern)}` is no regular expression: {error}.")
            return ""
        return pattern

    def _rule(self, record: Record) -> Rule:
        written = record.text("rule")
        condition = self.language.condition(written, record.faults)
        name = record.text("name")
        return Rule(name, record.text("text", name), condition, written, *record.span())

    def _preference(self, record: Record) -> Preference:
        if "name" in record:
            record.text("name")
        written, (condition, when) = record.text("prefer"), self.language.when(record)
        feature, value = self._preferred(written, record.faults)
        weight = record.number("weight", 1)
        return Preference(feature, value, written, condition, when, weight)

    def _preferred(self, written: str, faults: Faults) -> tuple[str, Value]:
        """The feature and value of `feature = value`, or `feature contains option`."""
        match self.language.parsed(written, faults):
            case Comparison("=", Choice(code), Word(value)) if code in self.language.features:
                feature, value_of = self.language.features[code], value
            case Comparison("=", Choice(code), Number(number)) if code in self.language.features:
                feature, value_of = self.language.features[code], str(number)
            case Comparison("contains", Choice(code), Word(value)) if code in self.language.features:
                feature, value_of = self.language.features[code], value
            case Comparison(_, Word(word), _):
                faults.add("unknown-feature", f"There is no feature `{word}`.", did_you_mean(word, self.language.features))
                return "", NONE
            case None:
                return "", NONE
            case _:
                faults.add("bad-value", f"Expected a preference like `feature = option`, got {shown(written)}.")
                return "", NONE
        return _valued(feature, value_of, faults)

    def _line(self, record: Record) -> SuperBillLine:
        quantity = str(record.fields.get("quantity", 1))
        condition, when = self.language.when(record)
        item = self._item("item", record) or record.text("item")
        alternates, substitutes = record.words("alternates"), record.words("substitutes")
        for name, codes in (("alternates", alternates), ("substitutes", substitutes)):
            for code in codes:
                self._known_item(code, record.faults.at(name))
        self._refuse_doubles((item, *alternates, *substitutes), "items of the line", record.faults)
        return SuperBillLine(
            item=item,
            quantity=self.language.whole_number(quantity, record.faults.at("quantity")),
            quantity_text=quantity,
            condition=condition,
            condition_text=when,
            alternates=alternates,
            substitutes=substitutes,
        )

    def _operation(self, record: Record) -> Operation:
        condition, when = self.language.when(record)
        if "minutes" not in record:
            record.faults.add("missing-key", "`minutes` is missing.")
        minutes = str(record.fields.get("minutes", 0))
        return Operation(
            name=record.text("name"),
            minutes=self.language.whole_number(minutes, record.faults.at("minutes")),
            minutes_text=minutes,
            condition=condition,
            condition_text=when,
            line_group=record.text("line_group", ""),
        )

    def _example(self, record: Record) -> Example:
        choices = record.fields.get("choices")
        if not isinstance(choices, Mapping):
            record.faults.add("missing-key", 'Expected `choices`, such as { cpu = "i9" }.')
            choices = {}
        valid = record.fields.get("valid", True)
        if not isinstance(valid, bool):
            record.faults.add("bad-value", f"Expected true or false as `valid`, got {shown(valid)}.")
        return Example(record.text("name"), tuple(self._chosen(choices, record.faults)), bool(valid))

    def _chosen(self, choices: Mapping[Any, Any], faults: Faults) -> Iterator[tuple[str, Value]]:
        for code, raw in choices.items():
            feature = self.language.features.get(code)
            if feature is None:
                faults.add("unknown-feature", f"There is no feature `{code}`.", did_you_mean(code, self.language.features))
                continue
            try:
                yield feature.code, parse_value(feature, raw)
            except UnknownOption as error:
                faults.add("unknown-option", str(error))


def _with_default(feature: Feature, record: Record) -> Feature:
    """The feature with its default, which must be one of its values."""
    if "default" not in record:
        return feature
    try:
        return replace(feature, default=parse_value(feature, record.fields["default"]))
    except UnknownOption as error:
        record.faults.add("bad-default", f"The default is wrong: {error}")
        return feature


def _valued(feature: Feature, written: str, faults: Faults) -> tuple[str, Value]:
    """A feature with the value that a text says; of several options one."""
    if feature.kind is FeatureKind.TEXT:
        faults.add("text-in-rule", f"`{feature.code}` is a text, which nobody can prefer for another.")
        return feature.code, ""
    try:
        return feature.code, parse_value(feature, [written] if feature.kind is FeatureKind.MANY else written)
    except UnknownOption as error:
        faults.add("unknown-option", f"The preference is wrong: {error}")
        return feature.code, NONE
