"""What every door of the API asks and answers: who is it, may they do it, and how a list or a refusal looks."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Schema
from ninja.errors import AuthenticationError
from ninja.pagination import LimitOffsetPagination
from ninja.security import HttpBearer, SessionAuth
from pydantic import AfterValidator, ConfigDict, StrictFloat, StrictInt

from atoll.errors import AtollError, BadInput
from atoll.model.product import Rule
from atoll_web.accounts.acting import Actor, actor_now
from atoll_web.accounts.models import User
from atoll_web.accounts.roles import CAPABILITIES, Role
from atoll_web.accounts.services import user_of_token

Money = Annotated[Decimal, AfterValidator(lambda amount: amount.quantize(Decimal("0.01"), ROUND_HALF_UP))]
"""An amount in the company's currency, with two decimals."""

Choices = dict[str, str | StrictInt | StrictFloat | list[str]]
"""Value by feature: an option's code, a number, a text, or the codes chosen of several."""


class NotAllowed(AtollError):
    """{user} may not do this: it takes the role {roles}. Ask a colleague who has it, or a manager to give it to you."""


class NotFound(AtollError):
    """There is no {what} {name}. Look it up in {where}."""


class Token(HttpBearer):
    """The header ``Authorization: Bearer SECRET`` of a program; make the secret with `atoll token create`."""

    def __call__(self, request: HttpRequest) -> User | None:
        # A wrong token is refused here; it does not fall back on the session.
        user = super().__call__(request)
        if user is None and self.header in request.headers:
            raise AuthenticationError(message="The token is unknown or revoked.")
        return user

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """The user of the token."""
        return user_of_token(token)


class Session(SessionAuth):
    """The session of somebody who signed in, with the header ``X-CSRFToken`` wherever something is written."""

    def __call__(self, request: HttpRequest) -> User | None:
        # Nobody signed in is told so (401), instead of being told that a CSRF token is missing (403).
        return super().__call__(request) if request.user.is_authenticated else None


def actor_for(request: HttpRequest, capability: str, reason: str = "") -> Actor:
    """Who acts in a request, if he may.

    Raises
    ------
    NotAllowed
        When none of the user's roles has the capability.
    """
    user: User = request.auth
    if not user.may(capability):
        roles = sorted(CAPABILITIES[capability] | {Role.MANAGER})
        raise NotAllowed(user=user.username, capability=capability, roles=" or ".join(roles))
    return actor_now(user, reason)


class Input(Schema):
    """What a client sends. A field that is not known is refused: it is most likely misspelt."""

    model_config = ConfigDict(extra="forbid")


class Fault(Schema):
    """One fault of a request or of data."""

    source: str = Field(description="Where it is: the path of the field, such as `lines.0.quantity`")
    code: str
    message: str
    hint: str = ""


class Refusal(Schema):
    """Why something was not done. Nothing was written then."""

    code: str = Field(description="A stable word for programs, such as `unknown-option`")
    message: str
    hint: str = Field("", description="How to go on, where the message does not say it")
    facts: dict[str, Any] = Field({}, description="What the message is made of")
    issues: list[Fault] = Field([], description="All faults with their places")


REFUSALS = {frozenset({401, 403, 404, 409, 422}): Refusal}
"""Answers that every operation may give."""


def answers(schema: Any, status: int = 200) -> dict[Any, Any]:
    """The documented answers of an operation."""
    return {status: schema, **REFUSALS}


def refusal(error: AtollError) -> dict[str, Any]:
    """A refusal of the domain as JSON."""
    told = error if isinstance(error, BadInput) else error.__cause__  # which names the place of a sole fault
    issues = [
        {"source": issue.source, "code": issue.code, "message": issue.message, "hint": issue.hint}
        for issue in getattr(told, "issues", ())
    ]
    return {"code": error.code, "message": str(error), "hint": error.hint, "facts": plain(error.facts), "issues": issues}


def plain(value: Any) -> Any:
    """A value of the domain as JSON has it; decimal numbers as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Rule):  # its condition is in the words already
        return {"name": value.name, "text": value.text}
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return str(value)


class Paging(LimitOffsetPagination):
    """A page of a list: `limit` rows from `offset` on, and how many there are in all."""

    class Input(Schema):
        """Which part of a list."""

        limit: int = Field(50, ge=1, le=500)
        offset: int = Field(0, ge=0)
