"""Use cases of accounts: roles, demonstration users, tokens of programs."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection, transaction

from atoll_web.accounts.acting import Actor, acting
from atoll_web.accounts.errors import TokenNameTaken, UnknownToken, UnknownUser
from atoll_web.accounts.models import ApiToken, User
from atoll_web.accounts.roles import Role
from atoll_web.bulk import exchange

DEMO_PASSWORD = "demo-atoll"
"""The password of all users of a demonstration. It is no secret: such a company holds no real data."""

TOKEN_PREFIX = "atoll_"
"""Lets people and scanners of leaked secrets recognise a token."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made, with its secret, which is shown once and kept nowhere."""

    token: ApiToken
    secret: str


def make_roles() -> dict[Role, Group]:
    """The group of every role; those that are missing are made."""
    Group.objects.bulk_create([Group(name=role) for role in Role], ignore_conflicts=True)
    return {Role(group.name): group for group in Group.objects.filter(name__in=list(Role))}


def give_roles(user: User, roles: Iterable[Role]) -> None:
    """Make these the user's roles, in place of those before."""
    groups = make_roles()
    user.groups.set([groups[role] for role in roles])
    user.__dict__.pop("role_names", None)  # cached on the row


def make_demo_users() -> dict[Role, User]:
    """One user for each role, who signs in with the role's name and `DEMO_PASSWORD`. Called again, it resets them to that.

    All of them may enter the back office, where each role may write what it may write elsewhere.
    """
    groups = make_roles()
    password = make_password(DEMO_PASSWORD)  # slow on purpose, so once for all
    with transaction.atomic():
        User.objects.bulk_create(
            [
                User(
                    username=role,
                    password=password,
                    first_name=role.capitalize(),
                    last_name="(demo)",
                    is_staff=True,
                    is_superuser=role is Role.ADMIN,
                )
                for role in Role
            ],
            update_conflicts=True,
            unique_fields=["username"],
            update_fields=["password", "is_staff", "is_superuser", "is_active"],
        )
        users = {Role(user.username): user for user in User.objects.filter(username__in=list(Role))}
        for role, user in users.items():
            user.groups.set([groups[role]])
    return users


def system_user() -> User:
    """The user as whom the system acts by itself, such as in the evening's planning run. Nobody can sign in as it."""
    user, _ = User.objects.get_or_create(username="system", defaults={"password": make_password(None), "is_active": False})
    return user


def user_named(username: str) -> User:
    """The user of this name.

    Raises
    ------
    UnknownUser
    """
    found = User.objects.filter(username=username).first()
    if found is None:
        raise UnknownUser(username=username)
    return found


def create_token(*, user: User, name: str) -> NewToken:
    """Make a secret with which a program acts as the user. Only its digest is kept.

    Raises
    ------
    TokenNameTaken
        When the user has a token of this name in force.
    """
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if user.tokens.filter(name=name, revoked_at=None).exists():
            raise TokenNameTaken(username=user.username, name=name)
        token = ApiToken.objects.create(user=user, name=name, digest=_digest(secret))
    return NewToken(token, secret)


def revoke_token(*, actor: Actor, user: User, name: str) -> ApiToken:
    """End a token: from now on nobody can act with it. Its row stays, so that it is known who once had one.

    Raises
    ------
    UnknownToken
        When the user has no token of this name in force.
    """
    with acting(actor):
        token = user.tokens.select_for_update().filter(name=name, revoked_at=None).first()
        if token is None:
            known = user.tokens.filter(revoked_at=None).order_by("name").values_list("name", flat=True)
            raise UnknownToken(username=user.username, name=name, known=", ".join(known) or "none")
        token.revoked_at = actor.at
        token.save(update_fields=["revoked_at"])
    return token


USER_FIELDS = ("id", "is_superuser", "username", "is_active")

USER_OF_TOKEN = """
SELECT u.id, u.is_superuser, u.username, u.is_active,
    ARRAY(SELECT g.name::text FROM accounts_user_groups m JOIN auth_group g ON g.id = m.group_id WHERE m.user_id = u.id)
FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id
WHERE t.digest = %s AND t.revoked_at IS NULL AND u.is_active
"""


def user_of_token(secret: str) -> User | None:
    """The active user as whom a program with this secret acts, or nobody."""
    # A digest without salt is enough: the secret has 256 random bits, so there is nothing to guess.
    (rows,) = exchange([(USER_OF_TOKEN, [_digest(secret)])])
    if not rows:
        return None
    *fields, groups = rows[0]
    user: User = User.from_db(connection.alias, USER_FIELDS, fields)
    user.role_names = user.roles_of(groups)
    return user


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
