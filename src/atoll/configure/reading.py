"""Product models from documents: every fault is found, none stops the search for others."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from atoll.configure.choice import parse_value
from atoll.configure.document import Faults, Record, did_you_mean, shown
from atoll.configure.errors import UnknownOption
from atoll.configure.meaning import NUMBERS, Features, check_condition, check_number
from atoll.configure.table import read_table
from atoll.errors import BadInput
from atoll.model.expression import FUNCTIONS, WORDS, Expression, Number, RuleSyntax, parse
from atoll.model.item import NO_ATTRIBUTES, Attributes, Item
from atoll.model.product import NONE, Feature, FeatureKind, Operation, Option, ProductModel, Rule, SuperBillLine

MODEL = (
    "code", "name", "end_item", "revision", "base_price", "currency", "markup", "subassemblies",
    "features", "rules", "tables", "lines", "operations",
)  # fmt: skip
FEATURE = (
    "code", "name", "kind", "group", "default", "minimum", "maximum", "step", "item", "price", "attributes",
    "max_length", "pattern", "options",
)  # fmt: skip
OPTION = ("code", "name", "item", "price", "share", "attributes")
RULE = ("name", "text", "rule", "valid_from", "valid_until")
TABLE = ("name", "text", "features", "allowed", "forbidden", "valid_from", "valid_until")
LINE = ("item", "quantity", "when")
OPERATION = ("name", "minutes", "when")

CHOOSABLE = (FeatureKind.ONE, FeatureKind.OPTIONAL, FeatureKind.MANY)
FEATURE_CODE = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_+]|-(?=[A-Za-z0-9_]))*")
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
        self.features: Features = {}

    def model(self) -> ProductModel:
        record = self.record
        features = [self._feature(fields) for fields in record.records("features", "feature", FEATURE)]
        self._refuse_doubles((feature.code for feature in features), "features", record.faults)
        self.features = {feature.code: feature for feature in features}
        rules = [self._rule(fields) for fields in record.records("rules", "rule", RULE)]
        tables = [read_table(fields, self.features) for fields in record.records("tables", "table", TABLE)]
        rules += [rule for rule, _ in tables]
        self._refuse_doubles((rule.name for rule in rules), "rules and tables", record.faults)
        return ProductModel(
            code=record.text("code"),
            name=record.text("name"),
            end_item=self._item("end_item", record) or record.text("end_item"),
            revision=record.text("revision"),
            base_price=record.number("base_price"),
            currency=record.text("currency"),
            features=tuple(features),
            rules=tuple(rules),
            lines=tuple(self._line(fields) for fields in record.records("lines", "line", LINE)),
            operations=tuple(self._operation(fields) for fields in record.records("operations", "operation", OPERATION)),
            subassemblies=self._subassemblies(),
            tables=tuple(table for _, table in tables),
        )

    def _subassemblies(self) -> tuple[str, ...]:
        codes = self.record.words("subassemblies")
        for code in codes:
            self._known_item(code, self.record.faults.at("subassemblies"))
        self._refuse_doubles(codes, "subassemblies", self.record.faults)
        return codes

    def _feature(self, record: Record) -> Feature:
        code, kind = record.text("code"), self._kind(record)
        self._check_code(code, record.faults)
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

    def _check_code(self, code: str, faults: Faults) -> None:
        if code and (not FEATURE_CODE.fullmatch(code) or code in WORDS or code in FUNCTIONS):
            hint = "Use letters, digits, `_` and `-`, and no word of the rule language."
            faults.add("bad-code", f"`{code}` cannot be named in rules.", hint)

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
        condition = self._condition(written, record.faults)
        name = record.text("name")
        return Rule(name, record.text("text", name), condition, written, *record.span())

    def _line(self, record: Record) -> SuperBillLine:
        quantity = str(record.fields.get("quantity", 1))
        when = record.text("when", "")
        return SuperBillLine(
            item=self._item("item", record) or record.text("item"),
            quantity=self._quantity(quantity, record.faults.at("quantity")),
            quantity_text=quantity,
            condition=self._condition(when, record.faults.at("when")) if when else None,
            condition_text=when,
        )

    def _operation(self, record: Record) -> Operation:
        when = record.text("when", "")
        if "minutes" not in record:
            record.faults.add("missing-key", "`minutes` is missing.")
        condition = self._condition(when, record.faults.at("when")) if when else None
        return Operation(record.text("name"), record.whole("minutes", 0), condition, when)

    def _condition(self, text: str, faults: Faults) -> Expression:
        expression = self._parsed(text, faults)
        if expression is None:
            return Number(Decimal(1))
        check_condition(expression, self.features, faults)
        return expression

    def _quantity(self, text: str, faults: Faults) -> Expression:
        expression = self._parsed(text, faults)
        if expression is None:
            return Number(Decimal(1))
        check_number(expression, self.features, faults)
        if isinstance(expression, Number) and expression.value != int(expression.value):
            faults.add("bad-number", f"Expected a whole number, got {text}.")
        return expression

    def _parsed(self, text: str, faults: Faults) -> Expression | None:
        if not text:
            return None  # that it is missing has been noted
        try:
            return parse(text, frozenset(self.features))
        except RuleSyntax as error:
            faults.add("rule-syntax", str(error), f"It reads: {shown(text)}")
            return None


def _with_default(feature: Feature, record: Record) -> Feature:
    """The feature with its default, which must be one of its values."""
    if "default" not in record:
        return feature
    try:
        return replace(feature, default=parse_value(feature, record.fields["default"]))
    except UnknownOption as error:
        record.faults.add("bad-default", f"The default is wrong: {error}")
        return feature
