from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.models import AuditEvent, Team
from records.importers.fields import DAYS
from records.importers.rows import Format
from records.importers.writing import WRITTEN
from records.models import RecordChange, ResourceRecord
from records.operations import create_records
from tests.factories import make_team

pytestmark = pytest.mark.django_db

INTEGRATION = "65f0c0ffee65f0c0ffee00aa"
words = st.none() | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
)
stretch = st.fixed_dictionaries({"start": st.just("09:00"), "end": st.sampled_from(["12:30", "x"])})
config = st.fixed_dictionaries(
    {"type": st.just("practitioners")},
    optional={
        "npi": st.sampled_from([None, "1234567893", "12"]),
        "name": words,
        "gender": st.sampled_from(["female", "F", "?"]),
        "summary": words,
        "status": st.sampled_from(["active", "inactive"]),
        "qualification": words,
        "languages": st.lists(st.sampled_from(["en", "ar", "a|b"]), max_size=3),
        "specialties": st.lists(st.fixed_dictionaries({"code": words}), max_size=7),
        "locations": st.lists(st.fixed_dictionaries({"locationName": words}), max_size=2),
        "workingHours": st.dictionaries(st.sampled_from(DAYS), st.lists(stretch, max_size=2)),
    },
)
row = st.fixed_dictionaries(
    {"config": config}, optional={"logicalId": words, "integrationId": st.just(INTEGRATION)}
)


@pytest.fixture
def team() -> Team:
    return make_team("Palm Health")


def snapshot() -> list[Any]:
    return list(ResourceRecord.objects.order_by("pk").values())


def store(team: Team, rows: list[dict[str, Any]]) -> None:
    create_records(team=team, actor="", rows=rows)


@pytest.mark.parametrize("kind", WRITTEN)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(row, min_size=1, max_size=4))
def test_an_export_that_comes_back_changes_nothing(
    kind: Format, rows: list[dict[str, Any]], team: Team, tmp_path: Path
) -> None:
    ResourceRecord.objects.all().delete()
    store(team, rows)
    before, changes = snapshot(), RecordChange.objects.count()
    path = tmp_path / f"people.{WRITTEN[kind].ending}"
    call_command("export_practitioners", path, stdout=open_nowhere())
    if not before and kind in (Format.NDJSON, Format.FHIR, Format.JSON):
        return
    if before:
        call_command("import_practitioners", path, on_conflict="update", stdout=open_nowhere())
    assert snapshot() == before
    assert RecordChange.objects.count() == changes


def open_nowhere() -> Any:
    import io

    return io.StringIO()


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_format_goes_out_by_its_ending_and_is_logged(
    kind: Format, team: Team, tmp_path: Path
) -> None:
    store(team, [{"logicalId": "p-1", "config": {"type": "practitioners", "name": "Sentinel P"}}])
    path = tmp_path / f"people.{WRITTEN[kind].ending}"
    call_command("export_practitioners", path, stdout=open_nowhere())
    assert path.stat().st_size > 0
    event = AuditEvent.objects.get(verb="exported")
    assert (event.details["form"], event.details["rows"]) == (kind.value, 1)
    assert "Sentinel" not in str(event.details)


def test_cells_that_a_spreadsheet_would_run_are_made_safe(team: Team, tmp_path: Path) -> None:
    store(team, [{"logicalId": "=1+1", "config": {"type": "practitioners", "name": "@cmd"}}])
    path = tmp_path / "people.csv"
    call_command("export_practitioners", path, stdout=open_nowhere())
    text = path.read_text("utf-8-sig")
    assert '"\'=1+1"' in text
    assert '"\'@cmd"' in text
    before = snapshot()
    call_command("import_practitioners", path, on_conflict="update", stdout=open_nowhere())
    assert snapshot() == before


def test_only_the_teams_own_and_only_the_asked_integrations_records_go_out(
    team: Team, tmp_path: Path
) -> None:
    config = {"type": "practitioners", "name": "Amal"}
    store(team, [{"logicalId": "a", "config": config, "integrationId": INTEGRATION}])
    store(team, [{"logicalId": "b", "config": config}])
    store(make_team("Creek Clinics"), [{"logicalId": "c", "config": config}])
    path = tmp_path / "people.ndjson"
    call_command("export_practitioners", path, team="Palm Health", stdout=open_nowhere())
    assert [line.count('"logicalId"') for line in path.read_text().splitlines()] == [1, 1]
    call_command(
        "export_practitioners",
        path,
        team="Palm Health",
        integration=INTEGRATION,
        stdout=open_nowhere(),
    )
    (line,) = path.read_text().splitlines()
    assert '"logicalId": "a"' in line


def test_a_name_that_tells_no_format_is_refused(team: Team, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--format") as refused:
        call_command("export_practitioners", tmp_path / "people.txt")
    assert refused.value.returncode == 2
