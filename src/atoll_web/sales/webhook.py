"""One signed request to a subscriber, in the form of the Standard Webhooks specification, version 1.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import secrets
import socket
import ssl
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from atoll.errors import AtollError
from atoll_web.sales.errors import AddressRefused

SECONDS = 10
"""How long a subscriber may take to be reached, and to answer."""

READ = 500
"""Characters of an answer that are kept where it refuses."""

LONGEST = 500
"""Characters of an address."""

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32


class NotTaken(AtollError):
    """{url} did not take the webhook: {reason}."""


def new_secret() -> str:
    """A secret that signs webhooks, as the specification writes it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(secret: str, event_id: str, at: datetime, body: bytes) -> str:
    """The header ``webhook-signature``: HMAC-SHA256 over identity, time and body."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{event_id}.{int(at.timestamp())}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def post(url: str, secret: str, event_id: str, at: datetime, body: bytes) -> None:
    """Send a webhook; a redirect is not followed.

    Parameters
    ----------
    at
        The time of the attempt, by which a receiver tells an old request that somebody sends again.

    Raises
    ------
    AddressRefused
        When the address is private or not encrypted, and the settings do not allow it.
    NotTaken
        When the subscriber cannot be reached or answers with anything but a status from 200 to 299.
    """
    parts = _checked(url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Atoll",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": sign(secret, event_id, at, body),
    }
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        line = _Line(parts, _address(url, parts))
        try:
            line.request("POST", path, body, headers)
            answer = line.getresponse()
            said = answer.read(READ).decode(errors="replace").strip()
        finally:
            line.close()
    except (OSError, HTTPException) as error:
        raise NotTaken(url=url, reason=str(error) or type(error).__name__) from error
    if not 200 <= answer.status < 300:
        raise NotTaken(url=url, reason=f"it answered {answer.status} {said}".strip())


def refuse_address(url: str) -> None:
    """Refuse an address that nothing would be sent to, without reaching it.

    Raises
    ------
    AddressRefused
    """
    _address(url, _checked(url))


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(url=url, reason=str(error)) from error
    schemes = ("https", "http") if settings.WEBHOOKS_TO_PRIVATE else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise AddressRefused(url=url, reason="it does not begin with https://")
    if len(url) > LONGEST:
        raise AddressRefused(url=f"{url[:80]}…", reason=f"it has more than {LONGEST} characters")
    if parts.username or parts.password or port == 0 or any(character <= " " for character in url):
        raise AddressRefused(url=url, reason="it holds a user, a space, or a port that does not exist")
    return parts


def _address(url: str, parts: SplitResult) -> str:
    """The number behind the name. It is checked and then used, so that a name cannot lead elsewhere a moment later."""
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(url=url, reason=f"its name is not known ({error})") from error
    addresses = [str(place[0]) for *_, place in found]
    if not settings.WEBHOOKS_TO_PRIVATE and (private := [a for a in addresses if not _is_public(ip_address(a.split("%")[0]))]):
        raise AddressRefused(url=url, reason=f"it leads to {private[0]}, which is not public")
    return addresses[0]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is reached over the Internet, also where it hides an address of the older kind."""
    if isinstance(address, IPv6Address) and (hidden := address.ipv4_mapped or address.sixtofour):
        return _is_public(hidden)
    return address.is_global and not address.is_multicast


class _Line(HTTPConnection):
    """A connection to an address that was checked, under the name of the subscriber."""

    def __init__(self, parts: SplitResult, address: str) -> None:
        self.is_encrypted, self.address = parts.scheme == "https", address
        super().__init__(parts.hostname or "", parts.port or (443 if self.is_encrypted else 80), timeout=SECONDS)

    def connect(self) -> None:
        """Reach the address itself; the certificate must be of the name."""
        self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.is_encrypted:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
