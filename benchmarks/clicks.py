"""The page's answer to a click, at a server of its own that runs as people run it, with one and with twenty people at once."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter, process_time, sleep
from urllib.parse import urlencode

import numpy as np

from benchmarks.measure import Row, quantiles

PEOPLE = 20
THINKING_SECONDS = 2.0
"""What a person takes on the average from an answer to the next click."""

CLICKS = 6
HOST = "127.0.0.1"


def run(home: Path, *, clicks: int) -> list[Row]:
    """Rows for the model with the most options of the demonstration, on a database in `home`."""
    environment = os.environ | {"ATOLL_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "atoll.cli", "db", "migrate"], env=environment, capture_output=True, check=True)
    code, addresses = _prepare(clicks)
    processor = _processor(code, addresses[:60])
    with _server(environment) as port:
        for address in addresses[:5]:
            _click(HTTPConnection(HOST, port), code, address)
        alone = _person(port, code, addresses, None)
        with ThreadPoolExecutor(PEOPLE) as people:
            each = people.map(lambda n: _person(port, code, addresses[n::PEOPLE], n), range(PEOPLE))
            together = [one for person in each for one in person]
    return [
        *quantiles(f"the page's answer to a click on {code}, time of the server's processor", np.array(processor)),
        *quantiles(f"the page's answer to a click on {code}, one person", np.array(alone), limit=50.0),
        *quantiles(f"the page's answer to a click on {code}, {PEOPLE} people at once", np.array(together), limit=50.0),
    ]


def _prepare(clicks: int) -> tuple[str, list[str]]:
    """See that the demonstration is there and compiled, and draw what people choose; the model's code and queries."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atoll_web.settings")
    import django

    django.setup()
    from django.db import connections

    from atoll_web.accounts.acting import business_time
    from atoll_web.accounts.models import Company
    from atoll_web.catalogue import compiling
    from atoll_web.catalogue.services import orderable_revisions
    from atoll_web.catalogue.snapshot import configurator
    from atoll_web.demo.services import Staff, load_company

    if not Company.objects.exists():
        load_company("computers")
    start = business_time().date()
    compiling.compile_all(actor=Staff().at("planner", start))

    def options(revision: object) -> int:
        return sum(len(feature.get("options", ())) for feature in revision.document["features"])  # type: ignore[attr-defined]

    revision, rng = max(orderable_revisions(start), key=options), np.random.default_rng(5)
    engine, queries = configurator(revision, start), []
    while len(queries) < clicks:
        chosen = [(f"f.{code}", value) for code, value in engine.sample(rng).values]
        queries += [urlencode(chosen[:count], doseq=True) for count in range(CLICKS)]
    connections.close_all()
    return revision.product_model.code, queries[:clicks]


def _processor(code: str, addresses: Sequence[str]) -> list[float]:
    """Milliseconds of the processor for each click, without those of the database."""
    from django.db import connections
    from django.test import Client

    client, taken = Client(headers={"HX-Request": "true", "Host": "localhost"}), []
    for address in [*addresses[:5], *addresses]:
        start = process_time()
        client.get(f"/shop/{code}?{address}")
        taken.append((process_time() - start) * 1000)
    connections.close_all()
    return taken[5:]


@contextmanager
def _server(environment: dict[str, str]) -> Iterator[int]:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "atoll.cli", "serve", "--port", str(port), "--host", HOST]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until = perf_counter() + 60
            while perf_counter() < until:
                with socket.socket() as line:
                    if line.connect_ex((HOST, port)) == 0:
                        break
                sleep(0.2)
            yield port
        finally:
            server.send_signal(signal.SIGTERM)


def _person(port: int, code: str, addresses: Sequence[str], number: int | None) -> list[float]:
    """Milliseconds of each click; who is not alone thinks in between."""
    line, rng, taken = HTTPConnection(HOST, port), np.random.default_rng(number), []
    for address in addresses:
        if number is not None:
            sleep(float(rng.exponential(THINKING_SECONDS)))
        taken.append(_click(line, code, address))
    return taken


def _click(line: HTTPConnection, code: str, address: str) -> float:
    start = perf_counter()
    line.request("GET", f"/shop/{code}?{address}", headers={"HX-Request": "true"})
    answer = line.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"Expected an answer with status 200, got {answer.status}.")
    return (perf_counter() - start) * 1000
