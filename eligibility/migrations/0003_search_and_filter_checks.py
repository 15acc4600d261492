import eligibility.search_keys
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eligibility", "0002_rows_that_need_attention"),
        ("portal", "0003_rejected_rows_by_cause"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="batch",
            name="batch_newest",
        ),
        migrations.RemoveIndex(
            model_name="eligibilitytask",
            name="task_newest",
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(
                fields=["clinic", "-created_at", "-id"], name="batch_newest_of_clinic"
            ),
        ),
        migrations.AddIndex(
            model_name="eligibilitytask",
            index=models.Index(
                condition=models.Q(("parent", None)),
                fields=["clinic", "-created_at", "-id"],
                name="task_newest_of_clinic",
            ),
        ),
        migrations.AddIndex(
            model_name="eligibilitytask",
            index=models.Index(
                condition=models.Q(("parent", None)),
                fields=["clinic", "status", "outcome", "-created_at", "-id"],
                name="task_by_state",
            ),
        ),
        migrations.AddIndex(
            model_name="eligibilitytask",
            index=models.Index(
                condition=models.Q(("parent", None)),
                fields=["clinic", "payer", "-created_at", "-id"],
                name="task_by_payer",
            ),
        ),
        migrations.AddIndex(
            model_name="eligibilitytask",
            index=models.Index(
                condition=models.Q(("parent", None), models.Q(("review", "none"), _negated=True)),
                fields=["clinic", "review", "-created_at", "-id"],
                name="task_by_review",
            ),
        ),
        migrations.AddIndex(
            model_name="eligibilitytask",
            index=models.Index(
                condition=models.Q(("parent", None), ("test_mode", True)),
                fields=["clinic", "-created_at", "-id"],
                name="task_of_tests",
            ),
        ),
        migrations.AddIndex(
            model_name="eligibilitytask",
            index=models.Index(
                condition=models.Q(("parent", None)),
                fields=["clinic", "id_key"],
                name="task_by_identifier",
                opclasses=["uuid_ops", "text_pattern_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="eligibilitytask",
            index=models.Index(
                condition=models.Q(("parent", None)),
                fields=["clinic", "client_reference"],
                name="task_by_reference",
                opclasses=["uuid_ops", "text_pattern_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="eligibilitytask",
            index=models.Index(
                models.F("clinic"),
                eligibility.search_keys.NameKey("name"),
                condition=models.Q(("parent", None)),
                name="task_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="eligibilitytask",
            index=models.Index(
                models.F("clinic"),
                eligibility.search_keys.PhoneKey("phone"),
                condition=models.Q(("parent", None)),
                name="task_by_phone",
            ),
        ),
    ]
