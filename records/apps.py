"""The records app: resource records (practitioners) in bulk, for integrators and staff."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Practitioner records."""

    name = "records"
    verbose_name = "Practitioner records"

    def ready(self) -> None:
        """Say how rejected rows are accepted once corrected, and what webhooks are told."""
        from portal import groupfix
        from portal.intake import fixing
        from portal.webhooks import beat
        from records import announce
        from records.operations.fixes import accept_rejected
        from records.operations.group_fixes import RejectedRecords
        from records.operations.refused import KIND
        from records.operations.store import CONSTRAINT

        fixing.register(KIND, accept_rejected, unique=CONSTRAINT)
        groupfix.register(RejectedRecords())
        beat.register(announce.look)
