"""How far a file's rows have come in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from portal.models.submission import Submission


class FileImport(models.Model):
    """One file on its way in, chunk by chunk.

    Each chunk's rows are stored in one transaction with the step of `next_line`, the first line
    that is not in yet. A crash therefore leaves whole chunks, and the same file, given again,
    goes on where it stopped. `fingerprint` names the file's content and how it is read; two
    imports of one file at the same time meet at its constraint and at the step of `next_line`.
    `counts` is what became of the rows so far; `finished_at` is null while rows are to come.
    """

    submission = models.OneToOneField(
        Submission, primary_key=True, on_delete=models.CASCADE, related_name="file"
    )
    name = models.CharField(max_length=255, blank=True)
    read_as = models.CharField(max_length=100, blank=True)
    fingerprint = models.CharField(max_length=64)
    next_line = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=Q(finished_at=None),
                name="file_comes_in_once_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["fingerprint"], name="file_by_fingerprint")]

    def __str__(self) -> str:
        return f"file of {self.submission_id}"
