"""What subscribers are told of promises: signed, at least once, again when it did not arrive, and never to a private address."""

import base64
import hashlib
import hmac
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from atoll_web import invariants
from atoll_web.accounts.acting import acting
from atoll_web.assembly import services as assembly
from atoll_web.catalogue.models import Item
from atoll_web.purchasing import services as purchasing
from atoll_web.sales import services as sales
from atoll_web.sales import webhook
from atoll_web.sales.errors import AddressRefused, NotDead, UnknownEvents
from atoll_web.sales.models import Customer, Notice, OrderLine, Subscription
from atoll_web.sales.notices import EVENTS
from atoll_web.sales.services import LineChange, NewLine
from atoll_web.sales.services.notifying import DELAYS, LEASE
from tests.lamps import MONDAY, Lamps

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def empty_queue(company: Lamps) -> None:
    """The queue's tables are not Django's, so nobody else empties them between tests."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@dataclass
class Subscriber:
    """A program that takes webhooks over HTTP on this computer."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)  # of the next answers; 204 when there is none left
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def answer(self, headers: dict[str, str], body: bytes) -> int:
        self.taken.append((headers, body))
        return self.statuses.pop(0) if self.statuses else 204

    def events(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.taken]

    def lines(self) -> list[dict[str, Any]]:
        return json.loads(self.taken[-1][1])["data"]["lines"]


@pytest.fixture
def subscriber(settings: Any) -> Iterator[Subscriber]:
    settings.WEBHOOKS_TO_PRIVATE = True
    there = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(there.answer({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there.url = f"http://127.0.0.1:{server.server_port}/hook?for=atoll"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield there
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def subscribed(company: Lamps, subscriber: Subscriber) -> Subscription:
    return sales.subscribe(actor=company.actor("admin"), name="ERP", url=subscriber.url)


def due(after: timedelta = timedelta(0)) -> int:
    """Deliver what is due some time from now; a second more, since what has just happened is due now."""
    return sales.deliver_due(datetime.now(UTC) + timedelta(seconds=1) + after)


def test_nothing_is_written_while_nobody_subscribes(company: Lamps) -> None:
    company.order(1)
    assert not Notice.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_an_order_is_told_with_what_it_is_and_when_it_ships(company: Lamps, subscribed: Any, subscriber: Subscriber) -> None:
    lines = [NewLine("DL", {"dimmer": "DIMMER"}, 2), NewLine("DL", {})]
    order = sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=lines)
    assert due() == 1
    (headers, body) = subscriber.taken[0]
    said = json.loads(body)
    assert (said["type"], said["timestamp"]) == ("promise.made", "2026-03-02T09:00:00+00:00")
    assert headers["content-type"] == "application/json"
    data = said["data"]
    assert (data["order"], data["customer"], data["currency"]) == (order.number, "ACME", "EUR")
    assert [(line["position"], line["quantity"], line["unit_price"], line["state"]) for line in data["lines"]] == [
        (1, 2, "76.00", "confirmed"),
        (2, 1, "64.00", "confirmed"),
    ]
    promised = [promise.ship_date.isoformat() for line in order.lines.order_by("position") for promise in line.promises.all()]
    assert [line["ship_date"] for line in data["lines"]] == promised
    assert data["lines"][0]["choices"]["dimmer"] == "DIMMER"
    assert due() == 0


def test_a_webhook_is_signed_as_the_specification_says(company: Lamps, subscribed: Any, subscriber: Subscriber) -> None:
    company.order(1)
    due()
    headers, body = subscriber.taken[0]
    key = base64.b64decode(subscribed.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}"
    expected = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == str(Notice.objects.get().event_id)
    assert abs(int(headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60


def test_the_published_example_is_signed_alike() -> None:
    """Standard Webhooks, specification 1.0.0 and its reference libraries' test: secret, identity, time and body as there."""
    body = b'{"test": 2432232314}'
    signature = webhook.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), body
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_event_is_told_once(company: Lamps, subscribed: Any, subscriber: Subscriber) -> None:
    seller = company.actor("sales")
    quote = sales.quote(actor=seller, customer="ACME", lines=[NewLine("DL", {})], days=3)
    sales.accept_quote(actor=seller, order=quote)
    sales.change_order(actor=seller, order=quote, lines=[LineChange(1, quantity=2)], added=[NewLine("DL", {})])
    sales.change_order(actor=seller, order=quote, removed=[2])
    made = assembly.release(actor=company.actor("planner"), lines=list(quote.lines.filter(state="confirmed")))
    assembly.kit(actor=company.actor("warehouse"), orders=made)
    assembly.complete(actor=company.actor("assembler"), orders=made)
    assembly.ship(actor=company.actor("warehouse"), lines=list(quote.lines.filter(state="assembled")))
    late = sales.quote(actor=seller, customer="ACME", lines=[NewLine("DL", {})], days=1)
    sales.expire_quotes(actor=company.actor("sales", MONDAY + timedelta(days=1)))
    sales.cancel(actor=seller, order=company.order(1))
    due()
    assert subscriber.events() == [
        "promise.made",
        "quote.accepted",
        "promise.changed",
        "promise.made",  # the added line
        "promise.cancelled",  # and it goes
        "order.shipped",
        "promise.made",
        "quote.expired",
        "promise.made",
        "promise.cancelled",
    ]
    shipped = json.loads(subscriber.taken[5][1])["data"]["lines"]
    assert len(shipped) == 1
    assert len(shipped[0]["serials"]) == 2
    assert json.loads(subscriber.taken[7][1])["data"]["order"] == late.number


def test_a_slip_puts_a_promise_at_risk_and_a_new_promise_says_the_date_before(
    company: Lamps, subscribed: Any, subscriber: Subscriber
) -> None:
    buyer = company.actor("buyer")
    purchase = purchasing.order(actor=buyer, wanted=[purchasing.Wanted(Item.objects.get(code="HEAD-L"), 5)])[0]
    order = company.order(2, head="HEAD-L", arm="ARM-L")
    line = purchase.lines.get()
    purchasing.slip(actor=buyer, line=line, due=line.supply.due + timedelta(days=7))
    due()
    assert subscriber.events() == ["promise.made", "promise.at_risk"]
    sales.repromise(actor=company.actor("planner"))
    due()
    assert subscriber.events()[2:] == ["promise.changed"]
    (changed,) = subscriber.lines()
    first, second = order.lines.get().promises.order_by("id")
    assert (changed["ship_date_before"], changed["ship_date"]) == (first.ship_date.isoformat(), second.ship_date.isoformat())


def test_a_promise_made_anew_with_its_date_is_no_news(company: Lamps, subscribed: Any, subscriber: Subscriber) -> None:
    order = company.order(1)
    sales.repromise(actor=company.actor("planner"), lines=list(order.lines.all()))
    due()
    assert subscriber.events() == ["promise.made"]


def test_an_order_that_is_taken_back_is_told_to_nobody(company: Lamps, subscribed: Any) -> None:
    with transaction.atomic():
        company.order(1)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    sales.preview_change(actor=company.actor("sales"), order=company.order(1), lines=[LineChange(1, quantity=2)])
    assert list(Notice.objects.values_list("event", flat=True)) == ["promise.made"]


def test_what_does_not_arrive_is_sent_again_with_growing_delays_and_the_same_identity(
    company: Lamps, subscribed: Any, subscriber: Subscriber
) -> None:
    company.order(1)
    subscriber.statuses = [500, 302]
    due()
    notice = Notice.objects.get()
    assert (notice.state, notice.attempts) == ("waiting", 1)
    assert "answered 500" in notice.fault
    assert due() == 0
    assert due(DELAYS[0]) == 1  # a redirect is not followed
    assert due(DELAYS[0]) == 0
    assert due(DELAYS[0] + DELAYS[1]) == 1
    notice.refresh_from_db()
    assert (notice.state, notice.attempts, notice.fault) == ("delivered", 3, "")
    assert len({headers["webhook-id"] for headers, _ in subscriber.taken}) == 1
    assert list(DELAYS) == sorted(set(DELAYS))


def test_what_never_arrives_is_given_up_and_can_be_sent_again(company: Lamps, subscribed: Any, subscriber: Subscriber) -> None:
    company.order(1)
    subscriber.statuses = [410] * (len(DELAYS) + 1)
    wait = timedelta(0)
    for delay in (*DELAYS, timedelta(0)):
        assert due(wait) == 1
        wait += delay + timedelta(seconds=2)
    notice = Notice.objects.get()
    assert (notice.state, notice.attempts) == ("dead", len(DELAYS) + 1)
    assert due(wait + timedelta(days=9)) == 0
    sales.resend(actor=company.actor("sales"), notice=notice)
    with pytest.raises(NotDead):
        sales.resend(actor=company.actor("sales"), notice=notice)
    due()
    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == ("delivered", 1)


def test_a_subscriber_that_is_down_does_not_keep_others_from_being_told(
    company: Lamps, subscribed: Any, subscriber: Subscriber
) -> None:
    sales.subscribe(actor=company.actor("admin"), name="away", url="http://127.0.0.1:1/")
    company.order(1)
    due()
    assert dict(Notice.objects.values_list("subscription__name", "state")) == {"ERP": "delivered", "away": "waiting"}
    assert len(set(Notice.objects.values_list("event_id", flat=True))) == 1


def test_a_notice_whose_worker_died_is_sent_by_another(
    company: Lamps, subscribed: Any, subscriber: Subscriber, monkeypatch
) -> None:
    company.order(1)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(webhook, "post", die)
        with pytest.raises(KeyboardInterrupt):
            due()
    assert due() == 0
    assert due(LEASE) == 1
    assert Notice.objects.get().state == "delivered"


def test_a_subscriber_is_told_of_what_it_asked_for_and_of_nothing_after_it_left(company: Lamps, subscriber: Subscriber) -> None:
    admin = company.actor("admin")
    row = sales.subscribe(actor=admin, name="risks", url=subscriber.url, events=["promise.cancelled"])
    order = company.order(1)
    assert not Notice.objects.exists()
    sales.cancel(actor=admin, order=order)
    sales.unsubscribe(actor=admin, subscription=row)
    sales.cancel(actor=admin, order=company.order(1))
    assert due() == 0
    assert Notice.objects.get().state == "dead"
    with pytest.raises(UnknownEvents, match=r"promise\.made"):
        sales.subscribe(actor=admin, name="typing error", url=subscriber.url, events=["promise.mad"])


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://0x7f.1/",
        "https://224.0.0.1/",
        "http://93.184.216.34/",
        "ftp://93.184.216.34/",
        "https://ann:secret@93.184.216.34/",
        "https://93.184.216.34:99999/",
        "https:///path",
        "not an address",
    ],
)
def test_no_private_or_open_address_is_subscribed(company: Lamps, url: str) -> None:
    with pytest.raises(AddressRefused):
        sales.subscribe(actor=company.actor("admin"), name="inside", url=url)


def test_a_public_address_that_turned_private_is_not_reached(
    company: Lamps, subscribed: Any, subscriber: Subscriber, settings: Any
) -> None:
    company.order(1)
    settings.WEBHOOKS_TO_PRIVATE = False
    Subscription.objects.update(url=subscriber.url.replace("http://", "https://"))
    due()
    assert subscriber.taken == []
    assert "not public" in Notice.objects.get().fault


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Any, settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE = True
    both = tmp_path / "both.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    try:
        subprocess.run([*made, "-keyout", both, "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    both.write_text(both.read_text() + (tmp_path / "cert.pem").read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with pytest.raises(webhook.NotTaken, match="certificate"):
            webhook.post(f"https://localhost:{server.server_port}/", webhook.new_secret(), "id", NOW, b"{}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def readers(company: Lamps) -> Callable[[], list[mail.EmailMessage]]:
    """The e-mails that have left since the last look; Acme can be reached."""
    Customer.objects.filter(code="ACME").update(email="orders@acme.example")
    sales.confirm_by_email(actor=company.actor("admin"))

    def look() -> list[mail.EmailMessage]:
        due()
        found, mail.outbox = mail.outbox, []
        return found

    return look


def test_a_confirmation_says_which_lines_leave_together(company: Lamps, readers: Callable[[], list[mail.EmailMessage]]) -> None:
    lines = [NewLine("DL", {}, delivery_group=group) for group in ("A", "A", "", "B")]
    sales.enter_order(actor=company.actor("sales"), customer="ACME", lines=lines)
    (letter,) = readers()
    assert "Lines 1 and 2 ship together.\n" in letter.body


def test_an_order_is_confirmed_in_plain_and_complete_words(company: Lamps, readers: Callable[[], list[Any]]) -> None:
    number = company.order(2, customer="ACME", dimmer="DIMMER", cable=3).number
    (sent,) = readers()
    assert sent.to == ["orders@acme.example"]
    assert sent.subject == f"Leuchten & Söhne: order {number} confirmed"
    assert (
        sent.body
        == f"""\
Dear Acme "Best" Ltd,

Thank you for your order. We confirm {number} as follows.

1. 2 x Desk lamp (DL), each 78.00 EUR
   Head: Small head
   Arm: Light arm
   Dimmer: Dimmer
   Cable: 3
   Ships on 4 Mar 2026
   Everything is there in time; assembly begins on the next free day.

Total of these lines: 156.00 EUR

Your customer number is ACME. Name {number} when you write to us.

Leuchten & Söhne
"""
    )


def test_quotes_new_dates_shipments_and_ends_are_written_too(company: Lamps, readers: Callable[[], list[Any]]) -> None:
    seller = company.actor("sales")
    quote = sales.quote(actor=seller, customer="ACME", lines=[NewLine("DL", {})], days=3)
    assert "It holds until 5 Mar 2026" in readers()[0].body
    sales.accept_quote(actor=seller, order=quote)
    assert "Thank you for accepting our quote" in readers()[0].body
    sales.change_order(actor=seller, order=quote, lines=[LineChange(1, {"head": "HEAD-L", "arm": "ARM-L"}, 2)])
    (changed,) = readers()
    assert "new date for" in changed.subject
    assert "(before: 4 Mar 2026)" in changed.body
    sales.change_order(actor=seller, order=quote, lines=[LineChange(1, {"dimmer": "DIMMER"})])
    (same,) = readers()
    assert f"{quote} confirmed anew" in same.subject
    assert "its dates stay as they were" in same.body
    assert "(before:" not in same.body
    other = company.order(1, customer="ACME")
    made = assembly.release(actor=company.actor("planner"), lines=list(other.lines.all()))
    assembly.kit(actor=company.actor("warehouse"), orders=made)
    assembly.complete(actor=company.actor("assembler"), orders=made)
    assembly.ship(actor=company.actor("warehouse"), lines=list(OrderLine.objects.filter(order=other)))
    _, shipped = readers()
    assert "serial numbers: " in shipped.body
    sales.cancel(actor=seller, order=quote)
    assert "are cancelled" in readers()[0].body


def test_nobody_is_written_to_without_an_address_or_about_a_risk(company: Lamps, readers: Callable[[], list[Any]]) -> None:
    company.order(1, customer="MUELLER")
    assert not Notice.objects.exists()
    with pytest.raises(UnknownEvents):
        sales.confirm_by_email(actor=company.actor("admin"), name="risks", events=["promise.at_risk"])


def test_the_database_holds_what_a_subscription_and_a_notice_are(company: Lamps, subscribed: Any) -> None:
    company.order(1)
    for change in ({"events": ["nothing"]}, {"events": []}, {"secret": ""}, {"url": ""}, {"channel": "e-mail"}):
        with pytest.raises(IntegrityError), transaction.atomic(), acting(company.actor("admin")):
            Subscription.objects.update(**change)
    for change in ({"facts": {}}, {"event": "order.shipped"}, {"state": "delivered"}):
        with pytest.raises(IntegrityError), transaction.atomic(), acting(company.actor("admin")):
            Notice.objects.update(**change)
    assert set(subscribed.events) == set(EVENTS)


@pytest.mark.django_db(transaction=True)
def test_the_worker_delivers_without_being_asked(company: Lamps, subscribed: Any, subscriber: Subscriber) -> None:
    sales.enter_orders(actor=company.actor("sales"), orders=[sales.NewOrder("ACME", [NewLine("DL", {})]) for _ in range(3)])
    assert ProcrastinateJob.objects.count() == 1
    with app.replace_connector(app.connector.get_worker_connector()) as workers:
        workers.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    assert subscriber.events() == ["promise.made"] * 3
    assert set(Notice.objects.values_list("state", flat=True)) == {"delivered"}
    assert not [check for check in invariants.check() if check.violations]
