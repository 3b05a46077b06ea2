"""What single values of a model take from stock and of assembly, so that dates and minutes can be told for each value.

The order bill of a configuration is not simply the items of its options: lines hang on conditions, and a stocked subassembly
stands in for components where they are all there. What hangs on more than one value gets a condition, which the compiled form
knows of each configuration (see `atoll.configure.tabulation.compile_product`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from atoll.configure.completing import has_option
from atoll.configure.encoding import Encoding
from atoll.configure.evaluate import evaluate
from atoll.configure.super_bill import kit_of, without_phantoms
from atoll.configure.table import joined
from atoll.model.bill import Bills
from atoll.model.expression import Choice, Comparison, Expression, Not, Number
from atoll.model.item import Item
from atoll.model.product import FeatureKind, ProductModel, Value

MOST_COMBINATIONS = 500
"""Of the choices that a quantity or a time depends on; beyond them it is left out."""

MOST_WAYS = 4
"""In which a component may come, for a subassembly of it to stand in for certain."""

Key = int | Expression | None
"""With what something comes: the place of a value, a condition, or always."""


@dataclass(frozen=True, slots=True)
class Need:
    """Units of an item, or so many of one of its alternates, the best first."""

    item: str
    quantity: int
    alternates: tuple[str, ...] = ()


OneOf = tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What comes into a product.

    Parameters
    ----------
    needs
        Each one kind of item, of which there must be so many units; where it names several, one of them.
    minutes
        Work of final assembly.
    """

    needs: tuple[OneOf, ...] = ()
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Material:
    """What a product takes: always, with each value, and under each condition.

    For every configuration that is never more than its order bill and its minutes; and just these, unless `is_partial`.

    Parameters
    ----------
    values
        For each value of each decision, in the order of `Encoding.all_axes`.
    conditions
        Each hangs on several decisions.
    is_partial
        Whether something is left open: for some components, whether a subassembly stands in, and quantities that hang on too many
        choices.
    """

    always: Taken
    values: tuple[Taken, ...]
    conditions: tuple[tuple[Expression, Taken], ...]
    is_partial: bool


def material_of(
    model: ProductModel, encoding: Encoding, bills: Bills, items: Mapping[str, Item], *, with_conditions: bool = True
) -> Material:
    """Take a super bill apart into what its values and conditions bring.

    Parameters
    ----------
    with_conditions
        Without them, what hangs on several decisions is left open.
    bills
        Of the model's subassemblies and phantoms, at least.
    items
        All that the model names.

    Notes
    -----
    `order_bill` lets subassemblies stand in one after the other, the dearest first. Where each component comes in one way and a
    subassembly takes just that, conditions say exactly when one stands in. Where components come in several ways, such as memory
    in two places, exact conditions would make compiled forms a hundred times as large; so such a component is told as "this, or a
    subassembly that holds it", and a subassembly where it stands in for certain.
    """
    return _Reader(model, encoding, bills, items, with_conditions).read()


def unknown_material(encoding: Encoding) -> Material:
    """That of a model of which neither items nor bills are known."""
    return Material(Taken(), (Taken(),) * sum(len(axis.literals) for axis in encoding.all_axes()), (), is_partial=True)


@dataclass(frozen=True, slots=True)
class _Source:
    """Units of an item that come with something; where that is a value, its feature and code too."""

    item: str
    units: int
    key: Key
    value: tuple[str, Value] | None = None
    alternates: tuple[str, ...] = ()


class _Reader:
    """Collects what comes with what."""

    def __init__(
        self, model: ProductModel, encoding: Encoding, bills: Bills, items: Mapping[str, Item], with_conditions: bool
    ) -> None:
        self.model, self.encoding, self.bills, self.items = model, encoding, bills, items
        self.with_conditions = with_conditions
        self.needs: dict[Key, set[OneOf]] = defaultdict(set)
        self.minutes: Counter[Key] = Counter()
        self.is_partial = False

    def read(self) -> Material:
        """All of it."""
        by_item: dict[str, list[_Source]] = defaultdict(list)
        for source in (*self._chosen(), *self._lines()):
            by_item[source.item].append(source)
        in_kits = self._kits(by_item)
        for item, sources in by_item.items():
            for source in sources if item not in in_kits else ():
                self._take(source.key, item, source.units, source.alternates)
        for work in self.model.operations:
            for minutes, condition in self._amounts(work.minutes, work.condition):
                for key in self._keys(condition):
                    self.minutes[key] += minutes
        conditions = [key for key in {*self.needs, *self.minutes} if key is not None and not isinstance(key, int)]
        return Material(
            always=self._taken(None),
            values=tuple(self._taken(place) for place in range(sum(len(axis.literals) for axis in self.encoding.all_axes()))),
            conditions=tuple((key, self._taken(key)) for key in sorted(conditions, key=repr)),
            is_partial=self.is_partial,
        )

    def _take(self, key: Key, item: str, units: int, alternates: tuple[str, ...] = ()) -> None:
        self._need(key, (Need(item, units, alternates),))
        for found in self._keys(key):
            self.minutes[found] += self.items[item].assembly_minutes * units

    def _need(self, key: Key, need: OneOf) -> None:
        for found in self._keys(key):
            self.needs[found].add(need)

    def _keys(self, key: Key) -> Sequence[Key]:
        """A condition that hangs on one decision becomes the values under which it certainly holds."""
        if key is None or isinstance(key, int):
            return [key]
        places = self.encoding.places_where(key)
        if places is not None:
            return places
        self.is_partial |= not self.with_conditions
        return [key] if self.with_conditions else []

    def _taken(self, key: Key) -> Taken:
        return Taken(tuple(sorted(self.needs[key], key=repr)), self.minutes[key])

    def _chosen(self) -> Iterator[_Source]:
        """What options and quantities bring."""
        pairs = ((axis, value) for axis in self.encoding.all_axes() for value in axis.literals)
        for place, (axis, value) in enumerate(pairs):
            feature = axis.feature
            option = feature.option(axis.option or str(value)) if value else None
            if option is not None and option.item:
                yield from self._apart(option.item, 1, place=place, value=(feature.code, option.code))
            if feature.kind is FeatureKind.QUANTITY and feature.item and value:
                yield from self._apart(feature.item, value, place=place, value=(feature.code, value))

    def _lines(self) -> Iterator[_Source]:
        for line in self.model.lines:
            for units, condition in self._amounts(line.quantity, line.condition):
                yield from self._apart(line.item, units, condition=condition, alternates=line.alternates)

    def _apart(
        self,
        item: str,
        units: int,
        *,
        place: int | None = None,
        value: tuple[str, Value] | None = None,
        condition: Expression | None = None,
        alternates: tuple[str, ...] = (),
    ) -> Iterator[_Source]:
        """An item with its alternates, or what a phantom is made of, which has none."""
        for code, count in without_phantoms([(item, units)], self.model, self.bills).items():
            yield _Source(code, count, condition if place is None else place, value, alternates if code == item else ())

    def _amounts(self, amount: Expression, condition: Expression | None) -> Iterator[tuple[int, Expression | None]]:
        """What an amount may come to, above nothing, each with the condition under which it does."""
        if isinstance(amount, Number):
            found = [amount.value]
        else:
            axes = self.encoding._axes(amount)
            if self.encoding._size(axes) > MOST_COMBINATIONS:
                self.is_partial = True
                return
            table = self.encoding._table(axes, lambda values: evaluate(amount, values, self.model))
            found = sorted({number for number in table if isinstance(number, Decimal)})
        for number in found:
            if number >= 1:
                equal = [] if isinstance(amount, Number) else [Comparison("=", amount, Number(number))]
                parts = [*([condition] if condition is not None else []), *equal]
                yield int(number), joined("and", parts) if parts else None

    # subassemblies

    def _kits(self, by_item: Mapping[str, Sequence[_Source]]) -> set[str]:
        """Say when subassemblies stand in for components; the components that are seen to with that."""
        kits = {code: kit for code in self.model.subassemblies if (kit := self._kit(code)).keys() & by_item.keys()}
        seen_to: set[str] = set()
        for group in _groups(kits):
            parts = {item: by_item.get(item, ()) for code in group for item in kits[code]}
            seen_to |= parts.keys()
            fit = all([source.units for source in parts[item]] == [n] for code in group for item, n in kits[code].items())
            free = all(self._there(kits[code], parts) for code in group) and not parts.keys() & {*self.model.subassemblies}
            if self.with_conditions and fit and free:
                self._stand_in(sorted(group, key=lambda code: (-self.items[code].cost, code)), kits, parts)
            else:
                self._perhaps_stand_in(group, kits, parts)
        return seen_to

    def _kit(self, code: str, above: frozenset[str] = frozenset()) -> dict[str, int]:
        """What goes into a subassembly, and into others of the model that are in it."""
        found = {line.item: line.quantity for line in kit_of(code, self.model, self.bills)}
        inner = [part for part in found if part in self.model.subassemblies and part not in above]
        return {**{item: n for part in inner for item, n in self._kit(part, above | {code}).items()}, **found}

    def _stand_in(
        self, group: Sequence[str], kits: Mapping[str, Mapping[str, int]], parts: Mapping[str, Sequence[_Source]]
    ) -> None:
        """Each component comes once, and a subassembly takes just that: one stands in where all its components are there and no
        dearer one has taken any of them; and a component is taken by itself where none stands in for it.
        """
        stands: dict[str, Expression] = {}
        for code in group:
            dearer = [stands[other] for other in stands if self._may_meet(kits[code], kits[other], parts)]
            stands[code] = joined("and", [*self._there(kits[code], parts), *map(Not, dearer)])
            self._take(stands[code], code, 1)
        for item, (source,) in parts.items():
            over = [Not(stands[code]) for code in group if item in kits[code]]
            self._take(joined("and", [*self._there({item: 1}, parts), *over]), item, source.units, source.alternates)

    def _perhaps_stand_in(
        self, group: Sequence[str], kits: Mapping[str, Mapping[str, int]], parts: Mapping[str, Sequence[_Source]]
    ) -> None:
        """Components that come in several ways: each is there by itself, or as one of the subassemblies that hold it."""
        self.is_partial = True
        for item, sources in parts.items():
            holding = tuple(Need(code, 1) for code in group if item in kits[code])
            for source in sources:
                self._need(source.key, (Need(item, source.units, source.alternates), *holding))
        for code in group if not parts.keys() & {*self.model.subassemblies} else ():
            meets = any(self._may_meet(kits[code], kits[other], parts) for other in group if other != code)
            if not meets and all(_are_enough(parts[item], n) for item, n in kits[code].items()):
                there = self._there(kits[code], parts)
                self._take(joined("and", there) if there else None, code, 1)

    def _there(self, kit: Mapping[str, int], parts: Mapping[str, Sequence[_Source]]) -> list[Expression]:
        """That there is enough of all components."""
        return [part for item, quantity in kit.items() if (part := self._at_least(parts[item], quantity)) is not None]

    def _at_least(self, sources: Sequence[_Source], units: int) -> Expression | None:
        """That sources bring so many units, which together they can; None where they always do."""
        ways = []
        for count in range(1, len(sources) + 1):
            for some in combinations(sources, count):
                total = sum(source.units for source in some)
                if total >= units and all(total - source.units < units for source in some):
                    ways.append([part for source in some if (part := self._condition(source)) is not None])
        return joined("or", [joined("and", way) for way in ways]) if all(ways) else None

    def _condition(self, source: _Source) -> Expression | None:
        if source.value is None:
            return None if isinstance(source.key, int) else source.key
        code, value = source.value
        if isinstance(value, str):
            return has_option(self.model, code, value)
        return Comparison("=", Choice(code), Number(Decimal(str(value))))

    def _may_meet(self, one: Mapping[str, int], other: Mapping[str, int], parts: Mapping[str, Sequence[_Source]]) -> bool:
        """Whether two subassemblies share a component, and do not want different values of one feature."""
        values = [dict(pair for item in kit if (pair := self._sole_value(parts[item]))) for kit in (one, other)]
        return bool(one.keys() & other.keys()) and not any(
            values[1].get(code, value) != value for code, value in values[0].items()
        )

    def _sole_value(self, sources: Sequence[_Source]) -> tuple[str, Value] | None:
        """The value of a feature that a component always comes with; None where there is none or the feature takes several."""
        value = sources[0].value if len(sources) == 1 else None
        feature = self.model.feature(value[0]) if value else None
        return value if feature is not None and feature.kind is not FeatureKind.MANY else None


def _are_enough(sources: Sequence[_Source], units: int) -> bool:
    return len(sources) <= MOST_WAYS and sum(source.units for source in sources) >= units


def _groups(kits: Mapping[str, Mapping[str, int]]) -> list[list[str]]:
    """Subassemblies that are connected by components they share."""
    groups: list[tuple[list[str], set[str]]] = []
    for code, kit in kits.items():
        joined_by = [group for group in groups if group[1] & kit.keys()]
        groups = [group for group in groups if group not in joined_by]
        codes, parts = [code for codes, _ in joined_by for code in codes], set(kit)
        groups.append(([*codes, code], parts.union(*(parts for _, parts in joined_by))))
    return [codes for codes, _ in groups]
