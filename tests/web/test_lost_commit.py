"""The connection is lost in the middle of a commit: by the key of the order the client learns what happened."""

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections

from atoll_web import invariants
from atoll_web.sales import services as sales
from atoll_web.sales.models import Order, OrderLine
from atoll_web.sales.services import NewLine
from tests.lamps import Lamps

pytestmark = pytest.mark.django_db(transaction=True)


READY = b"Z\0\0\0\x05I"
"""With this the server says that it waits for the next statement, outside a transaction."""


class Cutter:
    """Stands between a client and the database server, and cuts the line when a commit passes."""

    def __init__(self, server: str, front: str, *, lets_commit_through: bool) -> None:
        self.server, self.lets_commit_through = server, lets_commit_through
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(front)
        self.listener.listen()
        self.has_cut = False
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        client, _ = self.listener.accept()
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self.server)
            back = threading.Thread(target=self._pump_back, args=(server, client))
            back.start()
            last = b""  # a text may arrive in two pieces
            while asked := client.recv(65536):
                self.has_cut = self.has_cut or b"COMMIT" in last + asked  # what the server answers now reaches nobody
                if self.has_cut and not self.lets_commit_through:
                    break
                server.sendall(asked)
                last = asked[-len(b"COMMIT") :]
            server.shutdown(socket.SHUT_RDWR)
            back.join()

    def _pump_back(self, server: socket.socket, client: socket.socket) -> None:
        last = b""
        while said := server.recv(65536):
            last = (last + said)[-len(READY) :]
            if not self.has_cut:
                client.sendall(said)
            elif last == READY:
                client.shutdown(socket.SHUT_RDWR)
                return

    def close(self) -> None:
        self.thread.join(10)
        self.listener.close()


@contextmanager
def cut(*, lets_commit_through: bool) -> Iterator[Cutter]:
    """A connection of this thread that is cut at its first commit; afterwards the usual one is there again."""
    wrapper = connections["default"]
    address = wrapper.settings_dict
    port = address.get("PORT") or 5432
    with tempfile.TemporaryDirectory(prefix="cut-") as folder:
        name = f".s.PGSQL.{port}"
        cutter = Cutter(str(Path(address["HOST"]) / name), str(Path(folder) / name), lets_commit_through=lets_commit_through)
        lossy = type(wrapper)({**address, "HOST": folder}, "default")
        connections["default"] = lossy
        try:
            yield cutter
        finally:
            lossy.close()
            connections["default"] = wrapper
            cutter.close()


def order(company: Lamps) -> Order:
    return sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=[NewLine("DL", {}, 2)], idempotency_key="web-1")


@pytest.mark.parametrize("lets_commit_through", [True, False], ids=["after it was carried out", "before it arrived"])
def test_whoever_sends_the_key_again_gets_the_one_order(company: Lamps, lets_commit_through: bool) -> None:
    with cut(lets_commit_through=lets_commit_through) as cutter, pytest.raises(OperationalError):
        order(company)
    assert cutter.has_cut
    there = list(Order.objects.values_list("number", flat=True))
    assert len(there) == int(lets_commit_through)

    again = order(company)
    assert not there or [again.number] == there
    assert Order.objects.count() == 1
    assert not [check for check in invariants.check() if check.violations]


@pytest.mark.parametrize("lets_commit_through", [True, False], ids=["after it was carried out", "before it arrived"])
def test_what_became_of_a_change_is_looked_up_by_its_key_and_sent_again_it_is_made_once(
    company: Lamps, program: Callable[[str], Any], lets_commit_through: bool
) -> None:
    sales, number = program("sales"), order(company).number
    added, key = {"added": [{"model": "DL"}]}, {"Idempotency-Key": "change-1"}
    with cut(lets_commit_through=lets_commit_through) as cutter, pytest.raises(OperationalError):
        sales.post(f"/orders/{number}/change", added, **key)
    assert cutter.has_cut
    assert OrderLine.objects.count() == 1 + int(lets_commit_through)

    found = sales.get("/keys/change-1")["carried_out"]
    assert [one["request"] for one in found] == [f"POST /api/v1/orders/{number}/change"] * int(lets_commit_through)
    again = sales.post(f"/orders/{number}/change", added, **key)
    assert all(one["answer"] == again for one in found)
    assert OrderLine.objects.count() == 2
    assert sales.get("/keys/web-1")["carried_out"][0]["order"] == number
    assert not [check for check in invariants.check() if check.violations]
