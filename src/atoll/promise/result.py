"""What a promise is, and what it rests on."""

from dataclasses import dataclass
from enum import StrEnum

from atoll.schedule import Slot


class Cause(StrEnum):
    """What keeps a promise from being earlier, or why there is none.

    `HORIZON`: the planned calendar ends before the line could ship. `DELIVERY`: it waits for the lines with which it ships
    together.
    """

    NOTHING = "nothing"
    MATERIAL = "material"
    CAPACITY = "capacity"
    REQUEST = "request"
    HORIZON = "horizon"
    DELIVERY = "delivery"

    @property
    def code(self) -> int:
        """Its number in arrays."""
        return list(Cause).index(self)


@dataclass(frozen=True, slots=True)
class Peg:
    """Units of a supply that a requirement takes."""

    item: int
    supply: int
    quantity: int


@dataclass(frozen=True, slots=True)
class PlannedSupply:
    """Units that nobody has ordered yet: to be bought, or to be built from `pegs` and `planned`.

    Parameters
    ----------
    day
        First day on which the units are usable.
    start_day
        Day on which a build begins; equal to `day` for a purchase.
    requirements
        What a build takes, as ``(item, units)``; empty for a purchase.
    """

    item: int
    quantity: int
    day: int
    start_day: int
    requirements: tuple[tuple[int, int], ...] = ()
    pegs: tuple[Peg, ...] = ()
    planned: "tuple[PlannedSupply, ...]" = ()

    @property
    def is_build(self) -> bool:
        """Whether it is built rather than bought."""
        return bool(self.requirements)


@dataclass(frozen=True, slots=True)
class Binding:
    """The cause that keeps the promise from being earlier.

    Parameters
    ----------
    item
        Position of the binding item, or −1.
    supply
        The supply of it that comes last, or −1 when it is still to be ordered.
    line
        The assembly line that is full, or −1.
    day
        The day from which the cause no longer binds.
    days
        Days by which it moves the assembly.
    """

    cause: Cause
    item: int = -1
    supply: int = -1
    line: int = -1
    day: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Promise:
    """The answer to a promise problem.

    Parameters
    ----------
    is_promised
        False when no day of the horizon will do; `binding` then says what is missing.
    ship_day, need_day
        The day of shipment, and the first day of assembly.
    """

    is_promised: bool
    ship_day: int
    need_day: int
    slots: tuple[Slot, ...]
    pegs: tuple[Peg, ...]
    planned: tuple[PlannedSupply, ...]
    binding: Binding
