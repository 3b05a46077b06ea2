"""The order bill: what one unit of a configuration takes from stock."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from atoll.configure.errors import BadQuantity
from atoll.configure.evaluate import chosen_options, evaluate, is_true
from atoll.model.bill import Bills
from atoll.model.item import Item
from atoll.model.product import Configuration, Operation, ProductModel, SuperBillLine, Value


@dataclass(frozen=True, slots=True)
class OrderBillItem:
    """Units of an item in one unit of the product."""

    item: str
    quantity: int


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
        Operations that the configuration needs.
    """

    lines: tuple[OrderBillItem, ...]
    minutes: int
    operations: tuple[Operation, ...]


def order_bill(model: ProductModel, configuration: Configuration, bills: Bills, items: Mapping[str, Item]) -> OrderBill:
    """Resolve a configuration to the items that it takes from stock.

    These are the items of the chosen options and quantities, and of the conditional lines. Then a stocked subassembly of the
    model stands in for its components wherever its whole bill is there, as often as it fits: the one of the largest cost first,
    among equals the first code.

    Parameters
    ----------
    bills
        Of the model's subassemblies, at least.
    items
        All that the model names.

    Raises
    ------
    BadQuantity
        When the quantity of a line does not come to a whole number.
    """
    values = dict(configuration.values)
    units = _components(model, values)
    stocked = sorted((items[code] for code in model.subassemblies), key=lambda item: (-item.cost, item.code))
    while any(_stand_in(item.code, bills, units) for item in stocked):
        pass  # one that was put in may itself be part of a larger one
    operations = tuple(work for work in model.operations if is_true(work.condition, values, model))
    minutes = sum(items[code].assembly_minutes * count for code, count in units.items()) + sum(
        work.minutes for work in operations
    )
    return OrderBill(tuple(OrderBillItem(code, units[code]) for code in sorted(units)), minutes, operations)


def _components(model: ProductModel, values: Mapping[str, Value]) -> Counter[str]:
    units: Counter[str] = Counter()
    for code, count in _taken(model, values):
        units[code] += count
    return +units


def _taken(model: ProductModel, values: Mapping[str, Value]) -> Iterator[tuple[str, int]]:
    """Items with their units, some perhaps several times."""
    for feature in model.features:
        value = values[feature.code]
        for option in chosen_options(feature, value):
            if option.item:
                yield option.item, 1
        if feature.item and isinstance(value, int):
            yield feature.item, value
    for line in model.lines:
        if is_true(line.condition, values, model):
            yield line.item, _quantity(line, values, model)


def _quantity(line: SuperBillLine, values: Mapping[str, Value], model: ProductModel) -> int:
    quantity = evaluate(line.quantity, values, model)
    if not isinstance(quantity, Decimal) or quantity < 0 or quantity != int(quantity):
        raise BadQuantity(item=line.item, quantity=line.quantity_text, found="nothing" if quantity is None else quantity)
    return int(quantity)


def _stand_in(code: str, bills: Bills, units: Counter[str]) -> bool:
    """Put a subassembly in the place of its components as often as they are all there; whether it did."""
    lines = bills.get(code, ())
    times = min((units[line.item] // line.quantity for line in lines), default=0)
    if not times:
        return False
    for line in lines:
        units[line.item] -= line.quantity * times
        if not units[line.item]:
            del units[line.item]
    units[code] += times
    return True
