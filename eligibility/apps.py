"""The eligibility app: checks in bulk, answered by payers."""

from django.apps import AppConfig


class EligibilityConfig(AppConfig):
    """Eligibility checks."""

    name = "eligibility"
    verbose_name = "Eligibility"

    def ready(self) -> None:
        """Say how a rejected row of ours is accepted once it is corrected."""
        from eligibility.operations.fixes import accept_rejected
        from eligibility.operations.intake import KIND
        from portal.intake import fixing

        fixing.register(KIND, accept_rejected)
