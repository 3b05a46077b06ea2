"""Computations: what was computed from what, by whom, and what came out."""

from django.db import models
from django.db.models import F, Q

from atoll_web.accounts.models import User
from atoll_web.accounts.triggers import state_machine
from atoll_web.runs import states


class Run(models.Model):
    """One computation, from request to result."""

    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=20, default=states.QUEUED, choices=[(s, s) for s in states.STATES])
    parameters = models.JSONField(default=dict)
    input_version = models.CharField(max_length=64, blank=True, help_text="Digest of the rows which were read")
    seed = models.BigIntegerField(null=True, blank=True)
    progress = models.FloatField(default=0, help_text="0 to 1")
    message = models.TextField(blank=True)
    result = models.JSONField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(help_text="Business time")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(progress__gte=0, progress__lte=1), name="run_progress_is_a_share"),
            models.CheckConstraint(condition=Q(state__in=states.STATES), name="run_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state=states.DONE)
                | (Q(result__isnull=False, progress=1) & ~Q(result=models.Value(None, models.JSONField()))),
                name="run_done_has_result",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[states.RUNNING, states.DONE, states.FAILED]) | Q(started_at__isnull=False),
                name="run_that_began_has_a_beginning",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[states.QUEUED, states.RUNNING], ended_at=None)
                | Q(state__in=[states.DONE, states.FAILED], ended_at__isnull=False, ended_at__gte=F("started_at"))
                | Q(state=states.CANCELLED),
                name="run_ends_when_it_has_ended",
            ),
        ]
        triggers = state_machine(initial=states.INITIAL, transitions=states.TRANSITIONS)

    def __str__(self) -> str:
        return f"Run {self.pk}: {self.kind}"
