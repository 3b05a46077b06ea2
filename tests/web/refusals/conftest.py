"""A workshop as bare rows, and writers with connections of their own that bypass every service."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from atoll_web.accounts.acting import Actor, acting
from atoll_web.accounts.models import Company, User
from atoll_web.catalogue import states as catalogue_states
from atoll_web.catalogue.models import AssemblyLine, Configuration, Item, LineDay, OrderBillLine, ProductModel, Revision
from atoll_web.sales import states as sales_states
from atoll_web.sales.models import Customer, Order, OrderLine, Promise
from atoll_web.stock.models import Allocation, Demand, Location, Lot, Move, Requirement, Supply
from atoll_web.stock.services import make_locations

MONDAY, TUESDAY, WEDNESDAY, FRIDAY = (date(2026, 3, day) for day in (2, 3, 4, 6))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Workshop:
    """A few items, one model, one line, one customer; its methods write rows directly."""

    actor: Actor
    places: dict[str, Location]
    items: dict[str, Item]
    revision: Revision
    configuration: Configuration
    line_day: LineDay
    customer: Customer

    def move(self, item: str, quantity: int, source: str, destination: str, *, lot: Lot | None = None, **fields: Any) -> Move:
        """One row of the ledger."""
        places = {"source": self.places[source], "destination": self.places[destination]}
        return Move.objects.create(
            item=self.items[item], lot=lot, quantity=quantity, at=NOON, reference="test", user=self.actor.user, **places, **fields
        )

    def serial(self, item: str, number: str, **fields: Any) -> Lot:
        """A serial number, nowhere yet."""
        return Lot.objects.create(item=self.items[item], number=number, made_at=NOON, **{"quantity": 1} | fields)

    def supply(self, item: str, quantity: int, due: date, kind: str = "purchase") -> Supply:
        """Units that are still to come."""
        return Supply.objects.create(item=self.items[item], kind=kind, quantity=quantity, due=due)

    def requirement(self, item: str, quantity: int, need_date: date, builds: Supply | None = None) -> Requirement:
        """What a new demand takes of an item: an order line's, or that of the build which gives the supply."""
        demand = Demand.objects.create(kind="build order" if builds else "order line", need_date=need_date, builds=builds)
        return Requirement.objects.create(demand=demand, item=self.items[item], quantity=quantity)

    def allocate(self, requirement: Requirement, supply: Supply, quantity: int) -> Allocation:
        """Peg units of the supply to the requirement."""
        return Allocation.objects.create(requirement=requirement, supply=supply, quantity=quantity)

    def order_line(self, demand: Demand | None = None) -> OrderLine:
        """A draft line of two units of a new order."""
        with acting(self.actor):
            order = Order.objects.create(
                number=f"SO-{Order.objects.count()}", customer=self.customer, ordered_at=NOON, currency="USD"
            )
            return OrderLine.objects.create(
                order=order,
                position=1,
                configuration=self.configuration,
                quantity=2,
                unit_price=100,
                request_date=FRIDAY,
                demand=demand,
            )

    def promise(self, line: OrderLine, need_date: date = WEDNESDAY) -> Promise:
        """A promise in force that says what it rests on."""
        basis: dict[str, list[Any]] = {"supplies": [], "planned": [], "slots": []}
        return Promise.objects.create(
            line=line, ship_date=FRIDAY, need_date=need_date, made_at=NOON, made_by=self.actor.user, reason="test", basis=basis
        )

    def confirmed_line(self, requirement: Requirement | None = None) -> OrderLine:
        """A confirmed line with its promise."""
        demand = requirement.demand if requirement else Demand.objects.create(kind="order line", need_date=WEDNESDAY)
        line = self.order_line(demand)
        with acting(self.actor):
            OrderLine.objects.filter(pk=line.pk).update(state=sales_states.CONFIRMED)
            self.promise(line, demand.need_date)
        return line

    def released_line(self) -> OrderLine:
        """A line that is in assembly."""
        line = self.confirmed_line()
        with acting(self.actor):
            OrderLine.objects.filter(pk=line.pk).update(state=sales_states.IN_ASSEMBLY)
        return line


def make_workshop() -> Workshop:
    user = User.objects.create(username="ann")
    actor = Actor(user, NOON)
    Company.objects.create(code="reef", name="Reef", weekdays=[0, 1, 2, 3, 4], business_date=MONDAY)
    make_locations()
    kinds = {"case": ("component", "none"), "cpu": ("component", "serial"), "memory": ("component", "lot")}
    kinds |= {"kit": ("subassembly", "serial"), "pc": ("end item", "serial")}
    items = {
        code: Item.objects.create(code=code, name=code, kind=kind, tracking=tracking) for code, (kind, tracking) in kinds.items()
    }
    model = ProductModel.objects.create(code="tower", name="Tower", end_item=items["pc"])
    with acting(actor):
        revision = Revision.objects.create(
            product_model=model, name="A", document={"code": "tower"}, digest="d", valid_from=MONDAY
        )
        Revision.objects.filter(pk=revision.pk).update(state=catalogue_states.RELEASED)
    configuration = Configuration.objects.create(
        revision=revision, key="k", values={"cpu": "cpu"}, price=100, cost=60, minutes=60
    )
    OrderBillLine.objects.create(configuration=configuration, item=items["case"], quantity=1)
    line = AssemblyLine.objects.create(code="L1", name="Line 1", minutes_per_day=100)
    return Workshop(
        actor=actor,
        places={place.kind: place for place in Location.objects.all()},
        items=items,
        revision=revision,
        configuration=configuration,
        line_day=LineDay.objects.create(line=line, day=WEDNESDAY, capacity=100),
        customer=Customer.objects.create(code="c1", name="Müller & Söhne"),
    )


@pytest.fixture
def workshop(db) -> Workshop:
    """A workshop in a transaction that is rolled back."""
    return make_workshop()


@pytest.fixture
def open_workshop(transactional_db) -> Workshop:
    """A workshop whose rows every connection sees."""
    return make_workshop()


@pytest.fixture
def refused() -> Callable[[str], Any]:
    """A block that the database must refuse with these words; deferred constraints are asked at its end, as a commit does."""

    @contextmanager
    def until_commit() -> Iterator[None]:
        with transaction.atomic():
            yield
            ask_deferred_constraints()

    @contextmanager
    def block(words: str) -> Iterator[None]:
        with pytest.raises(IntegrityError, match=words), until_commit():
            yield

    return block


@pytest.fixture
def commit() -> Callable[[], None]:
    """Ask the deferred constraints, as a commit does."""
    return ask_deferred_constraints


def ask_deferred_constraints() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@dataclass
class Rivals:
    """Two writers with connections of their own, and a watcher."""

    first: psycopg.Connection[Any]
    second: psycopg.Connection[Any]
    watcher: psycopg.Connection[Any]
    threads: ThreadPoolExecutor

    def meet(self, first: str, second: str | None = None) -> list[type[Exception]]:
        """The first writer executes, then the second; the first commits only once the second waits for it, or is done.

        Returns
        -------
        list of exception types
            What the database refused, of either.
        """
        self.first.execute(first)
        later = self.threads.submit(self._execute_and_commit, self.second, second or first)
        self._until_it_waits(self.second, later)
        refusals = [self._commit(self.first), later.result(timeout=10)]
        return [refusal for refusal in refusals if refusal is not None]

    def race(self, first: str, second: str, held: AbstractContextManager[Any]) -> list[type[Exception]]:
        """Both writers execute and wait for what is held, then go on; what the database refused."""
        with ThreadPoolExecutor(2) as threads:
            with held:
                jobs = []
                for writer, statement in ((self.first, first), (self.second, second)):
                    jobs.append(threads.submit(self._execute_and_commit, writer, statement))
                    self._until_it_waits(writer, jobs[-1])
            refusals = [job.result(timeout=10) for job in jobs]
        return [refusal for refusal in refusals if refusal is not None]

    def _until_it_waits(self, writer: psycopg.Connection[Any], later: Future[Any]) -> None:
        waits = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
        while not later.done():
            (waiting,) = self.watcher.execute(waits, [writer.info.backend_pid]).fetchone() or (False,)
            if waiting:
                return

    def _execute_and_commit(self, writer: psycopg.Connection[Any], statement: str) -> type[Exception] | None:
        try:
            writer.execute(statement)
        except psycopg.Error as error:
            writer.rollback()
            return type(error)
        return self._commit(writer)

    @staticmethod
    def _commit(writer: psycopg.Connection[Any]) -> type[Exception] | None:
        try:
            writer.commit()
        except psycopg.Error as error:
            return type(error)
        return None


@pytest.fixture
def rivals(open_workshop: Workshop) -> Iterator[Rivals]:
    """Two writers who meet in the open workshop; both act as its user."""
    known = connection.get_connection_params()
    address = {key: known[key] for key in ("dbname", "user", "password", "host", "port") if known.get(key)}
    user, at = str(open_workshop.actor.user.pk), NOON.isoformat()
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(1))
        first, second = (stack.enter_context(psycopg.connect(**address)) for _ in range(2))
        watcher = stack.enter_context(psycopg.connect(**address, autocommit=True))
        for writer in (first, second):
            writer.execute("SELECT set_config('atoll.user', %s, false), set_config('atoll.at', %s, false)", [user, at])
            writer.commit()
        yield Rivals(first, second, watcher, threads)
