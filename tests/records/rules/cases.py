"""Every rule of records by example: a row, and what is told about it in either profile.

`lenient` and `strict` are E (an error), W (a warning) or - (nothing). Pointers are those inside
`config` unless they begin with "//", which stands for the row.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from records.rules.base import Facts, RegisteredNpi
from tests.records.rules.make_records import (
    FACTS,
    INTEGRATION,
    OTHER,
    STRANGER,
    SUPERVISOR,
    TAXONOMY,
    make_hours,
    make_npi,
    make_record,
)

E, W, OFF = "E", "W", "-"


class Case(NamedTuple):
    """One row with one fault."""

    row: Any
    code: str
    pointer: str
    lenient: str
    strict: str
    suggestion: Any = None
    facts: Facts = FACTS


def _of(code: str, pointer: str, lenient: str, strict: str, suggestion: Any = None,
        facts: Facts = FACTS, **config: Any) -> Case:  # fmt: skip
    return Case(make_record(**config), code, pointer, lenient, strict, suggestion, facts)


def _npi(npi: str, code: str, lenient: str, strict: str, suggestion: Any = None,
         facts: Facts = FACTS) -> Case:  # fmt: skip
    return _of(code, "/npi", lenient, strict, suggestion, facts, npi=npi)


def _avatar(url: str, suggestion: Any = None) -> Case:
    return _of("avatar.url", "/avatar", W, E, suggestion, avatar=url)


def _language(text: str, suggestion: Any = None) -> Case:
    return _of("language.tag", "/languages/1", W, E, suggestion, languages=["en", text])


def _hours(code: str, pointer: str, suggestion: Any, *stretches: str, **others: Any) -> Case:
    pointer = f"/workingHours/{pointer}"
    return _of(code, pointer, W, E, suggestion, **make_hours(*stretches, **others))


def _time(start: str, suggestion: str | None) -> Case:
    return _hours("hours.format", "mon/0/start", suggestion, f"{start}-23:59")


def _unknown(name: str, suggestion: Any, pointer: str = "") -> Case:
    row = make_record(**{name: "x"})
    return Case(row, "field.unknown", pointer or f"/{name}", W, E, suggestion)


def _of_row(code: str, pointer: str, lenient: str, strict: str, suggestion: Any = None,
            **fields: Any) -> Case:  # fmt: skip
    row: dict[str, Any] = make_record() | fields
    return Case(row, code, f"/{pointer}", lenient, strict, suggestion)


def _facts(**changes: Any) -> Facts:
    known: dict[str, Any] = {
        "integrations": FACTS.integrations,
        "supervisors": FACTS.supervisors,
        "taxonomy": TAXONOMY,
    }
    return Facts(**known | changes)


RIGHT = make_npi()
REGISTRY = _facts(npi_registry={RIGHT: RegisteredNpi("Amal Haddad")})
NPI_OF_A_COMPANY = _facts(npi_registry={RIGHT: RegisteredNpi("Creek Clinic", is_person=False)})
NPI_OUT_OF_FORCE = _facts(npi_registry={RIGHT: RegisteredNpi("Amal Haddad", is_active=False)})
NPI_OF_SOMEBODY = _facts(npi_registry={RIGHT: RegisteredNpi("Boris Novak")})
OWN = _facts(own_ids={0: SUPERVISOR}, supervisors={SUPERVISOR: None, OTHER: SUPERVISOR})
WRONG_DIGIT = RIGHT[:4] + str((int(RIGHT[4]) + 3) % 10) + RIGHT[5:]
LONG = "x" * 10_001
NO_ROWS: tuple[Any, ...] = (None, [], "x", 1, True)

CASES: list[Case] = [
    # the row as a whole
    *(Case(row, "row.type", "//", E, E) for row in NO_ROWS),
    Case({"logicalId": "L"}, "config.missing", "//config", E, E),
    Case({"config": None}, "config.missing", "//config", E, E),
    Case({"config": []}, "config.type", "//config", E, E),
    Case({"config": {}}, "type.unsupported", "/type", E, E, "practitioners"),
    _of("type.unsupported", "/type", E, E, "practitioners", type="Practitioner"),
    _of("type.unsupported", "/type", E, E, None, type="rooms"),
    _of("type.type", "/type", E, E, None, type=["practitioners"]),
    # types and lengths
    _of("npi.type", "/npi", E, E, "1234567893", npi=1234567893),
    _of("npi.type", "/npi", E, E, None, npi=1234567893.0),
    _of("npi.type", "/npi", E, E, None, npi=True),
    _of("languages.type", "/languages", E, E, None, languages="en"),
    _of("languages.type", "/languages/1", E, E, "5", languages=["en", 5]),
    _of("specialties.type", "/specialties/0", E, E, None, specialties=["207Q00000X"]),
    _of("specialties.type", "/specialties/0/code", E, E, "7", specialties=[{"code": 7}]),
    _of("locations.type", "/locations", E, E, None, locations={}),
    _of("workingHours.type", "/workingHours", E, E, None, workingHours=[]),
    _of("workingHours.type", "/workingHours/mon", E, E, None, workingHours={"mon": {}}),
    _of("workingHours.type", "/workingHours/mon/0/start", E, E, "9",
        workingHours={"mon": [{"start": 9, "end": "17:00"}]}),
    _of_row("logicalId.type", "/logicalId", E, E, "7", logicalId=7),
    _of_row("integrationId.type", "/integrationId", E, E, None, integrationId={}),
    _of_row("text.too_long", "/logicalId", E, E, logicalId="x" * 201),
    _of("text.too_long", "/name", E, E, name="x" * 301),
    _of("text.too_long", "/gender", E, E, gender="x" * 33),
    _of("text.too_long", "/status", E, E, status="x" * 33),
    _of("text.too_long", "/avatar", E, E, avatar="https://example.com/" + "x" * 2048),
    _of("text.too_long", "/summary", E, E, summary=LONG),
    _of("text.too_long", "/education", E, E, education=LONG),
    _of("text.too_long", "/qualification", E, E, qualification=LONG),
    _of("text.too_long", "/languages", E, E, languages=["en"] * 101),
    _of("text.too_long", "/locations/0/locationId", E, E, locations=[{"locationId": "x" * 201}]),
    _of("text.unstorable", "/name", E, E, name="A\0mal"),
    _of("text.unstorable", "/name", E, E, name="A\ud800mal"),
    _of("text.unstorable", "/npi", E, E, npi=float("inf")),
    _of("text.unstorable", "/languages/0", E, E, languages=["\udfff"]),
    # ids
    _of_row("objectid.pattern", "/integrationId", E, E, integrationId="5eb7"),
    _of_row("objectid.pattern", "/integrationId", E, E, INTEGRATION,
            integrationId=f" {INTEGRATION.upper()}"),
    _of("objectid.pattern", "/supervisorId", E, E, None, supervisorId=""),
    _of("objectid.pattern", "/supervisorId", E, E, None, supervisorId=f"{SUPERVISOR}\n0"),
    _of("objectid.pattern", "/supervisorId", E, E, SUPERVISOR, supervisorId=f"{SUPERVISOR}\n"),
    _of("objectid.pattern", "/preferred_visiting_reasons/1", E, E, None,
        preferred_visiting_reasons=[OTHER, "fever"]),
    _of_row("integration.unknown", "/integrationId", W, E, integrationId=STRANGER),
    _of("status.enum", "/status", E, E, "active", status="Active"),
    _of("status.enum", "/status", E, E, "inactive", status="retired"),
    _of("status.enum", "/status", E, E, None, status=""),
    _of("status.enum", "/status", E, E, None, status="xyz"),
    # supervisors
    _of("supervisor.missing", "/supervisorId", W, E, supervisorId=STRANGER),
    _of("supervisor.self", "/supervisorId", OFF, W, facts=OWN, supervisorId=SUPERVISOR),
    _of("supervisor.cycle", "/supervisorId", W, E, facts=OWN, supervisorId=OTHER),
    # NPI
    _npi("<string>", "npi.format", W, E),
    _npi("123", "npi.format", W, E),
    _npi(RIGHT[:9] + "०", "npi.format", W, E, RIGHT if RIGHT[9] == "0" else None),
    _npi(f" {RIGHT[:4]}-{RIGHT[4:]} ", "npi.format", W, E, RIGHT),
    _npi(f"{RIGHT}.0", "npi.format", W, E, RIGHT),
    _npi(f"NPI: {RIGHT}", "npi.format", W, E, RIGHT),
    _npi(RIGHT[:5] + RIGHT[6:], "npi.format", W, E, RIGHT, REGISTRY),
    _npi(RIGHT[:5] + "7" + RIGHT[5:], "npi.format", W, E, RIGHT, REGISTRY),
    _npi(WRONG_DIGIT, "npi.checksum", W, E),
    _npi(WRONG_DIGIT, "npi.checksum", W, E, RIGHT, REGISTRY),
    _npi(RIGHT[:2] + RIGHT[3] + RIGHT[2] + RIGHT[4:], "npi.checksum", W, E, RIGHT, REGISTRY),
    _npi(make_npi(999999219), "npi.first_digit", W, W),
    _npi(RIGHT, "npi.shared", W, W, facts=_facts(shared_npis=frozenset({RIGHT}))),
    _npi(RIGHT, "npi.registry", W, W, facts=NPI_OF_A_COMPANY),
    _npi(RIGHT, "npi.registry", W, W, facts=NPI_OUT_OF_FORCE),
    _npi(RIGHT, "npi.registry", W, W, facts=NPI_OF_SOMEBODY),
    _npi(make_npi(200000001), "npi.registry", W, W, facts=REGISTRY),
    _npi("", "npi.missing", OFF, W),
    _of("npi.missing", "/npi", OFF, W, npi=None),
    _of("name.missing", "/name", OFF, W, name=" "),
    _of("name.missing", "/name", OFF, W, name=None),
    # gender
    _of("gender.value", "/gender", W, E, "male", gender="Male"),
    _of("gender.value", "/gender", W, E, "female", gender=" F "),
    _of("gender.value", "/gender", W, E, "female", gender="woman"),
    _of("gender.value", "/gender", W, E, "unknown", gender="not stated"),
    _of("gender.value", "/gender", W, E, None, gender="<string>"),
    # languages
    _language("English", "en"),
    _language("arabic", "ar"),
    _language("Engish", "en"),
    _language("العربية", "ar"),
    _language("eng", "en"),
    _language("jp", "ja"),
    _language("en_US", "en-US"),
    _language(" fr", "fr"),
    _language("English (US)", "en"),
    _language("English, Arabic"),
    _language("xx"),
    _language(""),
    _language("<string>"),
    # specialties
    *(
        _of("specialty.code", "/specialties/0/code", W, E, meant, specialties=[given])
        for given, meant in (
            ({"code": "<string>"}, None),
            ({"code": "999Q00000X"}, None),
            ({"code": "207q00000x "}, "207Q00000X"),
            ({"code": "207QO0000X"}, "207Q00000X"),
            ({"code": "Dermatology"}, "207N00000X"),
            ({"code": "D1", "name": "dermatology physician"}, "207N00000X"),
        )
    ),
    _of("specialty.name", "/specialties/0/name", W, W, "Family Medicine Physician",
        specialties=[{"code": "207Q00000X", "name": "Dermatology Physician"}]),
    # working hours
    _time("9am", "09:00"),
    _time("9:00 AM", "09:00"),
    _time("12 a.m.", "00:00"),
    _time("12pm", "12:00"),
    _time("0900", "09:00"),
    _time("900", "09:00"),
    _time("9", "09:00"),
    _time("9.30", "09:30"),
    _time("9h30", "09:30"),
    _time("09:00:00", "09:00"),
    _time("noon", "12:00"),
    _time("24:00", "00:00"),
    _time("٠٩:٠٠", "09:00"),
    _time("25:00", None),
    _time("09:60", None),
    _time("13am", None),
    _time("<string>", None),
    _hours("hours.format", "mon/0/end", "17:00", "09:00-5 pm"),
    _hours("hours.format", "mon/0/end", "24:00", "09:00-12am"),
    _hours("hours.order", "mon/0",
           {"mon": [{"start": "22:00", "end": "24:00"}],
            "tue": [{"start": "00:00", "end": "06:00"}]},
           "22:00-06:00"),
    _hours("hours.order", "mon/1",
           {"mon": [{"start": "08:00", "end": "12:00"}, {"start": "22:00", "end": "24:00"}],
            "tue": [{"start": "00:00", "end": "06:00"}, {"start": "09:00", "end": "12:00"}]},
           "08:00-12:00", "22:00-06:00", tue=[{"start": "09:00", "end": "12:00"}]),
    _hours("hours.order", "sun/0",
           {"sun": [{"start": "22:00", "end": "24:00"}],
            "mon": [{"start": "00:00", "end": "02:00"}]},
           "22:00-02:00", day="sun"),
    _hours("hours.order", "mon/0", {"mon": [{"start": "18:00", "end": "24:00"}]}, "18:00-00:00"),
    _hours("hours.order", "mon/0", {"mon": [{"start": "00:00", "end": "24:00"}]}, "00:00-00:00"),
    _hours("hours.order", "mon/0", None, "09:00-09:00"),
    _hours("hours.overlap", "mon/1", {"mon": [{"start": "09:00", "end": "17:00"}]},
           "09:00-13:00", "12:00-17:00"),
    _hours("hours.overlap", "mon/0", {"mon": [{"start": "09:00", "end": "17:00"}]},
           "12:00-13:00", "09:00-17:00"),
    _hours("hours.overlap", "mon/1", {"mon": [{"start": "09:00", "end": "13:00"}]},
           "09:00-13:00", "09:00-13:00"),
    _of("hours.half", "/workingHours/mon/0/end", W, E, workingHours={"mon": [{"start": "09:00"}]}),
    _hours("hours.half", "mon/0/start", None, "-17:00"),
    _of("hours.day", "/workingHours/Monday", W, E, "mon", workingHours={"Monday": []}),
    _of("hours.day", "/workingHours/holidays", W, E, None, workingHours={"holidays": []}),
    # avatar
    _avatar("<string>"),
    _avatar("photo.png"),
    _avatar("/photo.png"),
    _avatar("example.com/photo.png", "https://example.com/photo.png"),
    _avatar("//example.com/photo.png", "https://example.com/photo.png"),
    _avatar(" https://example.com/photo.png", "https://example.com/photo.png"),
    _avatar("https://me:secret@example.com/p.png", "https://example.com/p.png"),
    _avatar("ftp://example.com/p.png"),
    _avatar("javascript:alert(1)"),
    _avatar("data:image/png;base64,AAAA"),
    _avatar("https://"),
    _avatar("https://example.com:99999/p.png"),
    _avatar("https://[::1/p.png"),
    _avatar("https://example.com/a b.png"),
    # unknown fields
    _unknown("speciality", "specialties"),
    _unknown("working_hours", "workingHours"),
    _unknown("organisationId", "organizationId"),
    _unknown("photo", "avatar"),
    _unknown("sex", "gender"),
    _unknown("favouriteColour", None),
    _unknown("a/b~c", None, "/a~1b~0c"),
    _of("field.unknown", "/specialties/0/nuccCode", W, E, "code",
        specialties=[{"nuccCode": "207Q00000X"}]),
    _of("field.unknown", "/locations/0/id", W, E, "locationId", locations=[{"id": "A"}]),
    _of("field.unknown", "/workingHours/mon/0/until", W, E, "end",
        workingHours={"mon": [{"start": "09:00", "end": "10:00", "until": "11:00"}]}),
    _of_row("field.unknown", "/logical_id", W, E, "logicalId", logical_id="x"),
    _of_row("field.unknown", "/npi", W, E, "config.npi", npi="x"),
]  # fmt: skip
