"""The basket: lines that somebody collects before they are quoted or ordered. It lies in the session, so it is theirs alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from string import ascii_uppercase
from typing import Any

from django.http import HttpRequest, QueryDict

from atoll.errors import AtollError
from atoll_web.sales import services
from atoll_web.sales.configure import State, read_state

BASKET = "basket"
"""Where the session keeps it."""


class BasketFull(AtollError):
    """The basket holds {most} lines, and no more can be looked at together. Quote or order them first, or remove some."""


@dataclass(frozen=True, slots=True)
class BasketLine:
    """A configured line.

    Parameters
    ----------
    key
        By which its fields are named; no later line has it.
    query
        Choices, quantity and request date, as the address of the configurator has them.
    faster
        Key of the way to be earlier that is chosen; empty for none.
    group
        Its delivery group; empty where it ships on its own.
    """

    key: int
    model: str
    query: str
    faster: str = ""
    group: str = ""

    @property
    def state(self) -> State:
        """What was entered."""
        return read_state(QueryDict(self.query))

    def asked(self, choices: Mapping[str, Any]) -> services.NewLine:
        """The order line."""
        return replace(self.state.line(self.model, choices), delivery_group=self.group)

    def entered(self, values: Mapping[str, str]) -> "BasketLine":
        """The line with what a form says of it."""
        state = self.state
        given = {name: values.get(f"{name}.{self.key}") for name in ("quantity", "request_date")}
        state = replace(state, **{name: text.strip()[:40] for name, text in given.items() if text is not None})
        chosen = {name: values.get(f"{name}.{self.key}", getattr(self, name)) for name in ("faster", "group")}
        return replace(self, query=state.address(), **chosen)


@dataclass(frozen=True, slots=True)
class Basket:
    """Lines in their order, and how they are wanted.

    Parameters
    ----------
    last_key
        Of all lines that ever were in it.
    removed, place
        The line that was removed last, and where it stood, so that it can come back.
    """

    lines: tuple[BasketLine, ...] = ()
    customer: str = ""
    ship_complete: bool = False
    last_key: int = 0
    removed: BasketLine | None = None
    place: int = 0

    def with_line(self, model: str, state: State) -> "Basket":
        """The basket with one more line, or with another one in place of that which was configured again.

        Raises
        ------
        BasketFull
        """
        query = replace(state, customer="", basket="").address()
        customer = self.customer or state.customer
        for place, line in enumerate(self.lines):
            if str(line.key) == state.basket:
                return replace(self._at(place, [replace(line, model=model, query=query, faster="")], 1), customer=customer)
        fresh = BasketLine(self.last_key + 1, model, query)
        return replace(self._at(len(self.lines), [fresh]), customer=customer, last_key=fresh.key)

    def twice(self, key: str) -> "Basket":
        """The basket with a line and its like behind it."""
        for place, line in enumerate(self.lines):
            if str(line.key) == key:
                like = replace(line, key=self.last_key + 1)
                return replace(self._at(place + 1, [like]), last_key=like.key)
        return self

    def without(self, key: str) -> "Basket":
        """The basket without a line."""
        for place, line in enumerate(self.lines):
            if str(line.key) == key:
                return replace(self._at(place, [], 1), removed=line, place=place)
        return self

    def with_removed(self) -> "Basket":
        """The basket with the line that was removed last."""
        return replace(self._at(self.place, [self.removed]), removed=None) if self.removed else self

    def entered(self, values: Mapping[str, str]) -> "Basket":
        """The basket with what a form says of it."""
        return replace(
            self,
            lines=tuple(line.entered(values) for line in self.lines),
            customer=values.get("customer", self.customer),
            ship_complete=values["delivery"] == "complete" if "delivery" in values else self.ship_complete,
        )

    @property
    def groups(self) -> str:
        """Delivery groups, each a letter, that its lines can be put into: as many as there can be of two lines, and one more."""
        return ascii_uppercase[: len(self.lines) // 2 + 1] if len(self.lines) > 1 and not self.ship_complete else ""

    def _at(self, place: int, lines: list[BasketLine], instead_of: int = 0) -> "Basket":
        found = (*self.lines[:place], *lines, *self.lines[place + instead_of :])
        if len(found) > max(services.MOST_LINES, len(self.lines)):
            raise BasketFull(most=services.MOST_LINES)
        return replace(self, lines=found)


def basket_of(request: HttpRequest) -> Basket:
    """The basket of whoever is signed in."""
    kept: Mapping[str, Any] | None = request.session.get(BASKET)
    if not kept:
        return Basket()
    removed = kept["removed"] and BasketLine(**kept["removed"])
    return Basket(**{**kept, "lines": tuple(BasketLine(**line) for line in kept["lines"]), "removed": removed})


def keep(request: HttpRequest, basket: Basket) -> None:
    """Keep the basket until it is ordered, or its user signs out."""
    request.session[BASKET] = asdict(basket)
