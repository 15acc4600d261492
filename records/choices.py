"""The vocabulary of resource records: their types and states, and what may happen to one."""

from __future__ import annotations

from django.db.models import TextChoices


class RecordType(TextChoices):
    """What a record is about: `config.type` on the wire. A second type is one more word here."""

    PRACTITIONERS = "practitioners", "Practitioner"


class IntegrationStatus(TextChoices):
    """Whether rows still come in through an integration. active ◀──▶ inactive"""

    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"


class Change(TextChoices):
    """What happened to a record.

    created ──▶ updated (any number of times) ──▶ deleted
    """

    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    DELETED = "deleted", "Deleted"


class OnConflict(TextChoices):
    """What becomes of a row whose (integration, logical id) is stored already."""

    ERROR = "error", "Reject the row"
    SKIP = "skip", "Leave the record as it is"
    UPDATE = "update", "Take over what the row says"
