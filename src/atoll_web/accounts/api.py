"""Who is signed in, and the tokens of programs."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from atoll_web.accounts import services
from atoll_web.accounts.acting import actor_now
from atoll_web.accounts.models import ApiToken, User
from atoll_web.accounts.roles import CAPABILITIES
from atoll_web.door import Input, Session, answers

router = Router()


class Me(Schema):
    """The user as whom a request acts."""

    username: str
    roles: list[str]
    capabilities: list[str] = Field(description="What the user may do; everybody may read")


class TokenOut(Schema):
    """A token; its secret is kept nowhere."""

    name: str
    created_at: datetime
    revoked_at: datetime | None


class TokenWithSecret(TokenOut):
    """A token just made. The secret is shown this once."""

    secret: str


class TokenIn(Input):
    """A name by which to know the token."""

    name: str = Field(min_length=1, max_length=100)


@router.get("/me", response=answers(Me))
def me(request: HttpRequest) -> dict:
    """Say as whom this request acts."""
    user: User = request.auth
    may = [capability for capability in CAPABILITIES if user.may(capability)]
    return {"username": user.username, "roles": sorted(user.role_names), "capabilities": may}


@router.get("/tokens", response=answers(list[TokenOut]))
def list_tokens(request: HttpRequest) -> list[ApiToken]:
    """List your tokens, the revoked ones too."""
    return list(request.auth.tokens.order_by("id"))


# A program with a token could otherwise make itself others that outlive it.
@router.post("/tokens", response=answers(TokenWithSecret, 201), auth=Session())
def create_token(request: HttpRequest, payload: TokenIn) -> Status[dict]:
    """Make a token for a program that acts as you. Only somebody signed in may do this."""
    made = services.create_token(user=request.auth, name=payload.name)
    token = made.token
    return Status(201, {"name": token.name, "created_at": token.created_at, "revoked_at": None, "secret": made.secret})


@router.post("/tokens/{name}/revoke", response=answers(TokenOut))
def revoke_token(request: HttpRequest, name: str) -> ApiToken:
    """End one of your tokens."""
    return services.revoke_token(actor=actor_now(request.auth, "revoked by the user"), user=request.auth, name=name)
