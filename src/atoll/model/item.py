"""Items, and how they are supplied."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

Attribute = str | int | float | bool | tuple[str, ...]
Attributes = Mapping[str, Attribute]

LONGEST_LEAD_DAYS = 3650
"""Ten years: a longer lead time, or a delivery further ahead, is taken for a slip of the keyboard."""

NO_ATTRIBUTES: Attributes = MappingProxyType({})


class Kind(StrEnum):
    """What an item is in the structure of the products."""

    COMPONENT = "component"
    SUBASSEMBLY = "subassembly"
    END_ITEM = "end item"


class Tracking(StrEnum):
    """Whether single units or lots of an item are told apart."""

    NONE = "none"
    LOT = "lot"
    SERIAL = "serial"


@dataclass(frozen=True, slots=True)
class Item:
    """Anything that is planned: a component, a subassembly or an end item.

    Parameters
    ----------
    code, name
        Identifier, and words for people.
    kind
        Place in the structure.
    unit
        Unit of measure; quantities are whole numbers of it.
    cost
        Standard cost of one unit, in the company's currency.
    tracking
        Whether lots or serial numbers are recorded.
    assembly_minutes
        Work that one unit adds when it goes into a product on final assembly.
    build_minutes, build_days
        Work to build one unit ahead, and the lead time of a build order in working days (subassemblies only).
    safety_stock
        Units that every promise leaves.
    attributes
        Facts that rules speak of, such as ``{"socket": "AM5", "power": 120}``.
    """

    code: str
    name: str
    kind: Kind
    cost: Decimal
    unit: str = "piece"
    tracking: Tracking = Tracking.NONE
    assembly_minutes: int = 0
    build_minutes: int = 0
    build_days: int = 1
    safety_stock: int = 0
    attributes: Attributes = field(default_factory=lambda: NO_ATTRIBUTES)

    def __post_init__(self) -> None:
        if not self.code:
            raise ValueError("Expected an item code, got an empty text.")
        if self.cost < 0:
            raise ValueError(f"Expected cost >= 0 for {self.code}, got {self.cost}.")
        if min(self.assembly_minutes, self.build_minutes, self.build_days, self.safety_stock) < 0:
            raise ValueError(f"Expected minutes, days and safety stock >= 0 for {self.code}.")


@dataclass(frozen=True, slots=True)
class Supplier:
    """A supplier, and how its deliveries keep to their dates.

    Parameters
    ----------
    on_time
        Share of deliveries that arrive on the confirmed date, 0 to 1.
    mean_delay_days
        Mean delay of the other deliveries, in calendar days.
    """

    code: str
    name: str
    country: str = ""
    on_time: float = 1.0
    mean_delay_days: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.on_time <= 1:
            raise ValueError(f"Expected on_time between 0 and 1 for {self.code}, got {self.on_time}.")
        if self.mean_delay_days < 0:
            raise ValueError(f"Expected mean_delay_days >= 0 for {self.code}, got {self.mean_delay_days}.")


@dataclass(frozen=True, slots=True)
class SupplierItem:
    """What an item costs at a supplier, how long it takes and in which quantities it is sold.

    Parameters
    ----------
    lead_time_days
        Calendar days from purchase order to delivery.
    minimum_quantity, multiple
        Smallest quantity of an order line, and the step above it.
    expedited_days, expedite_cost
        Calendar days when it is expedited, and what that costs more for each delivery; −1 where it cannot be.
    """

    supplier: str
    item: str
    price: Decimal
    lead_time_days: int
    minimum_quantity: int = 1
    multiple: int = 1
    expedited_days: int = -1
    expedite_cost: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.lead_time_days < 0 or self.minimum_quantity < 1 or self.multiple < 1 or self.price < 0:
            raise ValueError(f"Expected lead time >= 0, price >= 0 and quantities >= 1 for {self.item} at {self.supplier}.")
        if self.expedited_days > self.lead_time_days or self.expedite_cost < 0:
            raise ValueError(f"Expected expedited days <= {self.lead_time_days} and a cost >= 0 for {self.item}.")
