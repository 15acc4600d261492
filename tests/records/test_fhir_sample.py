"""The published sample of synthetic practitioners, where somebody has put it.

FHIR_SAMPLE names its folder; else `shared/examples/fhir` is looked for beside the project and
above.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from django.core.management import call_command

from records.models import RecordChange, ResourceRecord
from tests.factories import make_team

pytestmark = pytest.mark.django_db

NAME = "synthea100_Practitioner.ndjson"
INTEGRATION = "65f0c0ffee65f0c0ffee00aa"


def find_sample() -> Path | None:
    """The file of practitioners, with that of their roles beside it."""
    named = os.environ.get("FHIR_SAMPLE")
    places = [Path(named)] if named else []
    places += [each / "shared/examples/fhir" for each in Path(__file__).resolve().parents]
    return next((each / NAME for each in places if (each / NAME).is_file()), None)


SAMPLE = find_sample()


def run(**options: object) -> str:
    said = io.StringIO()
    call_command(
        "import_practitioners",
        SAMPLE,
        integration=INTEGRATION,
        create_integration=True,
        profile="strict",
        stdout=said,
        **options,
    )
    return said.getvalue()


@pytest.mark.skipif(SAMPLE is None, reason="the sample is not here; FHIR_SAMPLE says where")
def test_the_sample_comes_in_with_every_row_and_twice_changes_nothing() -> None:
    make_team()
    assert "271 rows: 271 created, 0 rejected" in run()
    assert "no practitioner" not in run()
    records = list(ResourceRecord.objects.order_by("pk").values())
    assert len(records) == 271
    assert all(each["config"]["specialties"][0]["code"] for each in records)
    assert all(each["config"]["locations"][0]["locationName"] for each in records)
    assert "271 unchanged" in run(on_conflict="update")
    assert list(ResourceRecord.objects.order_by("pk").values()) == records
    assert RecordChange.objects.count() == 271
