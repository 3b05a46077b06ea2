"""Run the application: one process group answers requests, one works through background jobs, and a parent watches both.

The children live in sessions of their own, so that Ctrl-C reaches only the parent, which then ends them in order. Each child also
ends when its standard input closes, that is when the parent was killed.
"""

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from atoll.errors import AtollError

THREADS = 4  # requests at the same time in each process
MOST_PROCESSES = 4
GRACE_SECONDS = 10.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0  # a child that lived that long starts anew without a pause


class PortInUse(AtollError):
    """Port {port} of {host} is in use by another program. Stop that program, or run `atoll serve --port {other}`."""


class AddressNotAvailable(AtollError):
    """Atoll cannot listen on {host}, port {port}: {reason}. Name another address with --host, or another port with --port."""


class ServerEnded(AtollError):
    """The process that answers requests ended by itself with code {exit_code}.
    The lines above may say why; start `atoll serve` again.
    """


@contextmanager
def reserved(host: str, port: int) -> Iterator[None]:
    """Hold the port for this program; refuse one that cannot be had.

    The web server shares its port with whoever asks for sharing too, so the port is first asked for without, and then held.
    """
    check_port(host, port)
    with _bound(host, port, socket.SO_REUSEPORT):
        yield


def check_port(host: str, port: int) -> None:
    """Refuse a port that cannot be listened on, and name one that can."""
    try:
        with _bound(host, port, socket.SO_REUSEADDR) as line:
            line.listen()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise AddressNotAvailable(host=host, port=port, reason=error.strerror or str(error)) from error
        raise PortInUse(host=host, port=port, other=_free_port(host, port)) from error


def usual_processes() -> int:
    """How many processes answer requests where nobody says: one for each core, up to `MOST_PROCESSES`."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, MOST_PROCESSES)


def prepare() -> int:
    """Bring the database up to date in a process of its own, which leaves this one small; its exit code."""
    return subprocess.run([sys.executable, "-m", "atoll.cli", "db", "migrate"], check=False).returncode


def supervise(host: str, port: int, processes: int) -> None:
    """Run both children until a signal asks to end."""
    web = Child("web", (host, str(port), str(processes)))
    worker = Child("worker", ("1",))
    with _asked_to_end() as asked, web, worker:
        ready = False
        while not asked.wait(0.2):
            if web.ended():
                raise ServerEnded(exit_code=web.code)
            if not ready and (ready := _answers(host, port)):
                print(f"Atoll runs at http://{_bracketed(host)}:{port} and ends with Ctrl-C.", file=sys.stderr)
            worker.revive()


def work(jobs: int) -> None:
    """Work through background jobs until a signal asks to end; the capacity calendar is brought up to its horizon first."""
    from django.db import connection
    from procrastinate.contrib.django import app

    from atoll_web.catalogue.tasks import keep_calendar

    keep_calendar(timestamp=0)
    connection.close()
    with app.replace_connector(app.connector.get_worker_connector()) as workers:  # type: ignore[attr-defined]
        workers.run_worker(concurrency=jobs, shutdown_graceful_timeout=GRACE_SECONDS)


def answer(host: str, port: int, processes: int) -> None:
    """Answer requests until a signal asks to end."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "atoll_web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=THREADS,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=int(GRACE_SECONDS),
    ).serve()


@dataclass(slots=True)
class Child:
    """A process of this module that ends with its parent.

    Parameters
    ----------
    role
        ``web`` or ``worker``.
    arguments
        What the role needs.
    """

    role: str
    arguments: tuple[str, ...]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = 0.0

    def __enter__(self) -> "Child":
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(GRACE_SECONDS + 2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def code(self) -> int | None:
        """The exit code of a child that has ended."""
        return self.process.returncode if self.process else None

    def ended(self) -> bool:
        """Whether the child has ended."""
        return self.process is not None and self.process.poll() is not None

    def revive(self) -> None:
        """Start the child anew when it has died; the more often it dies young, the longer the pause."""
        if not self.ended() or time.monotonic() < self.started + self.pause:
            return
        steady = time.monotonic() - self.started > STEADY_SECONDS
        self.pause = 1.0 if steady else min(max(1.0, 2 * self.pause), LONGEST_PAUSE)
        print(f"The {self.role} process ended with code {self.code} and is started again.", file=sys.stderr)
        self._start()

    def _start(self) -> None:
        self.started = time.monotonic()
        command = [sys.executable, "-m", "atoll_web.serve", self.role, *self.arguments]
        environment = os.environ | {"ATOLL_DATABASE_POOL": os.environ.get("ATOLL_DATABASE_POOL", str(THREADS + 2))}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, env=environment)


@contextmanager
def _asked_to_end() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set."""
    event = threading.Event()

    def ask(signum: int, frame: FrameType | None) -> None:
        event.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_with_parent() -> None:
    """End as if asked to when standard input closes."""

    def wait() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _bound(host: str, port: int, option: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    line = socket.socket(family, kind, protocol)
    try:
        line.setsockopt(socket.SOL_SOCKET, option, 1)
        line.bind(address)
    except OSError:
        line.close()
        raise
    return line


def _free_port(host: str, port: int) -> int:
    """The next free port, or 0, which lets the system choose."""
    for other in range(port + 1, min(port + 100, 65536)):
        with suppress(OSError), _bound(host, other, socket.SO_REUSEADDR) as line:
            line.listen()
            return other
    return 0


def _answers(host: str, port: int) -> bool:
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    with suppress(OSError), socket.create_connection((everywhere.get(host, host), port), timeout=1):
        return True
    return False


def _bracketed(host: str) -> str:
    """The host as an address on the web writes it."""
    return f"[{host}]" if ":" in host else host


def _main(role: str, *arguments: str) -> None:
    from atoll_web.cli import application

    _end_with_parent()
    if role == "web":
        host, port, processes = arguments
        answer(host, int(port), int(processes))
    else:
        with application():
            work(int(arguments[0]))


if __name__ == "__main__":
    _main(*sys.argv[1:])
