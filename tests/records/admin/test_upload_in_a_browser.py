from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from records.admin import upload
from records.models import Integration, ResourceRecord
from records.operations import imports
from tests.browser import Watched
from tests.cast import Cast
from tests.portal.admin.entering import PASSWORD, with_password

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "logicalId,npi,name,languages,workingHours"
GOOD = "p-{n},1234567893,Sentinel Person {n},en|ar,mon=09:00-12:30"
BAD = "p-{n},123,Sentinel Person {n},English,9 to 5"


@pytest.fixture
def operator(watched: Watched, committed_cast: Cast, settings: Any, tmp_path: Path) -> Watched:
    settings.UPLOAD_DIR = str(tmp_path / "uploads")
    Integration.objects.create(team=committed_cast.us.team, name="Athena")
    watched.log_in(with_password(committed_cast.us.operator).username, PASSWORD)
    return watched


def test_a_file_is_tried_and_comes_in_by_pieces_without_another_click(
    operator: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 2)
    monkeypatch.setattr(upload, "PIECE_SECONDS", 0)
    path = tmp_path / "people.csv"
    rows = [(BAD if n == 3 else GOOD).format(n=n) for n in range(1, 7)]
    path.write_text("\n".join([HEADER, *rows]))
    page = operator.page
    operator.go("/admin/records/upload/")
    page.locator("#upload-list").set_input_files(path)
    page.get_by_label("Integration").select_option(label="Athena")
    page.get_by_role("button", name="Try the file").click()
    page.get_by_role("heading", name="What it would do").wait_for()
    assert page.get_by_role("cell", name="Working hours").count() == 1
    assert operator.violations() == []
    page.get_by_role("button", name="Bring them in").click()
    page.get_by_text("5 of 6 rows are in").wait_for()
    assert ResourceRecord.objects.count() == 5
    assert operator.violations() == []
