"""What practitioners' specialties are called."""

from __future__ import annotations

from django.db import models


class TaxonomyCode(models.Model):
    """One code of the NUCC provider taxonomy, the same for every team (`load_taxonomy FILE`).

    While this table is empty only the short list that ships with the portal is known.
    """

    code = models.CharField(primary_key=True, max_length=16)
    display_name = models.CharField(max_length=300)
    section = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return f"{self.code} {self.display_name}"
