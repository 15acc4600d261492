"""One resource record: a practitioner as the API stores it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from portal import objectid
from portal.models import Submission, Team
from records.choices import RecordType
from records.querysets import RecordQuerySet


class ResourceRecord(models.Model):
    """One record of a team (`_id` on the wire: 24 hex, ascending in the order of a request).

    `config` is the truth. The columns of `shadow.SHADOWS` are read off it by `shadow.shadow_of`,
    for lists and searches only. `raw` is the row as it was sent when it said more than `config`
    keeps, else null. `integration_key` is the integration's id, or empty when there is none, so
    that rows without one have a namespace of their own; `logical_id` null never collides.
    `version` rises with every change (ETag). Records are deleted for good; what happened to them
    stays in RecordChange.
    """

    id = models.CharField(primary_key=True, max_length=24, default=objectid.new, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    integration_key = models.CharField(max_length=24, blank=True)
    logical_id = models.CharField(max_length=200, null=True)  # noqa: DJ001
    config = models.JSONField()
    raw = models.JSONField(null=True)
    warnings = models.JSONField(default=list)

    # read off config
    type = models.CharField(max_length=32, choices=RecordType)
    npi = models.CharField(max_length=200, blank=True)
    name_key = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=32, blank=True)
    supervisor_id = models.CharField(max_length=24, blank=True)
    organization_id = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    specialty_key = models.CharField(max_length=2000, blank=True)

    version = models.PositiveIntegerField(default=1)
    created_by = models.CharField(max_length=24, blank=True)
    updated_by = models.CharField(max_length=24, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    submission = models.ForeignKey(
        Submission, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    line = models.PositiveIntegerField(null=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "integration_key", "logical_id"], name="record_once_a_logical_id"
            ),
            models.CheckConstraint(
                condition=Q(type__in=RecordType.values), name="record_type_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-id"], name="record_newest"),
            models.Index(fields=["team", "name_key"], name="record_by_name"),
            models.Index(fields=["team", "npi"], condition=~Q(npi=""), name="record_by_npi"),
            models.Index(
                fields=["team", "external_id"],
                condition=~Q(external_id=""),
                name="record_by_external_id",
            ),
            models.Index(
                fields=["team", "organization_id"],
                condition=~Q(organization_id=""),
                name="record_by_organization",
            ),
            models.Index(
                fields=["supervisor_id"],
                condition=~Q(supervisor_id=""),
                name="record_by_supervisor",
            ),
            models.Index(fields=["team", "updated_at"], name="record_by_update"),
            models.Index(fields=["submission", "line"], name="record_of_submission"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"

    @property
    def integration_id(self) -> str | None:
        """The integration's 24-hex id; None when the record names none."""
        return self.integration_key or None
