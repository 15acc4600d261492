"""The eligibility app: checks in bulk, answered by payers."""

from django.apps import AppConfig


class EligibilityConfig(AppConfig):
    """Eligibility checks."""

    name = "eligibility"
    verbose_name = "Eligibility"

    def ready(self) -> None:
        """Say how rows of ours are corrected, and what monitors and webhooks are told."""
        from eligibility.announce import batches
        from eligibility.engine import health as engine_health
        from eligibility.engine.metrics import EngineCollector
        from eligibility.operations.fixes import accept_rejected
        from eligibility.operations.group_failed import FailedChecks
        from eligibility.operations.group_rejected import RejectedChecks
        from eligibility.operations.intake import KIND
        from portal import groupfix, health, metrics
        from portal.intake import fixing
        from portal.webhooks import beat

        fixing.register(KIND, accept_rejected, unique="reference_key")
        groupfix.register(RejectedChecks())
        groupfix.register(FailedChecks())
        health.register(engine_health.workers)
        health.register(engine_health.due_rows)
        metrics.register(EngineCollector())
        beat.register(batches.look)
