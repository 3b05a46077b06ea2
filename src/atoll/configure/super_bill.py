"""The order bill and the routing: what one unit of a configuration takes from stock, and how it is assembled."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from atoll.configure.errors import BadQuantity, NoBill
from atoll.configure.evaluate import chosen_options, evaluate, is_true
from atoll.configure.wording import looked_at
from atoll.model.bill import BillCycle, BillLine, Bills
from atoll.model.expression import Expression, Sum, features_of, walk
from atoll.model.item import Item
from atoll.model.product import Configuration, Feature, ProductModel, SuperBillLine, Value

MOST_KEPT = 4096
"""Choices of which is kept what a line comes to."""


@dataclass(frozen=True, slots=True)
class OrderBillItem:
    """Units of an item in one unit of the product."""

    item: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Alternates:
    """Units of an item in the order bill that other items may be taken for, the best first.

    Parameters
    ----------
    substitutes
        Those that are only taken where somebody agrees to it.
    """

    item: str
    quantity: int
    alternates: tuple[str, ...]
    substitutes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoutingStep:
    """An operation of the final assembly of one unit.

    Parameters
    ----------
    line_group
        The assembly lines that can do it; empty where any can.
    """

    name: str
    minutes: int
    line_group: str = ""


@dataclass(frozen=True, slots=True)
class OrderBill:
    """What one unit of a configuration takes from stock, and the work of its final assembly.

    Parameters
    ----------
    lines
        In the order of the items' codes.
    minutes
        Work of final assembly: that of putting the items in, and the operations.
    operations
        The routing: operations that the configuration needs, in the order of the model.
    alternates
        What could be taken in place of some of the lines, in the order of the model.
    """

    lines: tuple[OrderBillItem, ...]
    minutes: int
    operations: tuple[RoutingStep, ...]
    alternates: tuple[Alternates, ...] = ()


def order_bill(model: ProductModel, configuration: Configuration, bills: Bills, items: Mapping[str, Item]) -> OrderBill:
    """Resolve a configuration to the items that it takes from stock.

    These are the items of the chosen options and quantities, and of the conditional lines; a line with alternates takes its
    first item. A phantom among them is replaced by its components. Then a stocked subassembly of the model stands in for its
    components wherever its whole bill is there, as often as it fits: the one of the largest cost first, among equals the first
    code.

    Parameters
    ----------
    bills
        Of the model's subassemblies and phantoms, at least.
    items
        All that the model names.

    Raises
    ------
    BadQuantity
        When the quantity of a line or the minutes of an operation do not come to a whole number.
    NoBill, BillCycle
        When a phantom has no components, or is one of its own.
    """
    return SuperBill(model, bills, items).resolve(configuration)


class SuperBill:
    """The super bill of a model, for many configurations: what each of its lines comes to is kept by the choices it looks at.

    Parameters
    ----------
    bills, items
        As for `order_bill`.
    """

    def __init__(self, model: ProductModel, bills: Bills, items: Mapping[str, Item]) -> None:
        self._model, self._bills, self._items = model, bills, items
        self._kits = {code: kit_of(code, model, bills) for code in model.subassemblies}
        self._stocked = sorted((items[code] for code in self._kits), key=lambda item: (-item.cost, item.code))
        self._lines = [_Line(line, model) for line in model.lines]

    def resolve(self, configuration: Configuration) -> OrderBill:
        """What `order_bill` gives."""
        model, items, values = self._model, self._items, dict(configuration.values)
        lines = [(line.line, count) for line in self._lines if (count := line.units(values)) is not None]
        taken = [*_chosen_items(model, values), *((line.item, count) for line, count in lines)]
        units = without_phantoms(taken, model, self._bills)
        while any(_stand_in(item.code, self._kits[item.code], units) for item in self._stocked):
            pass  # one that was put in may itself be part of a larger one
        operations = tuple(_routing(model, values))
        minutes = sum(items[code].assembly_minutes * count for code, count in units.items()) + sum(
            step.minutes for step in operations
        )
        return OrderBill(
            lines=tuple(OrderBillItem(code, units[code]) for code in sorted(units)),
            minutes=minutes,
            operations=operations,
            alternates=tuple(_alternates(lines, units)),
        )

    @property
    def items(self) -> frozenset[str]:
        """All items that some configuration may take, or may be given instead; subassemblies and phantoms are not taken apart."""
        model = self._model
        of_choices = {code for feature in model.features for code in _own_items(feature)}
        of_lines = {code for line in model.lines for code in (line.item, *line.alternates, *line.substitutes)}
        return frozenset(of_choices | of_lines | {*model.subassemblies})

    def bringing(self, items: Iterable[str]) -> frozenset[str]:
        """Items by which it is decided how often some are in an order bill: these, phantoms that hold some, and where a
        subassembly stands in for its components, all of them.
        """
        kits = [{code, *(line.item for line in kit)} for code, kit in self._kits.items()]
        found, more = set[str](), {*items}
        while more:
            found |= more
            holding = {code for code in self._model.phantoms if any(line.item in more for line in self._bills.get(code, ()))}
            more = holding.union(*(kit for kit in kits if kit & more)) - found
        return frozenset(found)

    def features_behind(self, items: Iterable[str]) -> frozenset[str]:
        """Features by whose values it is decided how many units of some items are in an order bill."""
        wanted = self.bringing(items)
        of_items = {feature.code for feature in self._model.features if not wanted.isdisjoint(_own_items(feature))}
        return frozenset(of_items.union(*(line.features for line in self._lines if line.line.item in wanted)))

    @property
    def features_behind_work(self) -> frozenset[str]:
        """Features by whose values it is decided how many minutes the final assembly takes."""
        of_items = self.features_behind(code for code in self.items_at_any_depth if self._items[code].assembly_minutes)
        said = (part for work in self._model.operations for part in (work.condition, work.minutes) if part is not None)
        return of_items | {*_features_in(said, self._model)}

    @property
    def items_at_any_depth(self) -> frozenset[str]:
        """All items that may come into an order bill."""
        found, below = set[str](), {*self.items}
        while below:
            found |= below
            below = {line.item for code in below if code in self._model.phantoms for line in self._bills.get(code, ())} - found
        return frozenset(found)


def _own_items(feature: Feature) -> list[str]:
    """Items of a feature's options, and of its quantity."""
    return [code for code in (feature.item, *(option.item for option in feature.options)) if code]


def _features_in(said: Iterable[Expression], model: ProductModel) -> list[str]:
    """Features that expressions look at, in the order of the model; a sum looks at all."""
    parts = list(said)
    is_of_all = any(isinstance(part, Sum) for expression in parts for part in walk(expression))
    named = {code for expression in parts for code in features_of(expression)}
    return [feature.code for feature in model.features if is_of_all or feature.code in named]


class _Line:
    """A line of a super bill with the units that it came to before, by the values of the features that it speaks of."""

    def __init__(self, line: SuperBillLine, model: ProductModel) -> None:
        self.line, self._model = line, model
        self.features = _features_in((part for part in (line.condition, line.quantity) if part is not None), model)
        self._found: dict[tuple[Value, ...], int | None] = {}

    def units(self, values: Mapping[str, Value]) -> int | None:
        """How many it brings; None where its condition does not hold."""
        key = tuple(values[code] for code in self.features)
        if key not in self._found:
            if len(self._found) >= MOST_KEPT:
                self._found.clear()
            self._found[key] = self._units(values)
        return self._found[key]

    def _units(self, values: Mapping[str, Value]) -> int | None:
        line = self.line
        if not is_true(line.condition, values, self._model):
            return None
        return _whole(line.quantity, values, self._model, f"The quantity `{line.quantity_text}` of {line.item}")


def _chosen_items(model: ProductModel, values: Mapping[str, Value]) -> Iterator[tuple[str, int]]:
    """Items of the choices with their units, some perhaps several times."""
    for feature in model.features:
        value = values[feature.code]
        for option in chosen_options(feature, value):
            if option.item:
                yield option.item, 1
        if feature.item and isinstance(value, int):
            yield feature.item, value


def _routing(model: ProductModel, values: Mapping[str, Value]) -> Iterator[RoutingStep]:
    for work in model.operations:
        if is_true(work.condition, values, model):
            what = f"The work of `{work.minutes_text}` minutes of the operation “{work.name}”"
            yield RoutingStep(work.name, _whole(work.minutes, values, model, what), work.line_group)


def _whole(expression: Expression, values: Mapping[str, Value], model: ProductModel, what: str) -> int:
    found = evaluate(expression, values, model)
    if not isinstance(found, Decimal) or found < 0 or found != int(found):
        choices = looked_at(expression, model, values)
        raise BadQuantity(what=what, found="nothing" if found is None else found, choices=choices)
    return int(found)


def without_phantoms(pairs: Iterable[tuple[str, int]], model: ProductModel, bills: Bills) -> Counter[str]:
    """Units by item, phantoms taken apart into what they are made of."""
    units: Counter[str] = Counter()
    for code, count in pairs:
        if code not in model.phantoms:
            units[code] += count
            continue
        for component, quantity in _taken_apart(code, count, model, bills):
            units[component] += quantity
    return +units


def kit_of(code: str, model: ProductModel, bills: Bills) -> Sequence[BillLine]:
    """What a subassembly is made of, its phantoms taken apart."""
    lines = bills.get(code, ())
    if not model.phantoms:
        return lines
    units = without_phantoms(((line.item, line.quantity) for line in lines), model, bills)
    return tuple(BillLine(item, quantity) for item, quantity in units.items())


def _taken_apart(
    code: str, count: int, model: ProductModel, bills: Bills, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, int]]:
    if code not in model.phantoms:
        yield code, count
        return
    if code in above:
        raise BillCycle(path=" > ".join((*above[above.index(code) :], code)))
    if not bills.get(code):
        raise NoBill(item=code, model=model.name)
    for line in bills[code]:
        yield from _taken_apart(line.item, count * line.quantity, model, bills, (*above, code))


def _stand_in(code: str, kit: Sequence[BillLine], units: Counter[str]) -> bool:
    """Put a subassembly in the place of its components as often as they are all there; whether it did."""
    times = min((units[line.item] // line.quantity for line in kit), default=0)
    if not times:
        return False
    for line in kit:
        units[line.item] -= line.quantity * times
        if not units[line.item]:
            del units[line.item]
    units[code] += times
    return True


def _alternates(lines: Sequence[tuple[SuperBillLine, int]], units: Mapping[str, int]) -> Iterator[Alternates]:
    """What else could be taken for lines of which units are left once phantoms and subassemblies are seen to."""
    for line, count in lines:
        left = min(count, units.get(line.item, 0))
        if (line.alternates or line.substitutes) and left:
            yield Alternates(line.item, left, line.alternates, line.substitutes)
