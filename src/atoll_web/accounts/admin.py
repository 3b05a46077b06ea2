"""The back office of accounts: users, the company, the journal."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from atoll_web.accounts.models import ApiToken, Company, StateChange, User
from atoll_web.back_office import MasterData, Records

admin.site.unregister(Group)  # the groups are the roles, which are fixed


@admin.register(User)
class Users(UserAdmin, MasterData):
    """Users and their roles, which are groups."""

    capability = "users"
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "is_active")
    list_filter = ("is_active", "groups")
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Roles", {"fields": ("groups", "is_active", "is_staff", "is_superuser")}),
    )


@admin.register(Company)
class Companies(MasterData):
    """The one company."""

    capability = "company"
    list_display = ("code", "name", "currency", "minute_rate", "business_date", "is_demo")


@admin.register(ApiToken)
class ApiTokens(Records):
    """Tokens of programs; their secrets are kept nowhere."""

    list_display = ("user", "name", "created_at", "revoked_at")
    list_select_related = ("user",)
    exclude = ("digest",)


@admin.register(StateChange)
class StateChanges(Records):
    """The journal."""

    list_display = ("at", "entity", "entity_id", "from_state", "to_state", "user", "reason")
    list_select_related = ("user",)
    list_filter = ("entity", "to_state")
    ordering = ("-id",)
