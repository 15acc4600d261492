"""Whoever manages connections says how long an answer may be reused, by visit type."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from eligibility.admin.freshness_field import FreshnessWidget, window_words, windows_words
from eligibility.models import Connection
from portal.models import AuditEvent
from tests.cast import Cast
from tests.eligibility.admin.looking import text_of
from tests.eligibility.admin.test_connection_form import a_connection, own, page
from tests.portal.admin.entering import enter, form_errors

pytestmark = pytest.mark.django_db


def save(cast: Cast, connection: Connection, **windows: str) -> Any:
    """Send the form with these windows chosen."""
    body = a_connection(connection.payer, name=connection.name)
    body |= {f"freshness-{name}": text for name, text in windows.items()}
    return enter(cast.us.admin).post(page(connection), body)


def test_windows_are_chosen_for_all_visits_and_for_some(cast: Cast) -> None:
    connection = own(cast)
    assert save(cast, connection, others="4h", DENTAL="day", INPATIENT="off").status_code == 302
    connection.refresh_from_db()
    assert connection.freshness == {"*": "4h", "DENTAL": "day", "INPATIENT": "off"}
    text = text_of(enter(cast.us.admin).get(page(connection)))
    assert "Visits not named below" in text
    assert "As for other visits" in text


def test_windows_are_taken_away_again(cast: Cast) -> None:
    connection = own(cast)
    save(cast, connection, others="day")
    assert save(cast, connection, others="off", DENTAL="").status_code == 302
    connection.refresh_from_db()
    assert connection.freshness == {}


def test_a_change_is_audited_in_words(cast: Cast) -> None:
    connection = own(cast)
    save(cast, connection, others="24h", DENTAL="off")
    event = AuditEvent.objects.filter(object_kind="eligibility.connection").latest("pk")
    assert event.changes["freshness"] == [{}, {"*": "24h", "DENTAL": "off"}]
    words = windows_words(event.changes["freshness"][1])
    assert words == "other visits: for 1 day; Dental: never: always ask"


@pytest.mark.parametrize("windows", [{"others": "soon"}, {"others": "999h"}, {"TRAVEL": "4h"}])
def test_what_is_no_window_and_no_visit_type_is_refused(
    cast: Cast, windows: dict[str, str]
) -> None:
    connection = own(cast)
    answer = save(cast, connection, **windows)
    assert "freshness" in form_errors(answer)
    connection.refresh_from_db()
    assert connection.freshness == {}


def test_the_test_connection_always_asks(cast: Cast) -> None:
    connection = Connection.objects.get(team=cast.us.team, payer=None)
    assert "freshness" in form_errors(save(cast, connection, others="4h"))
    text = text_of(enter(cast.us.admin).get(page(connection)))
    assert "The test connection always asks." in text


def test_who_may_only_look_reads_the_windows_and_cannot_send_others(cast: Cast) -> None:
    connection = own(cast)
    Connection.objects.filter(pk=connection.pk).update(freshness={"*": "4h"})
    client: Client = enter(cast.us.supervisor)
    assert "other visits: for 4 hours" in text_of(client.get(page(connection)))
    body = a_connection(connection.payer) | {"freshness-others": "off"}
    assert client.post(page(connection), body).status_code == 403
    connection.refresh_from_db()
    assert connection.freshness == {"*": "4h"}


def test_windows_that_are_not_in_the_list_keep_their_place_in_it() -> None:
    widget = FreshnessWidget()
    shown = widget.render("freshness", {"*": "6h", "GONE": "4h"})
    assert '<option value="6h" selected>For 6 hours</option>' in shown
    assert 'name="freshness-GONE"' in shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("off", "Never: always ask"),
        ("day", "On the same day"),
        ("1h", "For 1 hour"),
        ("36h", "For 36 hours"),
        ("24h", "For 1 day"),
        ("168h", "For 7 days"),
    ],
)
def test_a_window_in_words(text: str, words: str) -> None:
    assert window_words(text) == words
