"""The list of checks among very many rows: pages far behind and searches, against the first page.

`lists.rest.deep` is the page behind the middle row of all (the floor: the first page), the others
are whole pages of the admin for somebody of two clinics: the last page that the list leads to,
one row found by its identifier, and rows found by the beginning of a name.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.management import call_command
from django.db import connection
from django.test import Client

from eligibility.models import EligibilityTask, Payer
from portal.api.newest import cursor_behind
from portal.models import Clinic, Role, User
from tests.benchmarks.cast import Cast, make_cast
from tests.benchmarks.database import versions
from tests.benchmarks.lane_rows import VACUUM
from tests.benchmarks.measure import Contender, Record, as_records, take_turns
from tests.benchmarks.report import with_verdict
from tests.copying import copy_row

ROWS = (100_000,)
SAMPLES = 15
MOST_TIMES = 1.5
ADMIN = "/admin/eligibility/eligibilitytask/"
REST = "/v2/api-integration/tasks"
LAST_PAGE = 200
TEMPLATE = {
    "id_value": {"postgresql": "'CARD-' || n", "sqlite": "'CARD-' || n"},
    "id_key": {"postgresql": "'CARD' || n", "sqlite": "'CARD' || n"},
    "name": {
        "postgresql": "chr(65 + n %% 26) || 'NAME ' || n",
        "sqlite": "char(65 + n %% 26) || 'NAME ' || n",
    },
    "created_at": {
        "postgresql": "now() - n * interval '20 seconds'",
        "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', 'now', '-' || (n * 20) || ' seconds')",
    },
}
"""What differs from row to row, in the SQL of each database; n counts from 1."""


def measure(db: str, row_counts: Sequence[int], samples: int) -> list[Record]:
    """Five records for each number of rows: two of the REST list, three of the admin's."""
    call_command("collectstatic", verbosity=0, interactive=False)  # the pages name its files
    cast, records = make_cast(), []
    second = Clinic.objects.create(team=cast.team, name="Second clinic")
    person = User.objects.create(username="bench", team=cast.team, role=Role.VIEWER, is_staff=True)
    person.clinics.set([cast.clinic, second])
    for rows in row_counts:
        _fill(cast, [cast.clinic, second], rows)
        for floor, contenders in (
            ("lists.rest", _rest(cast)),
            ("lists.admin", _admin(person, rows)),
        ):
            taken = take_turns(contenders, samples, lambda: None)
            found = as_records(taken, floor=floor, db=db, rows=rows, facts=versions())
            records += [found[0], *(with_verdict(r, {"ratio": MOST_TIMES}) for r in found[1:])]
    return records


def _rest(cast: Cast) -> list[Contender]:
    client = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {cast.key}"})
    own = EligibilityTask.objects.filter(clinic=cast.clinic).order_by("-created_at", "-pk")
    middle = cursor_behind(own[own.count() // 2])
    return [
        _page("lists.rest", client, REST),
        _page("lists.rest.deep", client, f"{REST}?cursor={middle}"),
    ]


def _admin(person: User, rows: int) -> list[Contender]:
    client = Client(SERVER_NAME="localhost")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return [
        _page("lists.admin", client, ADMIN),
        _page("lists.admin.last", client, f"{ADMIN}?p={LAST_PAGE}"),
        _page("lists.admin.identifier", client, f"{ADMIN}?q=CARD-{rows // 2}"),
        _page("lists.admin.name", client, f"{ADMIN}?q=CNAME"),
    ]


def _page(name: str, client: Client, path: str) -> Contender:
    def run(asked: str) -> None:
        answer = client.get(asked)
        assert answer.status_code == 200, answer.status_code
        assert b"NAME " in answer.content or b"task_id" in answer.content, "an empty page"

    return Contender(name, lambda: path, run)


def _fill(cast: Cast, clinics: Sequence[Clinic], rows: int) -> None:
    """Answered rows of two clinics, half of them each, twenty seconds apart."""
    differing = {column: texts[connection.vendor] for column, texts in TEMPLATE.items()}
    EligibilityTask.objects.all().delete()
    for clinic in clinics:
        first = EligibilityTask.objects.create(
            team=cast.team,
            clinic=clinic,
            payer=Payer.objects.order_by("pk")[0],
            id_type="CARDNUMBER",
            id_value="CARD-0",
            id_key="CARD0",
            request_dump={},
            not_before="2026-01-01T00:00:00Z",
            status="done",
            outcome="eligible",
        )
        copy_row(first, rows // 2, differing)
    with connection.cursor() as cursor:
        cursor.execute(VACUUM[connection.vendor])
