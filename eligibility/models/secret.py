"""What a connection logs in with. Written, never read back by people."""

from __future__ import annotations

from django.db import models

from eligibility.models.payer import Connection


class ConnectionSecret(models.Model):
    """A secret of a connection, which its settings refer to by `name`.

    `sealed` is the encrypted value (`portal.sealing`). Only the engine opens it, where a call is
    built; no page, export, log line or audit event ever holds the value.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=40)
    sealed = models.TextField(editable=False)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "name"], name="connection_secret_once_a_name"
            )
        ]

    def __str__(self) -> str:
        return f"secret {self.pk} of connection {self.connection_id}"
