"""The company, its people, and the journal of state changes."""

from collections.abc import Iterable

import pgtrigger
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from atoll_web.accounts import roles, triggers


class User(AbstractUser):
    """Somebody who signs in, or a program that acts with a token."""

    @cached_property
    def role_names(self) -> frozenset[str]:
        """Names of the user's roles."""
        return self.roles_of(self.groups.values_list("name", flat=True))

    def roles_of(self, groups: Iterable[str]) -> frozenset[str]:
        """Names of the roles that groups give; a superuser is an admin."""
        return frozenset(groups) | ({roles.Role.ADMIN} if self.is_superuser else frozenset())

    def may(self, capability: str) -> bool:
        """Whether the user's roles allow the capability."""
        return self.is_active and roles.may(self.role_names, capability)

    class Meta(AbstractUser.Meta):
        triggers = [triggers.named_by("accounts_statechange", "user", lasts=True)]


class Company(models.Model):
    """The one company whose business this database holds."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, default="USD")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, help_text="Working weekdays, Monday is 0")
    holidays = ArrayField(models.DateField(), default=list, blank=True)
    shipping_days = models.PositiveSmallIntegerField(default=0, help_text="Working days from last assembly day to shipment")
    horizon_days = models.PositiveSmallIntegerField(default=120, help_text="Calendar days ahead for which capacity is kept")
    minute_rate = models.DecimalField(
        max_digits=12, decimal_places=4, default=0, help_text="What a minute of work costs; 0 leaves labour out of costs"
    )
    business_date = models.DateField(null=True, blank=True, help_text="Set in a demonstration: its date stands still")
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(models.Value(1), name="one_company"),
            models.CheckConstraint(condition=Q(weekdays__len__gt=0), name="company_works_on_some_weekday"),
            models.CheckConstraint(condition=Q(minute_rate__gte=0), name="company_minute_rate_not_negative"),
        ]
        verbose_name_plural = "companies"

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A secret with which a program acts as a user; only its digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"


class StateChange(models.Model):
    """The journal: which row went from which state to which, by whom, when and why. Written by triggers only."""

    entity = models.CharField(max_length=63)
    entity_id = models.BigIntegerField()
    from_state = models.CharField(max_length=20)
    to_state = models.CharField(max_length=20)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    at = models.DateTimeField(help_text="Business time of the change")
    recorded_at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["entity", "entity_id"], name="state_change_of")]
        triggers = [
            triggers.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            triggers.Protect(
                name="written_by_triggers", operation=pgtrigger.Insert, condition=pgtrigger.Condition(triggers.BY_HAND)
            ),
            *triggers.refers_to(triggers.Reference("user", "accounts_user", lasts=True)),
            triggers.emptied_with_company,
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.entity_id}: {self.from_state or 'new'} to {self.to_state}"


class AnsweredRequest(models.Model):
    """A request that was carried out under an idempotency key, and what it was answered."""

    key = models.CharField(max_length=80, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    request = models.TextField(help_text="Method and address")
    digest = models.CharField(max_length=32, help_text="Of its body, the key apart")
    status = models.PositiveSmallIntegerField()
    answer = models.TextField()
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.request} under {self.key}"
