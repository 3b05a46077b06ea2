"""Roles, demonstration users and the tokens of programs."""

import hashlib
from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection

from atoll import cli
from atoll_web.accounts import services
from atoll_web.accounts.acting import Actor
from atoll_web.accounts.errors import TokenNameTaken, UnknownToken, UnknownUser
from atoll_web.accounts.models import ApiToken, User
from atoll_web.accounts.roles import CAPABILITIES, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def users() -> dict[Role, User]:
    return services.make_demo_users()


def as_of_now(user: User) -> Actor:
    return Actor(user, datetime.now(UTC))


def test_a_demonstration_has_one_user_for_each_role_who_signs_in_with_the_known_password(users, client):
    assert set(users) == set(Role)
    for role in Role:
        assert client.login(username=role, password=services.DEMO_PASSWORD)


def test_each_role_may_do_its_own_work_and_managers_everything(users):
    assert users[Role.SALES].may("order")
    assert not users[Role.SALES].may("purchase")
    assert not users[Role.PLANNER].may("users")
    for capability in CAPABILITIES:
        assert users[Role.MANAGER].may(capability)
        assert users[Role.ADMIN].may(capability)


def test_a_new_database_has_every_role_to_give():
    Group.objects.all().delete()
    import_module("atoll_web.accounts.migrations.0003_roles").make_roles(apps, connection.schema_editor())
    assert set(Group.objects.values_list("name", flat=True)) == set(Role)


def test_making_the_demonstration_users_again_resets_them(users):
    users[Role.SALES].set_password("something else")
    users[Role.SALES].is_active = False
    users[Role.SALES].save()
    services.give_roles(users[Role.SALES], [Role.MANAGER])

    again = services.make_demo_users()

    assert again[Role.SALES].pk == users[Role.SALES].pk
    assert again[Role.SALES].check_password(services.DEMO_PASSWORD)
    assert again[Role.SALES].is_active
    assert again[Role.SALES].role_names == {Role.SALES}


def test_given_roles_count_at_once_and_take_the_place_of_those_before(users):
    user = users[Role.BUYER]
    assert user.may("purchase")
    services.give_roles(user, [Role.ASSEMBLER])
    assert not user.may("purchase")
    assert user.may("assemble")


def test_somebody_who_is_not_active_may_do_nothing(users):
    users[Role.MANAGER].is_active = False
    assert not users[Role.MANAGER].may("order")


def test_of_a_token_only_the_digest_is_kept(users):
    made = services.create_token(user=users[Role.SALES], name="shop")
    row = ApiToken.objects.get()
    assert row.digest == hashlib.sha256(made.secret.encode()).hexdigest()
    assert made.secret not in str(ApiToken.objects.values_list().get())


def test_a_token_stands_for_its_user_until_it_is_revoked(users):
    sales = users[Role.SALES]
    secret = services.create_token(user=sales, name="shop").secret
    assert services.user_of_token(secret) == sales
    services.revoke_token(actor=as_of_now(sales), user=sales, name="shop")
    assert services.user_of_token(secret) is None


def test_a_token_of_somebody_who_left_is_worth_nothing(users):
    secret = services.create_token(user=users[Role.SALES], name="shop").secret
    User.objects.filter(username=Role.SALES).update(is_active=False)
    assert services.user_of_token(secret) is None


def test_a_made_up_secret_is_nobodys(users):
    services.create_token(user=users[Role.SALES], name="shop")
    assert services.user_of_token("atoll_made-up") is None


def test_a_name_is_free_again_after_its_token_was_revoked(users):
    sales = users[Role.SALES]
    first = services.create_token(user=sales, name="shop").secret
    with pytest.raises(TokenNameTaken, match="shop"):
        services.create_token(user=sales, name="shop")
    services.revoke_token(actor=as_of_now(sales), user=sales, name="shop")
    second = services.create_token(user=sales, name="shop").secret
    assert services.user_of_token(first) is None
    assert services.user_of_token(second) == sales


def test_revoking_a_token_that_is_not_in_force_names_those_that_are(users):
    services.create_token(user=users[Role.SALES], name="shop")
    with pytest.raises(UnknownToken, match="In force are: shop"):
        services.revoke_token(actor=as_of_now(users[Role.SALES]), user=users[Role.SALES], name="crane")


def test_an_unknown_user_is_named(users):
    with pytest.raises(UnknownUser, match="nemo"):
        services.user_named("nemo")


def test_nobody_signs_in_as_the_system(client):
    user = services.system_user()
    assert services.system_user() == user
    assert not user.has_usable_password()
    assert not user.is_active


def test_the_command_line_makes_lists_and_revokes_a_token(users, capsys):
    assert cli.run(["token", "create", "sales", "--name", "shop"]) == 0
    secret = capsys.readouterr().out.strip()
    assert services.user_of_token(secret) == users[Role.SALES]

    assert cli.run(["token", "list", "sales", "--json"]) == 0
    listed = capsys.readouterr().out
    assert '"shop"' in listed
    assert secret not in listed

    assert cli.run(["token", "revoke", "sales", "--name", "shop"]) == 0
    assert services.user_of_token(secret) is None


def test_the_command_line_names_a_user_that_is_not_there(users, capsys):
    assert cli.run(["token", "create", "nemo", "--name", "shop"]) == 3
    assert "nemo" in capsys.readouterr().err
