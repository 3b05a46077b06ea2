"""What a configuration costs the company, and what is left of its price."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from atoll.configure.super_bill import OrderBill
from atoll.model.bill import Bills, topological_order
from atoll.model.item import Item

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cost:
    """Material and labour of one unit, in the company's currency."""

    material: Decimal
    labour: Decimal

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.material + self.labour


@dataclass(frozen=True, slots=True)
class Margin:
    """What is left of a price.

    Parameters
    ----------
    share
        Of the price, to four places; 0 of a price of 0.
    """

    amount: Decimal
    share: Decimal


def standard_costs(bills: Bills, items: Mapping[str, Item], minute_rate: Decimal = NOTHING) -> dict[str, Cost]:
    """What one unit of each item costs, rolled up through the levels of the bills.

    An item without a bill costs its standard cost. One with a bill costs what its components cost, and the labour of building
    it; its own standard cost, which values its stock, does not count.

    Parameters
    ----------
    bills
        Whose components are all among the items.
    minute_rate
        Cost of one minute of work; 0 leaves labour out.

    Raises
    ------
    BillCycle
        When an item is a component of itself.

    Examples
    --------
    >>> from atoll.model.bill import BillLine
    >>> from atoll.model.item import Kind
    >>> wheel = Item("WHEEL", "Wheel", Kind.SUBASSEMBLY, Decimal(30), build_minutes=10)
    >>> spoke = Item("SPOKE", "Spoke", Kind.COMPONENT, Decimal("0.5"))
    >>> costs = standard_costs({"WHEEL": (BillLine("SPOKE", 32),)}, {"WHEEL": wheel, "SPOKE": spoke}, Decimal("0.6"))
    >>> costs["WHEEL"]
    Cost(material=Decimal('16.0'), labour=Decimal('6.0'))
    """
    costs = {code: Cost(item.cost, NOTHING) for code, item in items.items() if not bills.get(code)}
    for code in topological_order(bills):
        if code in items and bills.get(code):
            parts = [(costs[line.item], line.quantity) for line in bills[code]]
            costs[code] = Cost(
                material=sum((cost.material * units for cost, units in parts), NOTHING),
                labour=sum((cost.labour * units for cost, units in parts), items[code].build_minutes * minute_rate),
            )
    return costs


def roll_up(bill: OrderBill, costs: Mapping[str, Cost], minute_rate: Decimal = NOTHING) -> Cost:
    """What one unit of a configuration costs: its items, and the minutes of final assembly.

    Parameters
    ----------
    costs
        From `standard_costs`, with the same rate.
    """
    parts = [(costs[line.item], line.quantity) for line in bill.lines]
    return Cost(
        material=sum((cost.material * units for cost, units in parts), NOTHING),
        labour=sum((cost.labour * units for cost, units in parts), bill.minutes * minute_rate),
    )


def margin(price: Decimal, cost: Decimal) -> Margin:
    """What is left of a price over a cost, both in the same currency.

    Examples
    --------
    >>> margin(Decimal(200), Decimal(150))
    Margin(amount=Decimal('50'), share=Decimal('0.2500'))
    """
    amount = price - cost
    share = (amount / price).quantize(Decimal("0.0001"), ROUND_HALF_UP) if price else NOTHING
    return Margin(amount, share)
