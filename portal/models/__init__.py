"""The platform's models, one file a subject."""

from portal.models.apikey import ApiKey, Scope
from portal.models.audit import ActorKind, AuditEvent, Verb
from portal.models.files import FileImport
from portal.models.groupfix import FixedRow, GroupFix
from portal.models.idempotency import IdempotencyRecord
from portal.models.quota import QuotaUse
from portal.models.submission import RejectedRow, RowState, Submission
from portal.models.team import Clinic, Team
from portal.models.user import Role, User
from portal.models.webhook import (
    DeliveryState,
    DisabledReason,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookTurn,
    WebhookType,
)

__all__ = [
    "ActorKind",
    "ApiKey",
    "AuditEvent",
    "Clinic",
    "DeliveryState",
    "DisabledReason",
    "FileImport",
    "FixedRow",
    "GroupFix",
    "IdempotencyRecord",
    "QuotaUse",
    "RejectedRow",
    "Role",
    "RowState",
    "Scope",
    "Submission",
    "Team",
    "User",
    "Verb",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "WebhookTurn",
    "WebhookType",
]
