from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from eligibility import payer_file, registry
from eligibility.models import Payer
from portal.models import AuditEvent, Verb
from tests.cast import Cast
from tests.eligibility.make_rows import make_row
from tests.portal.admin.entering import context, enter, form_errors, said

ADD = "/admin/eligibility/payer/add/"
LIST = "/admin/eligibility/payer/"


@pytest.fixture
def supervisor(cast: Cast) -> Client:
    return enter(cast.us.supervisor)


def page(payer: Payer) -> str:
    return reverse("admin:eligibility_payer_change", args=[payer.pk])


def filled_in(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send if nothing were touched."""
    form = context(client.get(address))["adminform"].form
    body: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        if bound.name == "requires":
            body |= as_rows(value or [])
        elif isinstance(value, bool):
            body |= {bound.name: "on"} if value else {}
        else:
            body[bound.name] = [] if value is None else value
    return body


def as_rows(rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Requirements as the rows of the form send them."""
    body: dict[str, Any] = {}
    for number, rule in enumerate(rules):
        body[f"requires-{number}-field"] = rule["field"]
        for key, codes in rule["when"].items():
            body[f"requires-{number}-{key}"] = codes
    return body


def a_payer(**fields: Any) -> dict[str, Any]:
    return {
        "code": "new01",
        "name": "New Insurer",
        "kind": "insurer",
        "is_active": "on",
        "id_types": ["EMIRATESID", "PASSPORT"],
        "visit_types": ["OUTPATIENT"],
        "aliases": "newins\n\n NEW-INS \nnewins",
        **as_rows([{"field": "phone", "when": {"visit_type": ["OUTPATIENT"]}}]),
    } | fields


def test_a_new_payer_is_known_to_the_api_at_once(supervisor: Client, cast: Cast) -> None:
    row = make_row(tpa_name="NEWINS", id_type="EMIRATESID", visit_type="OUTPATIENT")
    assert created(cast, row) == 0
    assert supervisor.post(ADD, a_payer()).status_code == 302
    payer = Payer.objects.get(code="NEW01")
    assert payer.aliases == ["NEWINS", "NEW-INS"]
    assert payer.id_types == ["EMIRATESID", "PASSPORT"]
    assert payer.requires == [{"field": "phone", "when": {"visit_type": ["OUTPATIENT"]}}]
    assert created(cast, row) == 1
    assert created(cast, {**row, "phone": "", "client_reference": "b"}) == 0


def created(cast: Cast, row: dict[str, Any]) -> int:
    answer = Client().post(
        "/v2/api-integration/bulk/create-tasks?dry_run=true",
        {"requests": [row]},
        content_type="application/json",
        headers={"x-api-key": cast.us.key},
    )
    summary: dict[str, Any] = answer.json()
    return 1 if answer.status_code < 300 and not summary.get("rejected_rows") else 0


def test_every_shipped_payer_is_saved_as_it_was(supervisor: Client, cast: Cast) -> None:
    before = list(Payer.objects.order_by("code").values())
    for payer in Payer.objects.all():
        answer = supervisor.post(page(payer), filled_in(supervisor, page(payer)))
        assert answer.status_code == 302, (payer.code, form_errors(answer))
    after = list(Payer.objects.order_by("code").values())
    for was, is_now in zip(before, after, strict=True):
        assert was | {"updated_at": None} == is_now | {"updated_at": None}
    assert not AuditEvent.objects.filter(verb=Verb.CHANGED).exists()


def test_a_change_of_rules_is_logged_with_before_and_after(
    supervisor: Client, cast: Cast, payers: dict[str, Payer]
) -> None:
    payer = payers["TPA002"]
    body = filled_in(supervisor, page(payer))
    body["id_types"] = ["EMIRATESID"]
    assert supervisor.post(page(payer), body).status_code == 302
    event = AuditEvent.objects.get(verb=Verb.CHANGED)
    assert event.changes == {"id_types": [payer.id_types, ["EMIRATESID"]]}
    assert (event.object_kind, event.actor_id) == ("eligibility.payer", cast.us.supervisor.pk)
    loaded = {rules.code: rules for rules in registry.load().rules.payers}
    assert loaded["TPA002"].id_types == ("EMIRATESID",)


@pytest.mark.parametrize(
    ("fields", "at", "words"),
    [
        ({"code": ""}, "code", "required"),
        ({"code": "tpa002"}, "code", "payer of this code"),
        ({"code": "x" * 33}, "code", "at most 32"),
        ({"name": ""}, "name", "required"),
        ({"id_types": []}, "id_types", "required"),
        ({"id_types": ["LICENCE"]}, "id_types", "LICENCE"),
        ({"visit_types": ["HOLIDAY"]}, "visit_types", "HOLIDAY"),
        ({"aliases": "TPA002"}, "aliases", "names two payers"),
        ({"aliases": "x" * 40}, "aliases", "at most 32"),
        ({"kind": "search"}, "members", "has to ask somebody"),
        ({"kind": "search", "members": ["NOBODY"]}, "members", "NOBODY"),
        ({"optional": ["shoe_size"]}, "optional", "shoe_size"),
        ({"requires-0-field": "shoe_size"}, "requires", "shoe_size"),
        (
            {"requires-1-field": "phone", "requires-1-visit_type": ["OUTPATIENT"]},
            "requires",
            "twice",
        ),
    ],
)
def test_a_slip_is_shown_at_its_field(
    supervisor: Client, cast: Cast, fields: dict[str, Any], at: str, words: str
) -> None:
    answer = supervisor.post(ADD, a_payer(**fields))
    assert answer.status_code == 200
    assert words in " ".join(form_errors(answer)[at])
    assert not Payer.objects.filter(name="New Insurer").exists()


def test_what_was_typed_stays_in_the_form_beside_the_fault(supervisor: Client, cast: Cast) -> None:
    text = supervisor.post(ADD, a_payer(name="")).content.decode()
    assert '<option value="phone" selected>' in text
    assert "NEW-INS" in text.upper()


def test_the_code_and_the_kind_stay_what_they_are(
    supervisor: Client, payers: dict[str, Payer]
) -> None:
    payer = payers["TPA002"]
    body = filled_in(supervisor, page(payer)) | {"code": "OTHER", "kind": "search"}
    assert supervisor.post(page(payer), body).status_code == 302
    payer.refresh_from_db()
    assert (payer.code, payer.kind) == ("TPA002", "tpa")


def test_two_editors_do_not_undo_each_other(supervisor: Client, payers: dict[str, Payer]) -> None:
    payer = payers["TPA002"]
    first, second = filled_in(supervisor, page(payer)), filled_in(supervisor, page(payer))
    assert supervisor.post(page(payer), first | {"name": "First"}).status_code == 302
    answer = supervisor.post(page(payer), second | {"name": "Second"})
    assert "Somebody else changed this payer" in answer.content.decode()
    payer.refresh_from_db()
    assert payer.name == "First"


def test_conditions_that_the_form_does_not_offer_are_kept(
    supervisor: Client, payers: dict[str, Payer]
) -> None:
    payer = payers["TPA002"]
    rule = {"field": "phone", "when": {"serviceType": ["A"], "visit_type": ["DENTAL"]}}
    Payer.objects.filter(pk=payer.pk).update(requires=[rule])
    body = filled_in(supervisor, page(payer))
    body["requires-0-others"] = '{"serviceType": ["A"]}'
    assert supervisor.post(page(payer), body).status_code == 302
    payer.refresh_from_db()
    assert payer.requires == [rule]


def test_a_viewer_reads_the_rules_in_words(cast: Cast, payers: dict[str, Payer]) -> None:
    client = enter(cast.us.viewer)
    text = client.get(page(payers["TPA003"])).content.decode()
    assert "name when the identifier type is Insurance card number" in text
    assert 'name="_save"' not in text
    assert client.post(page(payers["TPA003"]), {"name": "Mine"}).status_code == 403


def test_payers_are_switched_many_at_once_and_the_page_says_how_many(
    supervisor: Client, cast: Cast, payers: dict[str, Payer]
) -> None:
    chosen = [payers[code].pk for code in ("TPA001", "TPA002", "TPA003")]
    Payer.objects.filter(code="TPA001").update(is_active=False)
    body = {"action": "deactivate", "_selected_action": chosen}
    assert said(supervisor.post(LIST, body)) == "2 switched off, 1 already was."
    assert Payer.objects.filter(pk__in=chosen, is_active=True).count() == 0
    assert AuditEvent.objects.filter(verb=Verb.DEACTIVATED).count() == 2
    assert "TPA002" not in registry.load().ids
    body["action"] = "activate"
    assert said(supervisor.post(LIST, body)).endswith("3 put in use.")
    assert "TPA002" in registry.load().ids


def test_the_form_offers_the_shipped_vocabulary(supervisor: Client, cast: Cast) -> None:
    text = supervisor.get(ADD).content.decode()
    for code in payer_file.shipped().vocabulary.visit_spellings:
        assert f'value="{code}"' in text
