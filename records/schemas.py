"""The shape of one row of a bulk request for records: JSON types and lengths, as documented.

Pydantic answers with every fault of a row at once; `rules` turns them into words. Values are
never converted: an NPI sent as a number is an error, because nobody knows what else it lost. A
null or absent value is the same to all rules, and everything but `config` may be absent: in what
was validated every documented key is present, absent ones None.

The shapes are typed dictionaries: a week of hours is built in half the time that objects take.
A second type of record is one more class here, named in `_CONFIGS`, and its rules in
`rules.check.RULES`.
"""

from __future__ import annotations

from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    Required,  # pydantic wants these before Python 3.12
    TypeAlias,
    TypeVar,
    get_args,
)
from typing import get_type_hints as hints

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, with_config
from typing_extensions import TypedDict

OBJECT_ID: Final = "^[0-9a-f]{24}$"
EXAMPLE_ID: Final = "5eb7cf5a86d9755df3a6c593"
MOST_ITEMS: Final = 100
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Id = Annotated[str, StringConstraints(max_length=200)]
Name = Annotated[str, StringConstraints(max_length=300)]
Word = Annotated[str, StringConstraints(max_length=32)]
Url = Annotated[str, StringConstraints(max_length=2048)]
Prose = Annotated[str, StringConstraints(max_length=10_000)]
ObjectId = Annotated[str, StringConstraints(pattern=OBJECT_ID), Field(examples=[EXAMPLE_ID])]

ABSENT: Final = Field(default=None)
"""What may be null or absent: both are None once it was validated."""

_STRICT: Final = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


@with_config(_STRICT)
class Specialty(TypedDict, total=False):
    """One specialty: a NUCC code and its display name."""

    name: Annotated[Name | None, ABSENT, Field(description="The code's display name.")]
    code: Annotated[Id | None, ABSENT, Field(description="A NUCC code such as 207Q00000X.")]


@with_config(_STRICT)
class Location(TypedDict, total=False):
    """One place where the practitioner works."""

    locationId: Annotated[Id | None, ABSENT]
    locationName: Annotated[Name | None, ABSENT]


@with_config(_STRICT)
class Hours(TypedDict, total=False):
    """One stretch of a day."""

    start: Annotated[Word | None, ABSENT, Field(description="HH:MM in 24 hours.")]
    end: Annotated[Word | None, ABSENT, Field(description="HH:MM in 24 hours; 24:00 is midnight.")]


Day: TypeAlias = Annotated[Annotated[list[Hours], Field(max_length=MOST_ITEMS)] | None, ABSENT]


@with_config(_STRICT)
class WorkingHours(TypedDict, total=False):
    """The week. A day that is absent, null or empty is a day off."""

    mon: Day
    tue: Day
    wed: Day
    thu: Day
    fri: Day
    sat: Day
    sun: Day


@with_config(_STRICT)
class Practitioner(TypedDict, total=False):
    """A practitioner: who it is, what for, where and when."""

    type: Required[Literal["practitioners"]]
    organizationId: Annotated[Id | None, ABSENT, Field(description="The organisation's own id.")]
    id: Annotated[Id | None, ABSENT, Field(description="The practitioner's id in your system.")]
    npi: Annotated[Id | None, ABSENT, Field(description="National Provider Identifier: 10 digits.")]
    name: Annotated[Name | None, ABSENT]
    gender: Annotated[Word | None, ABSENT, Field(description="male, female, other or unknown.")]
    avatar: Annotated[Url | None, ABSENT, Field(description="An http(s) address; never fetched.")]
    summary: Annotated[Prose | None, ABSENT]
    qualification: Annotated[Prose | None, ABSENT]
    education: Annotated[Prose | None, ABSENT]
    supervisorId: Annotated[
        ObjectId | None, ABSENT, Field(description="The `_id` of another record of the team.")
    ]
    status: Annotated[Word | None, ABSENT, Field(description="active or inactive.")]
    languages: Annotated[
        Annotated[list[Id], Field(max_length=MOST_ITEMS)] | None,
        ABSENT,
        Field(description="BCP 47 tags such as en or pt-BR."),
    ]
    specialties: Annotated[Annotated[list[Specialty], Field(max_length=MOST_ITEMS)] | None, ABSENT]
    locations: Annotated[Annotated[list[Location], Field(max_length=MOST_ITEMS)] | None, ABSENT]
    workingHours: Annotated[WorkingHours | None, ABSENT]
    preferred_visiting_reasons: Annotated[
        Annotated[list[ObjectId], Field(max_length=MOST_ITEMS)] | None, ABSENT
    ]


ConfigOf = TypeVar("ConfigOf")


@with_config(_STRICT)
class Place(TypedDict, total=False):
    """Where a record stands in the sender's system."""

    logicalId: Annotated[
        Id | None, ABSENT, Field(description="Your own id of the record, unique per integration.")
    ]
    integrationId: Annotated[
        ObjectId | None, ABSENT, Field(description="The integration that the record came through.")
    ]


@with_config(_STRICT)
class Row(Place, Generic[ConfigOf], total=False):
    """One record to be stored: where it stands in your system, and what it says."""

    config: Required[ConfigOf]


_CONFIGS: Final[tuple[type[Any], ...]] = (Practitioner,)


def _word(config: type[Any]) -> str:
    """The value of `type` that stands for this class."""
    (word,) = get_args(hints(config)["type"])
    return str(word)


CONFIG_TYPES: Final[dict[str, type[Any]]] = {_word(each): each for each in _CONFIGS}
"""`config.type` → the class of such a config."""

ROWS: Final[dict[str, TypeAdapter[Any]]] = {
    word: TypeAdapter(Row[each])  # type: ignore[valid-type]
    for word, each in CONFIG_TYPES.items()
}
"""`config.type` → what validates a row with such a config."""

PLACE: Final[TypeAdapter[Place]] = TypeAdapter(Place)

READ_ONLY: Final = frozenset({"_id", "teamId", "createdBy", "updatedBy", "createdAt", "updatedAt"})
"""Keys of a record that the portal writes: in a row they are no mistake, and not read."""


def row_json_schema() -> dict[str, Any]:
    """The JSON schema of one row: of the one type, or of any of them told apart by `type`."""
    schemas = [each.json_schema() for each in ROWS.values()]
    return schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
