"""The eligibility app: checks in bulk, answered by payers."""

from django.apps import AppConfig


class EligibilityConfig(AppConfig):
    """Eligibility checks."""

    name = "eligibility"
    verbose_name = "Eligibility"
