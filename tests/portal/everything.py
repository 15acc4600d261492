"""A made-up model with a column of every type that rows can be inserted with."""

from __future__ import annotations

from typing import Any

from django.db import connection, models
from django.test.utils import isolate_apps

from portal.models import Clinic, Team

with isolate_apps("portal"):

    class Everything(models.Model):
        """One column of every type that can be inserted."""

        objects: models.Manager[Everything] = models.Manager()

        text = models.CharField(max_length=100)
        long_text = models.TextField(null=True)  # noqa: DJ001
        small = models.SmallIntegerField(null=True)
        number = models.PositiveIntegerField()
        big = models.BigIntegerField(null=True)
        flag = models.BooleanField(null=True)
        ratio = models.FloatField(null=True)
        money = models.DecimalField(max_digits=12, decimal_places=3, null=True)
        day = models.DateField(null=True)
        moment = models.DateTimeField(null=True)
        key = models.UUIDField(null=True)
        data = models.JSONField(null=True)
        owner = models.ForeignKey(
            Team, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
        )
        place = models.ForeignKey(
            Clinic, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
        )
        state = models.CharField(max_length=8, db_default="new")
        length = models.GeneratedField(
            expression=models.functions.Length("text"),
            output_field=models.IntegerField(),
            db_persist=True,
        )

        class Meta:
            app_label = "portal"
            db_table = "test_everything"

        def __str__(self) -> str:
            return str(self.pk)


COLUMNS = [
    *("text", "long_text", "small", "number", "big", "flag", "ratio", "money"),
    *("day", "moment", "key", "data", "owner_id", "place_id"),
]


def make_row(**values: Any) -> list[Any]:
    """Values for COLUMNS; None where nothing is given."""
    return [({"text": "", "number": 0} | values).get(column) for column in COLUMNS]


def stored(columns: list[str] = COLUMNS) -> list[tuple[Any, ...]]:
    """What the database itself holds, not what Django makes of it; and as which type."""
    names = [f'"{column}"' for column in columns]
    if connection.vendor == "sqlite":
        names += [f"typeof({name})" for name in names]
    else:
        names = [f"{name}::text" for name in names]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM test_everything ORDER BY id")
        return cursor.fetchall()


def emptied() -> None:
    """Remove every row."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM test_everything")
