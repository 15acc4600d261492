"""How much of their quotas callers have used."""

from __future__ import annotations

from django.db import models


class QuotaUse(models.Model):
    """The calls of one caller in its latest window; only on PostgreSQL (see `portal.quotas`).

    `scope` is "key:<id>" or "team:<id>", `window` the number of the window since 1970. The table
    is unlogged there: a count is worth no wait for the disk, and a crash forgives some calls.
    """

    scope = models.CharField(primary_key=True, max_length=64)
    window = models.BigIntegerField()
    used = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.used} calls of {self.scope}"
