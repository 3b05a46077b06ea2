"""How e-mail leaves: printed, kept as files, or handed to a server; `ATOLL_EMAIL` says which."""

from typing import Any
from urllib.parse import unquote, urlsplit

from atoll.errors import AtollError
from atoll_web import home

CONSOLE, FILES = "console", "files"
BACKENDS = "django.core.mail.backends"
SECONDS = 20


class MailNotUnderstood(AtollError):
    """{address} does not say how e-mail leaves.
    Set ATOLL_EMAIL to console, files, or the address of a server such as smtps://ann:secret@mail.example:465.
    """


def settings_for_django(address: str) -> dict[str, Any]:
    """Django's settings of e-mail.

    Parameters
    ----------
    address
        ``console``; ``files`` for the folder ``mail`` of the home; or a server: ``smtp://`` with encryption as soon as it is
        reached (STARTTLS), ``smtps://`` with encryption from the start, or ``smtp+plain://`` with none.

    Raises
    ------
    MailNotUnderstood
    """
    if address == CONSOLE:
        return {"EMAIL_BACKEND": f"{BACKENDS}.console.EmailBackend"}
    if address == FILES:
        return {"EMAIL_BACKEND": f"{BACKENDS}.filebased.EmailBackend", "EMAIL_FILE_PATH": home.folder("mail")}
    parts = urlsplit(address)
    if parts.scheme not in ("smtp", "smtps", "smtp+plain") or not parts.hostname:
        raise MailNotUnderstood(address=address.rpartition("@")[2])  # without the password
    return {
        "EMAIL_BACKEND": f"{BACKENDS}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtps": 465, "smtp": 587, "smtp+plain": 25}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_TIMEOUT": SECONDS,
    }
