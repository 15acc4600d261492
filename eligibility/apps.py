"""The eligibility app: checks in bulk, answered by payers."""

from django.apps import AppConfig


class EligibilityConfig(AppConfig):
    """Eligibility checks."""

    name = "eligibility"
    verbose_name = "Eligibility"

    def ready(self) -> None:
        """Say how rows of ours are corrected, one by one and by groups."""
        from eligibility.operations.fixes import accept_rejected
        from eligibility.operations.group_failed import FailedChecks
        from eligibility.operations.group_rejected import RejectedChecks
        from eligibility.operations.intake import KIND
        from portal import groupfix
        from portal.intake import fixing

        fixing.register(KIND, accept_rejected, unique="reference_key")
        groupfix.register(RejectedChecks())
        groupfix.register(FailedChecks())
