"""Serving: the port, the two processes, and their end."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from atoll_web import serve


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def await_true(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It did not become true in time."
        time.sleep(0.05)


def children(pid: int) -> dict[str, int]:
    """Roles and process numbers of a server's two children."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
            words = (path.parent / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid and b"atoll_web.serve" in words:
            found[words[words.index(b"atoll_web.serve") + 1].decode()] = int(path.parent.name)
    return found


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/login/", timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


@contextmanager
def serving(port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "atoll.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            await_true(lambda: answers(port) or process.poll() is not None, seconds=240)
            yield process
        finally:
            process.kill()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


@pytest.mark.parametrize("option", [socket.SO_REUSEADDR, socket.SO_REUSEPORT])
def test_a_port_in_use_is_refused_and_another_one_named(option):
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, option, 1)
        line.bind(("127.0.0.1", 0))
        line.listen()
        port = line.getsockname()[1]
        with pytest.raises(serve.PortInUse, match=rf"Port {port} of 127\.0\.0\.1 .*--port \d+"):
            serve.check_port("127.0.0.1", port)


def test_a_second_server_is_refused_before_the_first_one_listens():
    port = free_port()
    with serve.reserved("127.0.0.1", port), pytest.raises(serve.PortInUse):
        serve.check_port("127.0.0.1", port)


def test_a_port_that_was_left_is_free_again():
    port = free_port()
    with serve.reserved("127.0.0.1", port):
        pass
    serve.check_port("127.0.0.1", port)


def test_an_address_of_another_computer_is_refused():
    with pytest.raises(serve.AddressNotAvailable, match="--host"):
        serve.check_port("192.0.2.1", 8000)


@linux
@pytest.mark.long
def test_it_answers_revives_its_worker_and_ends_cleanly_when_asked(own_home):
    port = free_port()
    with serving(port) as process:
        assert answers(port)
        first = children(process.pid)
        assert first.keys() == {"web", "worker"}
        os.kill(first["worker"], signal.SIGKILL)
        await_true(lambda: children(process.pid).get("worker", first["worker"]) != first["worker"])
        last = children(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert not any(map(alive, last.values()))
        assert "is started again" in process.stderr.read()


@linux
@pytest.mark.long
def test_a_killed_server_takes_its_processes_along(own_home):
    port = free_port()
    with serving(port) as process:
        both = children(process.pid)
        process.kill()
        await_true(lambda: not any(map(alive, both.values())), seconds=20)
        serve.check_port("127.0.0.1", port)


def test_a_process_that_dies_young_is_started_after_ever_longer_pauses(monkeypatch):
    starts = []
    child = serve.Child("worker", ("1",))
    monkeypatch.setattr(serve.Child, "_start", lambda self: starts.append(self.pause))
    monkeypatch.setattr(serve.Child, "ended", lambda self: True)
    monkeypatch.setattr(serve.time, "monotonic", lambda: child.started + 50)
    for _ in range(7):
        child.revive()
    assert starts == [1, 2, 4, 8, 16, 30, 30]
