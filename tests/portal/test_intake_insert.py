from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import DataError, IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.intake.insert import CHUNK, insert_rows
from portal.models import RejectedRow, Submission, Team
from tests.portal.everything import COLUMNS, Everything, emptied, make_row, stored

pytestmark = pytest.mark.django_db


class Colour(models.TextChoices):
    RED = "red"


class Rank(models.IntegerChoices):
    FIRST = 1


@pytest.fixture(scope="module")
def table_made(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Everything)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Everything)


@pytest.fixture
def table(table_made: None, db: None) -> None:
    """The table of `Everything`, emptied by the test's own rollback."""


def make_team() -> Team:
    return Team.objects.create(name=f"Team {uuid.uuid4()}")


def make_submission() -> Submission:
    team = make_team()
    counts = {"total_rows": 1, "accepted_rows": 0, "rejected_rows": 1}
    return Submission.objects.create(team=team, kind="tests", source="api", **counts)


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=100)
json_value = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=10,
)
moments = st.datetimes(
    datetime(2, 1, 1),  # noqa: DTZ001
    datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=st.timezones() | st.just(UTC) | st.just(timezone(timedelta(hours=-9, minutes=-30))),
)
row = st.builds(
    make_row,
    text=text | st.just(Colour.RED),
    long_text=st.none() | text,
    small=st.none() | st.integers(-(2**15), 2**15 - 1),
    number=st.integers(0, 2**31 - 1) | st.just(Rank.FIRST),
    big=st.none() | st.integers(-(2**63), 2**63 - 1),
    flag=st.none() | st.booleans(),
    ratio=st.none() | st.floats() | st.integers(-1000, 1000),
    money=st.none() | st.decimals(-(10**8), 10**8, places=3) | st.decimals(-99, 99, places=5),
    day=st.none() | st.dates(),
    moment=st.none() | moments,
    key=st.none() | st.uuids(),
    data=json_value,
    owner_id=st.none() | st.text("0123456789abcdef", min_size=24, max_size=24),
    place_id=st.none() | st.uuids(),
)


@given(rows=st.lists(row, min_size=1, max_size=4))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_stored_equals_what_bulk_create_stores(table: None, rows: list[list[Any]]) -> None:
    Everything.objects.bulk_create(
        [Everything(**dict(zip(COLUMNS, values, strict=True))) for values in rows]
    )
    expected = stored()
    emptied()
    assert insert_rows(Everything, COLUMNS, rows) == len(rows)
    assert stored() == expected
    emptied()


def test_a_column_with_a_database_default_may_be_left_out(table: None) -> None:
    insert_rows(Everything, ["text", "number"], [["four", 4]])
    assert stored(["state", "length", "day"])[0][:3] in {("new", 4, None), ("new", "4", None)}


def test_rows_come_from_a_generator_in_more_than_one_chunk(table: None) -> None:
    count = 2 * CHUNK + 1
    rows = (make_row(text=f"row {number}", number=number) for number in range(count))
    assert insert_rows(Everything, COLUMNS, rows) == count
    found = Everything.objects.order_by("number").values_list("text", "number")
    assert list(found) == [(f"row {number}", number) for number in range(count)]


def test_no_rows_insert_nothing(table: None) -> None:
    assert insert_rows(Everything, COLUMNS, []) == 0
    assert stored() == []


def test_any_number_of_rows_is_one_statement(table: None) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        insert_rows(Everything, COLUMNS, [make_row() for _ in range(3 * CHUNK)])
    assert len(queries) == 1


def test_stored_json_is_found_by_its_value(table: None) -> None:
    value = {"b": [1, {"c": "ÄÖ"}], "a": None}
    insert_rows(Everything, COLUMNS, [make_row(data=value)])
    assert Everything.objects.filter(data=value).count() == 1


def test_stored_moments_compare_with_the_database_clock(table: None) -> None:
    now = datetime.now(UTC)
    zone = timezone(timedelta(hours=4))
    past, future = now - timedelta(minutes=1), (now + timedelta(minutes=1)).astimezone(zone)
    insert_rows(Everything, COLUMNS, [make_row(moment=past), make_row(moment=future)])
    due = Everything.objects.filter(moment__lte=models.functions.Now())
    assert [each.moment for each in due] == [past]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["text", "number", "colour"], "unknown columns: colour"),
        (["text", "number", "owner"], "unknown columns: owner"),
        (["text", "number", "length"], "unknown columns: length"),
        (["text", "number", "text"], "repeated columns: text"),
        (["day"], "missing columns: text, number"),
    ],
)
def test_columns_that_cannot_be_inserted_are_named(columns: list[str], message: str) -> None:
    with pytest.raises(FieldError, match=message):
        insert_rows(Everything, columns, [])


def test_a_python_default_is_not_forgotten_silently() -> None:
    columns = ["submission_id", "line", "raw", "errors", "client_reference", "accepted_as"]
    with pytest.raises(FieldError, match="missing columns: id, state, version, updated_at"):
        insert_rows(RejectedRow, columns, [])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"text": 5}, "column text takes str, not int"),
        ({"number": "5"}, "column number takes int, not str"),
        ({"number": 5.0}, "column number takes int, not float"),
        ({"flag": 1}, "column flag takes bool, not int"),
        ({"ratio": "1"}, "column ratio takes float or int, not str"),
        ({"money": 1.5}, "column money takes Decimal, not float"),
        ({"day": "2026-01-01"}, "column day takes date, not str"),
        ({"day": datetime(2026, 1, 1, tzinfo=UTC)}, "column day takes date, not datetime"),
        ({"moment": date(2026, 1, 1)}, "column moment takes datetime, not date"),
        ({"key": str(uuid.UUID(int=1))}, "column key takes UUID, not str"),
        ({"place_id": "1" * 32}, "column place_id takes UUID, not str"),
        ({"data": {"a": {1}}}, "not JSON serializable"),
    ],
)
def test_a_value_of_another_type_is_refused_on_both_databases(
    table: None, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message), transaction.atomic():
        insert_rows(Everything, COLUMNS, [make_row(), make_row(**values)])
    assert stored() == []


def test_a_datetime_without_a_zone_is_refused(table: None) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="needs a time zone"), transaction.atomic():
        insert_rows(Everything, COLUMNS, [make_row(moment=naive)])


@pytest.mark.parametrize("width", [-1, 1])
def test_a_row_of_another_width_is_refused(table: None, width: int) -> None:
    ragged = [*make_row(), None][: len(COLUMNS) + width]
    for rows in ([ragged], [make_row(), ragged]):
        with pytest.raises(ValueError, match="zip"), transaction.atomic():
            insert_rows(Everything, COLUMNS, rows)
    assert stored() == []


@pytest.mark.postgres_only
@pytest.mark.parametrize("values", [{"small": 2**15}, {"number": 2**32 + 5}, {"big": -(2**63) - 1}])
def test_a_number_too_large_is_an_error_and_not_another_number(
    table: None, values: dict[str, Any]
) -> None:
    with pytest.raises(DataError, match="out of range"), transaction.atomic():
        insert_rows(Everything, COLUMNS, [make_row(**values)])


@pytest.mark.postgres_only
def test_an_error_of_the_server_does_not_repeat_the_row(table: None) -> None:
    refused = [
        make_row(text="Zainab\x00"),
        make_row(text="Zainab", number=-1),
        make_row(text="Zainab" * 20),
        make_row(text="Zainab", data={"name": "Zainab", "ratio": float("nan")}),
    ]
    for values in refused:
        with pytest.raises((DataError, IntegrityError)) as caught, transaction.atomic():
            insert_rows(Everything, COLUMNS, [values])
        assert "Zainab" not in f"{caught.value} {caught.value.__cause__}"


def test_a_broken_constraint_is_djangos_integrity_error(db: None) -> None:
    submission = make_submission()
    columns = ["id", "submission_id", "line", "raw", "errors", "client_reference", "state"]
    columns += ["version", "accepted_as", "updated_at"]
    now = datetime.now(UTC)
    twice = [[uuid.uuid4(), submission.pk, 7, {}, [], "", "open", 1, "", now] for _ in range(2)]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(RejectedRow, columns, twice)
    assert not RejectedRow.objects.exists()
    assert insert_rows(RejectedRow, columns, twice[:1]) == 1


def test_an_error_spoils_the_callers_transaction_on_both_databases(table: None) -> None:
    with transaction.atomic():
        insert_rows(Everything, COLUMNS, [make_row(text="before")])
        with pytest.raises(IntegrityError):
            insert_rows(Everything, COLUMNS, [make_row(text="good"), make_row(number=-1)])
        assert connection.needs_rollback
        transaction.set_rollback(True)
    assert stored() == []


@pytest.mark.django_db(transaction=True)
def test_an_insert_without_a_transaction_is_all_or_nothing(table_made: None) -> None:
    with pytest.raises(IntegrityError):
        insert_rows(Everything, COLUMNS, [make_row(text="good"), make_row(number=-1)])
    assert stored() == []


def test_rows_disappear_with_the_callers_rollback(table: None) -> None:
    with transaction.atomic():
        insert_rows(Everything, COLUMNS, [make_row(text="gone")])
        assert len(stored()) == 1
        transaction.set_rollback(True)
    assert stored() == []
