"""What was answered to a POST that may be sent again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from portal.models.team import Team

KEPT_FOR: Final = timedelta(hours=24)
"""How long an answer is given again (api-contract, section 3)."""
LEASE: Final = timedelta(seconds=60)
"""How long a request holds its key before it is taken for dead."""


class IdempotencyQuerySet(models.QuerySet["IdempotencyRecord"]):
    """Sets of records."""

    def expired(self) -> IdempotencyQuerySet:
        """Those whose answer is not given again."""
        return self.filter(created_at__lt=Now() - KEPT_FOR)

    def abandoned(self) -> IdempotencyQuerySet:
        """Those whose request has died: it never answered, and its lease has ended."""
        return self.filter(status=None, lease_until__lt=Now())

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> int:
        """Keep the answer of those that have none yet."""
        return self.filter(status=None).update(status=status, headers=headers, body=body)

    def let_go(self) -> int:
        """End the leases of those that have no answer, at once."""
        return self.filter(status=None).update(lease_until=F("created_at"))

    def take(self, *, digest: str, request_id: str) -> int:
        """Begin these anew for another request, as its next run."""
        return self.update(
            run=F("run") + 1,
            digest=digest,
            request_id=request_id,
            lease_until=Now() + LEASE,
            status=None,
            headers={},
            body=None,
            created_at=Now(),
        )


class IdempotencyRecord(models.Model):
    """A POST with an `Idempotency-Key`, and its answer once there is one.

    in flight (`lease_until`) ──answered, in the work's own transaction──▶ answered ──24 h──▶ gone
        └──the request died, its lease ended──▶ in flight again, `run` + 1

    `run` guards the answer: a request that lost its lease cannot commit its work. `digest` is
    the SHA-256 of everything that the answer depends on; another one under the same key is an
    error of the caller.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    run = models.PositiveIntegerField(default=1)
    request_id = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = IdempotencyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "method", "path", "key"], name="idempotency_key_once_a_team"
            ),
            models.CheckConstraint(
                condition=Q(status=None, body=None) | Q(status__isnull=False, body__isnull=False),
                name="idempotency_answer_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_age")]

    def __str__(self) -> str:
        return f"request {self.pk}, run {self.run}"
