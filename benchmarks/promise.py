"""Promises on the company of the peers: the kernel in memory, one order after the other, many clients at once, and batches.

`python -m benchmarks promise --json` prints all of it. Every order is stored with PostgreSQL's default durability.
"""

import http.client
import json
import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from time import perf_counter, process_time, sleep
from typing import TYPE_CHECKING, Any

import numpy as np

from atoll.promise import Availability, Wanted, after, promise
from benchmarks import company, peers
from benchmarks.measure import Row, times

if TYPE_CHECKING:
    from atoll_web.sales.services import NewOrder

OPEN_LINES, MORE = (800, 4_800, 9_800), 200
CLIENTS = 8
"""Processes that order at once."""

WARM = 5
"""Orders of each client after which a process has loaded what it needs, and the database has planned it; they are not counted."""

START_SECONDS = 120
"""Within which all of them are ready, or something is wrong."""


def run(*, quick: bool) -> list[Row]:
    """All rows. The home of the process is empty before."""
    return [*kernel(quick=quick), *stored(quick=quick)]


def kernel(*, quick: bool) -> list[Row]:
    """Microseconds of processor time for a line of a batch, and for one more beside the open lines."""
    rows = []
    for open_lines in OPEN_LINES[:1] if quick else OPEN_LINES:
        there = peers.scenario(open_lines + MORE)
        wanted = peers.wanted(there)
        batch, more = _part(wanted, 0, open_lines), _part(wanted, open_lines, open_lines + MORE)
        availability = peers.availability(there)
        left = after(availability, promise(availability, batch))
        in_batch = _seconds(availability, batch) / open_lines
        beside = _seconds(left, more) / MORE
        rows.append(Row(f"promise of a line, kernel, in a batch of {open_lines:,}", in_batch * 1e6, "µs", 30.0))
        rows.append(Row(f"promise of a line, kernel, beside {open_lines:,} open lines", beside * 1e6, "µs", 30.0))
    return rows


def _part(wanted: Wanted, first: int, last: int) -> Wanted:
    """Some of the lines."""
    begin, end = wanted.start[first], wanted.start[last]
    return Wanted(
        start=wanted.start[first : last + 1] - begin,
        item=wanted.item[begin:end],
        quantity=wanted.quantity[begin:end],
        minutes=wanted.minutes[first:last],
        line_start=wanted.line_start[first : last + 1] - wanted.line_start[first],
        line_key=wanted.line_key[wanted.line_start[first] : wanted.line_start[last]],
        requested_day=wanted.requested_day[first:last],
    )


def _seconds(availability: Availability, wanted: Wanted, calls: int = 5) -> float:
    """Processor time of a call; the least of several."""
    taken = []
    for _ in range(calls):
        start = process_time()
        promise(availability, wanted)
        taken.append(process_time() - start)
    return min(taken)


def stored(*, quick: bool) -> list[Row]:
    """Everything that goes through the services order by order, on an empty database."""
    _make_tables()
    return _Measured(quick=quick).rows()


def batch(*, quick: bool) -> list[Row]:
    """All lines of the scenario stored in one call, and all of them promised anew, on an empty database."""
    _make_tables()
    from atoll_web.accounts.acting import actor_now
    from atoll_web.accounts.models import User
    from atoll_web.sales import services as sales
    from atoll_web.sales.models import OrderLine, Promise

    lines = 1_000 if quick else 10_000
    document = peers.document(lines)
    company.enter(document)
    actor, orders = actor_now(User.objects.get(username="sales")), [_order(asked) for asked in document["orders"][:lines]]
    sales.inquire(line=orders[0].lines[0], today=actor.today)  # a process that serves has loaded what it needs
    start = perf_counter()
    made = sales.enter_orders(actor=actor, orders=orders)
    entered = perf_counter() - start
    Promise.objects.update(at_risk=True)  # what is in order would stay as it is
    start = perf_counter()
    anew = sales.repromise(actor=actor, lines=OrderLine.objects.filter(order__in=made))
    repromised = perf_counter() - start
    return [
        Row(f"{lines:,} order lines stored in one call", entered, "s", 5.0, name="batch_10000_s"),
        Row(f"{len(anew.lines):,} order lines promised anew and stored", repromised, "s", 10.0, name="repromise_10000_s"),
    ]


def _make_tables() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "atoll_web.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


@dataclass(frozen=True, slots=True)
class Throughput:
    """What clients that order at once did in a span of time."""

    lines: int
    seconds: float
    errors: int


class _Measured:
    """The measurements, in the order in which they fill the database."""

    def __init__(self, *, quick: bool) -> None:
        self.calls = 100 if quick else 400
        self.levels = (50, 500, 980) if quick else (500, 5_000, 9_800)
        self.at_once = 300 if quick else 3_000
        self.document = peers.document(self.levels[-1] + 2 * self.at_once + self.calls)
        company.enter(self.document)
        self.left = iter(self.document["orders"])

    def asked(self, count: int) -> list[dict[str, Any]]:
        """The next orders of the scenario, as its document has them."""
        return [next(self.left) for _ in range(count)]

    def some(self, count: int) -> list["NewOrder"]:
        """The next orders of the scenario."""
        return [_order(asked) for asked in self.asked(count)]

    def rows(self) -> list[Row]:
        """All rows."""
        from atoll_web.accounts.acting import actor_now
        from atoll_web.accounts.models import User
        from atoll_web.sales import services as sales

        self.actor = actor = actor_now(User.objects.get(username="sales"))
        sales.enter_orders(actor=actor, orders=self.some(20))
        few, many, most = self.levels
        grown = {few: self._taken_beside(few), many: self._taken_beside(many)}
        lines = [order.lines[0] for order in self.some(self.calls)]
        inquiries = times((lambda line=line: sales.inquire(line=line, today=actor.today)) for line in lines)
        quotes = times(
            (lambda order=order: sales.quote(actor=actor, customer=order.customer, lines=order.lines, days=14))
            for order in self.some(self.calls)
        )
        beside = f"beside {many:,} open lines"
        rows = [
            *_quantiles(f"inquiry {beside}", inquiries, "inquiry_ms", 3.0, 15.0),
            *_quantiles(f"quote stored {beside}", quotes, "quote_ms", 8.0, 40.0),
            *_quantiles(f"order stored {beside}", grown[many], "order_ms", 8.0, 40.0),
            *self._http(),
        ]
        asked = self.asked(self.at_once)
        services = _in_processes([asked[n::CLIENTS] for n in range(CLIENTS)])
        grown[most] = self._taken_beside(most)
        for level, taken in grown.items():
            rows += _growth(level, taken, is_limited=level == most)
        return [*rows, *self._at_once(services)]

    def _taken_beside(self, level: int) -> np.ndarray:
        """Milliseconds of each of some orders, one after the other, once there are so many open lines."""
        from atoll_web.sales import services as sales

        while (missing := level - self._open_lines()) > 0:
            sales.enter_orders(actor=self.actor, orders=self.some(min(500, missing)))
        self._analyse()
        return times(
            (lambda order=order: sales.enter_orders(actor=self.actor, orders=[order])) for order in self.some(self.calls)
        )

    def _open_lines(self) -> int:
        from atoll_web.sales.models import OrderLine

        return OrderLine.objects.count()

    def _analyse(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    def _http(self) -> list[Row]:
        """Orders by one client over HTTP."""
        with _server() as address:
            taken = _posted(address, _bodies(self.some(self.calls)))
        return _quantiles("order stored over HTTP", taken, "http_order_ms", 25.0, None)

    def _at_once(self, services: "Throughput") -> list[Row]:
        """What several clients did through the services in processes of their own, and orders by as many over HTTP."""
        bodies = _bodies(self.some(self.at_once))
        with _server() as address, ThreadPoolExecutor(CLIENTS) as clients:
            start = perf_counter()
            answered = sum(len(taken) for taken in clients.map(lambda n: _posted(address, bodies[n::CLIENTS]), range(CLIENTS)))
            seconds = perf_counter() - start
        rate = services.lines / services.seconds
        return [
            Row("clients at once", CLIENTS, "", name="concurrent.clients"),
            Row("through the services", rate, "lines/s", 150.0, is_least=True, name="concurrent.lines_per_s"),
            Row("over HTTP", answered / seconds, "lines/s", 60.0, is_least=True, name="concurrent.http_lines_per_s"),
            Row("supplies allocated beyond what they have", _over_allocated(), "", 0.0, name="concurrent.over_allocated"),
            Row("orders refused or failed", services.errors + len(bodies) - answered, "", 0.0, name="concurrent.errors"),
        ]


def _quantiles(what: str, milliseconds: np.ndarray, name: str, median_limit: float, high_limit: float | None) -> list[Row]:
    median, high = np.quantile(milliseconds, [0.5, 0.99]).round(3).tolist()
    return [
        Row(f"{what}, median", median, "ms", median_limit, name=f"{name}.p50"),
        Row(f"{what}, 99 %", high, "ms", high_limit, name=f"{name}.p99"),
    ]


def _growth(open_lines: int, milliseconds: np.ndarray, *, is_limited: bool) -> list[Row]:
    median, high = np.quantile(milliseconds, [0.5, 0.95]).round(3).tolist()
    what, limits = f"order stored beside {open_lines:,} open lines", (8.0, 40.0) if is_limited else (None, None)
    return [
        Row(f"{what}, median", median, "ms", limits[0], name=f"growth.{open_lines}.p50"),
        Row(f"{what}, 95 %", high, "ms", limits[1], name=f"growth.{open_lines}.p95"),
    ]


def _over_allocated() -> int:
    """Supplies whose allocations exceed their quantity, summed up from the rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT s.id FROM stock_supply s JOIN stock_allocation a ON a.supply_id = s.id"
            " GROUP BY s.id HAVING sum(a.quantity) > s.quantity) over_allocated"
        )
        (count,) = cursor.fetchone()
    return int(count)


def _bodies(orders: Sequence["NewOrder"]) -> list[bytes]:
    """The orders as documents of the interface."""
    return [
        json.dumps(
            {
                "customer": order.customer,
                "lines": [
                    {
                        "model": line.model,
                        "choices": dict(line.choices),
                        "quantity": line.quantity,
                        "request_date": line.request_date and line.request_date.isoformat(),
                    }
                    for line in order.lines
                ],
            }
        ).encode()
        for order in orders
    ]


@contextmanager
def _server() -> Iterator[str]:
    """The application in processes of its own, as `atoll serve` runs it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "atoll.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.PIPE)
    try:
        _wait_for(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        sleep(0.1)
    raise TimeoutError(f"The application did not answer on port {port}.")


def _posted(address: str, bodies: Sequence[bytes]) -> np.ndarray:
    """Milliseconds of each order that was taken, over one connection that stays open."""
    client, taken = http.client.HTTPConnection(address, timeout=60), []
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {_token()}"}
    for body in bodies:
        start = perf_counter()
        client.request("POST", "/api/v1/orders", body, headers)
        response = client.getresponse()
        response.read()
        if response.status == 201:
            taken.append(perf_counter() - start)
    client.close()
    return np.array(taken) * 1000


@cache
def _token() -> str:
    from atoll_web.accounts.models import User
    from atoll_web.accounts.services import create_token

    with ThreadPoolExecutor(1) as alone:  # a connection of its own, closed with its thread
        return alone.submit(
            lambda: create_token(user=User.objects.get(username="sales"), name=f"benchmark {os.getpid()}").secret
        ).result()


def _order(asked: Mapping[str, Any]) -> "NewOrder":
    """An order of the scenario as the services take it."""
    from atoll_web.sales.services import NewLine, NewOrder

    line = NewLine(asked["model"], company.choices(asked), asked["qty"], date.fromisoformat(asked["due"]))
    return NewOrder(asked["customer"], [line])


def _in_processes(shares: Sequence[Sequence[Mapping[str, Any]]]) -> Throughput:
    """Enter orders in one process for each share; all begin together once the last has loaded everything."""
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(len(shares) + 1), context.Queue()
    clients = [context.Process(target=_client, args=(share, ready, results)) for share in shares]
    for client in clients:
        client.start()
    ready.wait(START_SECONDS)
    start = perf_counter()
    found = [results.get() for _ in clients]
    seconds = perf_counter() - start
    for client in clients:
        client.join()
    return Throughput(sum(lines for lines, _ in found), seconds, sum(errors for _, errors in found))


def _client(asked: Sequence[Mapping[str, Any]], ready: Any, results: Any) -> None:
    import django

    django.setup()
    from atoll_web.accounts.acting import actor_now
    from atoll_web.accounts.models import User
    from atoll_web.sales import services as sales

    actor, orders = actor_now(User.objects.get(username="sales")), [_order(one) for one in asked]
    warm, orders = orders[:WARM], orders[WARM:]
    for order in warm:
        sales.enter_orders(actor=actor, orders=[order])
    ready.wait()
    done, errors = 0, 0
    for order in orders:
        try:
            sales.enter_orders(actor=actor, orders=[order])
            done += 1
        except Exception:
            errors += 1
    results.put((done, errors))
