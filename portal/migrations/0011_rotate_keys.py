"""Keys can be replaced: the new one and the old one are a family, which shares one quota."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def found_families(apps: Any, schema_editor: Any) -> None:
    """Every key that is there begins a family of its own."""
    apps.get_model("portal", "ApiKey").objects.update(family=models.F("id"))


class Migration(migrations.Migration):
    dependencies = [("portal", "0010_webhooks")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="family",
            field=models.CharField(default="", editable=False, max_length=24),
        ),
        migrations.AddField(
            model_name="apikey",
            name="replaces",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="successors",
                to="portal.apikey",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)),
                fields=("replaces",),
                name="api_key_one_successor",
            ),
        ),
        migrations.RunPython(found_families, migrations.RunPython.noop),
    ]
