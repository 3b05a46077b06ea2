"""Other options with which a line takes less of what keeps it from being earlier."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from atoll.configure import SuperBill
from atoll.errors import AtollError
from atoll.model.product import Feature, FeatureKind
from atoll.promise import Binding
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.services import Resolved
from atoll_web.catalogue.snapshot import product_model, super_bill
from atoll_web.sales import states
from atoll_web.sales.services.drafting import Drafted, Drafter, NewLine
from atoll_web.sales.snapshot import Items

MOST_TRIED = 24
"""Other options that are tried for a line."""


@dataclass(frozen=True, slots=True)
class OtherChoice:
    """Another option of a line, and the line with it; the words name what comes along as well."""

    key: str
    words: str
    line: NewLine
    resolved: Resolved


def other_choices(drafted: Drafted, drafter: Drafter, items: Items, binding: Binding) -> Iterator[OtherChoice]:
    """Other options that go with all else that the customer chose, and with which the line takes less of what binds.

    What was not chosen is completed again, so that an option may bring others along. To complete and resolve takes some
    milliseconds, and a model may have hundreds of options. So only those are tried whose own feature decides on what binds, or
    which cannot be had beside what is completed for such features now; of many those that save most by their own item, the
    cheapest first.
    """
    search = _Search(drafted, drafter, items, binding)
    model, choices, values = product_model(drafted.revision), drafted.line.choices, drafted.resolved.values
    for feature, value in sorted(search.candidates(), key=lambda one: search.weight(*one))[:MOST_TRIED]:
        line = replace(drafted.line, choices={**choices, feature.code: value})
        with suppress(AtollError):  # a quantity that does not come to a whole number: nobody can order that
            resolved = catalogue.resolve(drafted.revision, line.choices, drafter.today, there=drafter.there.structure)
            if search.takes_less(resolved):
                along = [other for other in model.features if resolved.values[other.code] != values[other.code]]
                along.sort(key=lambda other: other is not feature)
                words = "; ".join(_in_words(other, resolved.values[other.code]) for other in along)
                yield OtherChoice(f"{states.OPTION}:{feature.code}={value}", words, line, resolved)


@dataclass(frozen=True)
class _Search:
    """A line, and what keeps it from being earlier: an item, at any depth, or where it is none the time of assembly lines."""

    drafted: Drafted
    drafter: Drafter
    items: Items
    binding: Binding

    def candidates(self) -> Iterator[tuple[Feature, Any]]:
        """Options that go with the choices, and that bear on what binds."""
        choices, values, features = self.drafted.line.choices, self.drafted.resolved.values, self._features_behind()
        revision, today = self.drafted.revision, self.drafter.today
        kept = {code: values[code] for code in features if code not in choices}
        possible = catalogue.domains(revision, choices, today)
        beside = catalogue.domains(revision, {**choices, **kept}, today) if kept else possible
        for feature in product_model(revision).features:
            if feature.kind in {FeatureKind.ONE, FeatureKind.OPTIONAL}:
                for value, is_possible in possible[feature.code].items():
                    bears_on_it = feature.code in features or not beside[feature.code][value]
                    if is_possible and bears_on_it and value != values[feature.code]:
                        yield feature, value

    def weight(self, feature: Feature, value: Any) -> tuple[int, Decimal]:
        """What more an option takes of what binds, and costs more, by its own item and price, than the one that is chosen."""
        (units, price), (units_now, price_now) = (
            self._of_option(feature, one) for one in (value, self.drafted.resolved.values[feature.code])
        )
        return units - units_now, price - price_now

    def takes_less(self, other: Resolved) -> bool:
        """Whether a configuration takes less of what binds."""
        now = self.drafted.resolved
        if self.binding.item < 0:
            return other.minutes < now.minutes
        return any(self._binds(key) for key, units in now.bill.items() if other.bill.get(key, 0) < units)

    @property
    def _bill(self) -> SuperBill:
        return super_bill(self.drafted.revision, self.drafter.there.structure)

    def _features_behind(self) -> frozenset[str]:
        """Features that decide how much the line takes of what binds."""
        return self._bill.features_behind_work if self.binding.item < 0 else self._bill.features_behind(self._bringing)

    @cached_property
    def _bringing(self) -> frozenset[str]:
        """Items by which the one that binds comes into an order bill."""
        keys = self.drafter.there.structure.keys
        return self._bill.bringing(code for code in self._bill.items_at_any_depth if self._binds(keys[code]))

    def _of_option(self, feature: Feature, value: Any) -> tuple[int, Decimal]:
        option = feature.option(value) if isinstance(value, str) else None
        if option is None or option.item is None:
            return 0, option.price if option else Decimal(0)
        there = self.drafter.there.structure
        if self.binding.item < 0:
            return there.items[option.item].assembly_minutes, option.price
        return int(option.item in self._bringing), option.price

    def _binds(self, key: int) -> bool:
        """Whether an item is the one that binds, or can be built from it."""
        return self.items.ids[self.binding.item] in self.items.reachable([key])


def _in_words(feature: Feature, value: Any) -> str:
    """A feature and what is chosen for it."""
    option = feature.option(value) if isinstance(value, str) else None
    chosen = ", ".join(map(str, value)) if isinstance(value, list | tuple) else "none" if value in (None, "") else value
    return f"{feature.name}: {option.name if option else chosen}"
