"""What a payer's rules were before, and what was announced for a later day."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def held_since_the_last_change(apps: Any, schema_editor: Any) -> None:
    """As far as the portal knows; so the API has said until now."""
    payers = apps.get_model("eligibility", "Payer").objects
    payers.update(rules_from=models.F("updated_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("eligibility", "0013_announce_batches_to_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="payer",
            name="rules_from",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.CreateModel(
            name="RulesVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("announced", "Announced"),
                            ("begun", "Begun"),
                            ("withdrawn", "Withdrawn"),
                            ("replaced", "Replaced"),
                        ],
                        max_length=9,
                    ),
                ),
                ("rules", models.JSONField()),
                ("effective_from", models.DateTimeField()),
                ("effective_until", models.DateTimeField(null=True)),
                ("zone", models.CharField(blank=True, max_length=64)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("noted_by", models.CharField(blank=True, max_length=24)),
                ("noted_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "payer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="eligibility.payer",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["payer", "state", "-effective_until"], name="rules_version_past"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "announced")),
                        fields=("payer",),
                        name="rules_version_announced_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("effective_until", None),
                                ("state__in", ["announced", "begun", "withdrawn"]),
                            ),
                            models.Q(
                                ("effective_until__gte", models.F("effective_from")),
                                ("state", "replaced"),
                            ),
                            _connector="OR",
                        ),
                        name="rules_version_replaced_has_an_end",
                    ),
                ],
            },
        ),
        migrations.RunPython(held_since_the_last_change, migrations.RunPython.noop),
    ]
