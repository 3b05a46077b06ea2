"""Eight people do all that the interface and the pages let them do, at once and as chance has it: no fault reaches anybody.

`--race-seconds 60` gives them a minute.
"""

import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model, QuerySet
from django.test import Client

from atoll_web.accounts.models import User
from atoll_web.accounts.services import create_token
from atoll_web.assembly.models import BuildOrder, FinalAssemblyOrder
from atoll_web.catalogue.models import AssemblyLine, Item, Revision
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine
from atoll_web.runs.models import Run
from atoll_web.sales.models import Order, OrderLine, Proposal
from atoll_web.stock.models import Supply
from tests.at_once import assert_nothing_is_violated, at_once
from tests.lamps import MONDAY, load_lamps

LAMPS: tuple[dict[str, Any], ...] = (
    {"model": "DL"},
    {"model": "DL", "choices": {"head": "HEAD-L", "arm": "ARM-L"}},
    {"model": "DL", "choices": {"arm": "ARM-L", "dimmer": "DIMMER", "extras": ["CLAMP", "BULB"]}},
)
COUNTED = ("BOARD", "CABLE", "ARM-L", "PLATE", "DIMMER")
BOUGHT = ("PLATE", "BOARD", "HEAD-L")
PAGES = ("/", "/orders", "/order-book", "/clear-to-build", "/capacity", "/notices", "/items/BOARD")


@dataclass
class Person:
    """Somebody at a browser and with a program of their own."""

    number: int
    secret: str
    faults: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.number)
        self.program = Client(headers={"Authorization": f"Bearer {self.secret}"}, raise_request_exception=False)
        self.browser = Client(raise_request_exception=False)
        self.browser.force_login(User.objects.get(username="manager"))

    def work_until(self, end: float) -> tuple[list[str], Counter[str]]:
        """Faults that were met, and how often each deed was done."""
        while time.monotonic() < end:
            getattr(self, self.chance.choice(DEEDS))()
        return self.faults, self.done

    def _ask(self, deed: str, path: str, body: dict[str, Any] | None = None, method: str = "post") -> None:
        """Ask the interface, every other time with a key."""
        self.number += 1000
        key = {"Idempotency-Key": str(self.number)} if self.chance.random() < 0.5 else {}
        ask = getattr(self.program, method)
        self._met(deed, ask(f"/api/v1{path}", body or {}, content_type="application/json", headers=key))

    def _look(self, path: str) -> None:
        self._met("look", self.browser.get(path))

    def _met(self, deed: str, answer: Any) -> None:
        self.done[deed] += answer.status_code < 400
        if answer.status_code >= 500 or b"overtaken" in answer.content:
            self.faults.append(f"{deed}: {answer.status_code} {answer.content.decode()}")

    def _any(self, rows: QuerySet[Model] | Iterable[Any]) -> Any:
        found = list(rows)
        return self.chance.choice(found) if found else None

    def _order(self) -> str:
        return self._any(Order.objects.values_list("number", flat=True))

    def order(self) -> None:
        lines = self.chance.sample(LAMPS, 2)
        self._ask("order", "/orders", {"customer": "ACME", "lines": lines, "ship_complete": self.chance.random() < 0.5})

    def quote(self) -> None:
        self._ask("quote", "/quotes", {"customer": "MUELLER", "lines": self.chance.sample(LAMPS, 1)})

    def accept(self) -> None:
        quoted = self._any(Order.objects.filter(state="quoted"))
        self._ask("accept", f"/quotes/{quoted}/accept")

    def change(self) -> None:
        line = self._any(OrderLine.objects.select_related("order"))
        changed = {"position": line.position, "quantity": self.chance.randint(1, 2)}
        added = self.chance.sample(LAMPS, self.chance.randint(0, 1))
        what = self.chance.choice(["change", "change/preview"])
        self._ask("change", f"/orders/{line.order.number}/{what}", {"lines": [changed], "added": added})

    def cancel(self) -> None:
        self._ask("cancel", f"/orders/{self._order()}/cancel")

    def hold(self) -> None:
        self._ask("hold", f"/orders/{self._order()}/{self.chance.choice(['hold', 'lift-hold'])}", {"reason": "credit"})

    def promise_anew(self) -> None:
        self._ask("promise_anew", f"/orders/{self._order()}/re-promise")

    def propose(self) -> None:
        policy = self.chance.choice(["keep", "least lateness", "fifo", "rush"])
        self._ask("propose", "/re-promise", {"policy": policy} | ({"order": self._order()} if policy == "rush" else {}))

    def move(self) -> None:
        self._ask("propose", "/order-book/move", {"places": {self._order(): 1}})

    def apply(self) -> None:
        proposal = self._any(Proposal.objects.filter(state="proposed").values_list("pk", flat=True))
        self._ask("apply", f"/proposals/{proposal or 0}/apply")

    def correct(self) -> None:
        what, units = self.chance.choice([("count", {"counted": self.chance.randint(3, 30)}), ("scrap", {"quantity": 1})])
        self._ask(what, f"/items/{self.chance.choice(COUNTED)}/{what}", units | {"reason": "seen"})

    def buy(self) -> None:
        self._ask("buy", "/purchase-orders", {"wanted": [{"item": self.chance.choice(BOUGHT), "quantity": 5}]})

    def slip(self) -> None:
        line = self._any(PurchaseOrderLine.objects.select_related("order"))
        due = MONDAY + timedelta(days=self.chance.randint(1, 40))
        self._ask("slip", f"/purchase-orders/{line.order.number}/slip", {"line": line.pk, "due": due.isoformat()})

    def receive(self) -> None:
        line = self._any(PurchaseOrderLine.objects.select_related("order"))
        arrived = {"line": line.pk, "quantity": self.chance.randint(1, 3), "is_last": self.chance.random() < 0.2}
        self._ask("receive", f"/purchase-orders/{line.order.number}/receive", {"deliveries": [arrived]})

    def plan(self) -> None:
        self._ask("plan", "/plans")

    def build(self) -> None:
        planned = self._any(Supply.objects.filter(kind="planned", item__kind="subassembly").values_list("pk", flat=True))
        self._ask("build", "/build-orders", {"supplies": [planned or 0]})

    def carry_on_building(self) -> None:
        order = self._any(BuildOrder.objects.exclude(state="completed"))
        self._ask("carry_on_building", f"/build-orders/{order}/{self.chance.choice(['kit', 'complete'])}")

    def release(self) -> None:
        line = self._any(OrderLine.objects.filter(state="confirmed").order_by("promises__need_date")[:4])
        self._ask("release", "/assembly-orders", {"lines": [str(line)]})

    def assemble(self) -> None:
        order = self._any(FinalAssemblyOrder.objects.exclude(state="completed"))
        self._ask("assemble", f"/assembly-orders/{order}/{self.chance.choice(['kit', 'complete'])}")

    def ship(self) -> None:
        self._ask("ship", "/shipments", {"lines": [str(self._any(OrderLine.objects.filter(state="assembled")))]})

    def propose_kits(self) -> None:
        self._ask("propose_kits", "/kit-proposals", {"by": "orders"})

    def apply_kits(self) -> None:
        run = self._any(Run.objects.filter(kind__contains="kit").values_list("pk", flat=True))
        self._ask("apply_kits", f"/kit-proposals/{run or 0}/apply")

    def keep_safety_stock(self) -> None:
        item = self.chance.choice(BOUGHT[:2])
        self._ask("keep_safety_stock", f"/items/{item}/safety-stock", {"units": self.chance.randint(0, 2)}, "put")

    def change_the_calendar(self) -> None:
        day = MONDAY + timedelta(days=self.chance.randint(1, 20))
        minutes = {"minutes": self.chance.choice([0, 60, 480])}
        self._ask("change_the_calendar", f"/lines/{AssemblyLine.objects.get().code}/exceptions/{day}", minutes, "put")

    def begin_a_revision(self) -> None:
        self._ask("begin_a_revision", "/models/DL/drafts", {"revision": "A", "reason": "new prices"})

    def release_a_revision(self) -> None:
        draft = self._any(Revision.objects.filter(state="draft").values_list("name", flat=True))
        what = self.chance.choice(["release", "release", "discard"])
        body = {"valid_from": MONDAY.isoformat(), "reason": "new prices"} if what == "release" else {}
        self._ask("release_a_revision", f"/models/DL/revisions/{draft}/{what}", body)

    def ask(self) -> None:
        self._ask("ask", "/inquiries", self.chance.choice(LAMPS))
        self._ask("ask", "/promises", {"lines": list(LAMPS), "customer": "ACME"})

    def look(self) -> None:
        order = self._order()
        self._look(self.chance.choice([*PAGES, f"/orders/{order}", f"/orders/{order}/1/why"]))


DEEDS = [name for name in vars(Person) if not name.startswith("_") and name != "work_until"]


@pytest.mark.django_db(transaction=True)
def test_whatever_eight_people_do_at_once_nobody_meets_a_fault_and_nothing_is_violated(pytestconfig):
    lamps = load_lamps()
    wanted = [purchasing.Wanted(item, 20) for item in Item.objects.filter(code__in=["HEAD-L", "TRAFO", "BOARD"])]
    purchasing.order(actor=lamps.actor("buyer"), wanted=wanted)
    secret = create_token(user=User.objects.get(username="manager"), name="all").secret
    first = Person(0, secret)
    for _ in range(10):
        first.order()
        first.quote()
    people = [Person(number, secret) for number in range(1, 9)]
    end = time.monotonic() + pytestconfig.getoption("race_seconds")

    answers = at_once(lambda number: people[number].work_until(end))

    assert [fault for faults, _ in answers for fault in faults] == []
    assert sum((done for _, done in answers), Counter[str]()).total() > 0
    assert_nothing_is_violated()
