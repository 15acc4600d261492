"""The records app: resource records (practitioners) in bulk, for integrators and staff."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Practitioner records."""

    name = "records"
    verbose_name = "Practitioner records"
