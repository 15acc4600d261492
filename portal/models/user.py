"""People who work in the portal."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from portal import objectid
from portal.models.team import Clinic, Team


class Role(models.TextChoices):
    """What a person may do; each role may do all that the ones before it may."""

    VIEWER = "viewer", "Viewer: sees"
    OPERATOR = "operator", "Operator: fixes, re-runs, imports"
    SUPERVISOR = "supervisor", "Supervisor: cancels, exports, reveals, edits rules"
    ADMIN = "admin", "Admin: manages keys, users, connections"


class User(AbstractUser):
    """A person of one team, who sees only the clinics they belong to."""

    id = models.CharField(primary_key=True, max_length=24, default=objectid.new, editable=False)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="users"
    )
    clinics = models.ManyToManyField(Clinic, blank=True, related_name="users")
    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="user_role_is_known"
            )
        ]
