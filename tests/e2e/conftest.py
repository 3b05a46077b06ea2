"""A real browser on a real server with the small company. Without Chromium these tests are skipped."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.lamps import Lamps, load_lamps

# Playwright's loop runs in the thread of the test, which uses the database as well.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

expect.set_options(timeout=15_000)  # a machine that has much else to do is slow, not wrong


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="module")  # not longer: as long as it lives, Playwright's event loop keeps others from starting theirs
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    path = which("chromium") or which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed; `apt-get install chromium` brings it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def lamps(transactional_db: None) -> Lamps:
    """The small company, visible to the server."""
    return load_lamps()


@contextmanager
def answered(page: Page) -> Iterator[None]:
    """What is done within is answered, and what came back takes part in what happens next."""
    page.evaluate(
        "() => { window.settled = new Promise(done => document.body.addEventListener('htmx:afterSettle', done, {once: true})) }"
    )
    yield
    page.wait_for_function("window.settled.then(() => true)")


@pytest.fixture
def page(browser: Browser, live_server: object) -> Iterator[Page]:
    """A window on the server. Whatever the browser complains of, or asks of other servers, fails the test."""
    context = browser.new_context(base_url=str(live_server), viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # An answer with status 422 is meant: a refusal in words.
        if message.type in {"error", "warning"} and "status of 422" not in message.text:
            complaints.append(message.text)

    def watch(request: Request) -> None:
        if not request.url.startswith((str(live_server), "data:")):
            complaints.append(f"asked {request.url}")

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", watch)
    yield page
    context.close()
    assert complaints == []
