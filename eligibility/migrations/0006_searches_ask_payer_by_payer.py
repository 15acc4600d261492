import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


def let_go_of_the_test_connection(apps, schema_editor):
    """Searches that nobody has asked yet are asked payer by payer, no longer in one call."""
    tasks = apps.get_model("eligibility", "EligibilityTask")
    tasks.objects.filter(is_search=True, status="pending", first_claimed_at=None).update(
        connection=None
    )


class Migration(migrations.Migration):
    dependencies = [
        ("eligibility", "0005_filter_failed_checks"),
        ("portal", "0007_say_rerun_of_operators"),
    ]

    operations = [
        migrations.CreateModel(
            name="DirectoryMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("result", models.UUIDField()),
            ],
        ),
        migrations.AddField(
            model_name="eligibilitytask",
            name="search_round",
            field=models.PositiveIntegerField(db_default=0),
        ),
        migrations.CreateModel(
            name="KnownMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("id_type", models.CharField(max_length=64)),
                ("id_key", models.CharField(max_length=64)),
                (
                    "source",
                    models.CharField(
                        choices=[("result", "A payer's answer"), ("import", "An imported list")],
                        max_length=8,
                    ),
                ),
                (
                    "seen_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "payer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="eligibility.payer",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="portal.team",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "id_key", "id_type", "payer"), name="member_once_a_payer"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["result", "import"])),
                        name="member_source_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("id_key", ""), _negated=True), name="member_has_a_key"
                    ),
                ],
            },
        ),
        migrations.RunPython(let_go_of_the_test_connection, migrations.RunPython.noop),
    ]
