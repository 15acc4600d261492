"""Keys of integrators."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from portal import objectid
from portal.models.team import Clinic, Team

PREFIX = "ep"


class Scope(models.TextChoices):
    """What a key may do."""

    ELIGIBILITY_READ = "eligibility:read"
    ELIGIBILITY_WRITE = "eligibility:write"
    RECORDS_READ = "records:read"
    RECORDS_WRITE = "records:write"
    WEBHOOKS_MANAGE = "webhooks:manage"


def digest(secret: str) -> str:
    """HMAC-SHA256 of a key's secret with the pepper, as 64 hex characters."""
    return hmac.new(settings.API_KEY_PEPPER.encode(), secret.encode(), hashlib.sha256).hexdigest()


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Sets of keys."""

    def live(self, now: datetime | None = None) -> ApiKeyQuerySet:
        """Keys that still open the door."""
        now = now or timezone.now()
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at=None)

    def newest(self) -> ApiKeyQuerySet:
        """One key of each family: that which no other has replaced."""
        successors = ApiKey.objects.filter(replaces=OuterRef("pk"), revoked_at=None)
        return self.filter(~Exists(successors))

    def replaced_by(self, keys: models.QuerySet[ApiKey]) -> ApiKeyQuerySet:
        """The keys that these took the place of."""
        return self.filter(pk__in=keys.order_by().values("replaces"))

    def find(self, text: str) -> ApiKey | None:
        """The key that this text is, live or not; None when the text is no key of ours."""
        prefix, _, rest = text.partition("_")
        public_id, _, secret = rest.partition("_")
        # Ours are ASCII; half a character (a lone surrogate) can neither be hashed nor looked up.
        if prefix != PREFIX or not public_id or not secret or not text.isascii() or "\0" in text:
            return None
        key = self.select_related("team").filter(public_id=public_id).first()
        if key is None or not hmac.compare_digest(key.secret_digest, digest(secret)):
            return None
        return key


class ApiKey(models.Model):
    """A key of one team, for the clinics it names. The text is shown once and never stored.

    `ep_<public id>_<secret>`: the public id (12 hex) finds the row, the secret (256 random
    bits) is kept only as an HMAC with a pepper that lives outside the database.

    A key is rotated by giving it a successor (`portal.keys.rotate_key`): `replaces` points back,
    and the old one gets an end. All keys of such a line have one `family`, the first one's id,
    and share one quota: two live keys may not call twice as often.
    """

    id = models.CharField(primary_key=True, max_length=24, default=objectid.new, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="api_keys")
    clinics = models.ManyToManyField(Clinic, related_name="api_keys")
    name = models.CharField(max_length=200)
    public_id = models.CharField(max_length=12, unique=True, editable=False)
    secret_digest = models.CharField(max_length=64, editable=False)
    family = models.CharField(max_length=24, default="", editable=False)
    replaces = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="successors", editable=False
    )
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.UniqueConstraint(
                fields=["replaces"], condition=Q(revoked_at=None), name="api_key_one_successor"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.public_id})"

    @classmethod
    def issue(
        cls,
        *,
        team: Team,
        name: str,
        scopes: Iterable[str],
        clinics: Iterable[Clinic],
        expires_at: datetime | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key. Returns the row and the text, which can never be had again."""
        key = cls(
            team=team,
            name=name,
            scopes=sorted({Scope(scope).value for scope in scopes}),
            expires_at=expires_at,
        )
        text = key.give_secret()
        key.save()
        key.clinics.set(clinics)
        return key, text

    def give_secret(self) -> str:
        """Give a key that is not saved yet its ids. Returns the text, which is nowhere kept."""
        self.public_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        self.secret_digest = digest(secret)
        self.family = self.family or self.pk
        return f"{PREFIX}_{self.public_id}_{secret}"

    def is_live(self, now: datetime | None = None) -> bool:
        """Whether the key still opens the door."""
        now = now or timezone.now()
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)

    def next_end(self, now: datetime) -> datetime | None:
        """When a successor made now would end, if it lives as long as this one was to."""
        return None if self.expires_at is None else now + (self.expires_at - self.created_at)
