"""The parts of a connection's settings that make a call: login, path, headers and body."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from yarl import URL

from eligibility.connectors.http_json import tables
from eligibility.connectors.http_json.placeholders import (
    check_in_body,
    check_outside,
)

_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS: Final = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "connection", "content-encoding"),
        *("cookie", "expect", "te", "upgrade", "proxy-authorization"),
    }
)
_LARGEST_BODY: Final = 20_000


def _check_path(path: str) -> str:
    """Below the connection's address, and nowhere else."""
    if not path:
        return path
    check_outside(path, secrets=False)
    if not path.startswith("/") or "//" in path or re.search(r"[?#\\\s\x00-\x1f\x7f]", path):
        raise ValueError("a path starts with / and holds no blanks, no //, ? or #")
    if any(part in (".", "..") for part in path.split("/")) or not path.isascii():
        raise ValueError("a path holds plain letters and no . or .. parts")
    return path


def _check_query(query: dict[str, str]) -> dict[str, str]:
    for text in query.values():
        check_outside(text, secrets=False)
    return query


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, text in headers.items():
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"“{name[:40]}” cannot be the name of a header")
        if name.lower() in _OURS:
            raise ValueError(f"{name[:40]} is set by the portal itself")
        if not text.isascii() or any(ord(character) < 32 for character in text):
            raise ValueError(f"{name[:40]}: a header holds plain characters on one line")
        check_outside(text, secrets=True)
    return headers


def _check_body(body: Any) -> Any:
    if len(json.dumps(body)) > _LARGEST_BODY:
        raise ValueError(f"a body has at most {_LARGEST_BODY} characters")
    check_in_body(body)
    return body


def _check_address(url: str) -> str:
    try:
        parsed = URL(url)
    except ValueError:
        parsed = URL()
    if url and (parsed.scheme not in ("http", "https") or not parsed.host):
        raise ValueError("this is not a web address; it starts with https://")
    if parsed.user is not None or parsed.password is not None:
        raise ValueError("leave name and password out of the address")
    return url


Path = Annotated[str, Field(max_length=500), AfterValidator(_check_path)]
Query = Annotated[tables.Table, AfterValidator(_check_query)]
Headers = Annotated[tables.Table, AfterValidator(_check_headers)]
Body = Annotated[Any, AfterValidator(_check_body), Field(json_schema_extra={"kind": "json"})]
Address = Annotated[str, Field(max_length=500), AfterValidator(_check_address)]
SecretName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
HeaderName = Annotated[str, Field(pattern=rf"^{_TOKEN.pattern}$")]
Text = Annotated[str, Field(max_length=300)]


class Section(BaseModel):
    """A part of the settings: closed, so that a misspelt name is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Login(Section):
    """How the portal shows who it is. What is secret is named here and kept elsewhere."""

    kind: Annotated[
        Literal["none", "bearer", "basic", "header", "oauth2"],
        Field(
            title="Kind",
            description="bearer: a token. basic: name and password. header: a key in a header "
            "of its own. oauth2: a token fetched with client id and secret.",
        ),
    ] = "none"
    secret: Annotated[
        SecretName,
        Field(
            title="Name of the secret",
            description="Token, password, key or client secret: typed in below under this name.",
        ),
    ] = "secret"  # noqa: S105 (its name)
    user: Annotated[Text, Field(title="User or client id", description="For basic and oauth2.")] = (
        ""
    )
    header: Annotated[
        HeaderName, Field(title="Header", description="For header: what the header is called.")
    ] = "X-Api-Key"
    token_url: Annotated[
        Address, Field(title="Address of the token", description="For oauth2: https://…")
    ] = ""
    scope: Annotated[Text, Field(title="Scope", description="For oauth2, if the payer asks.")] = ""
    audience: Annotated[
        Text, Field(title="Audience", description="For oauth2, if the payer asks.")
    ] = ""
    client_in: Annotated[
        Literal["header", "body"],
        Field(title="Client secret goes in the", description="For oauth2: header is usual."),
    ] = "header"


class Request(Section):
    """One call. Without a path there is none."""

    method: Annotated[Literal["GET", "POST", "PUT"], Field(title="Method")] = "POST"
    path: Annotated[
        Path, Field(title="Path", description="Below the connection's address, such as /checks.")
    ] = ""
    query: Annotated[
        Query,
        Field(title="Query", description="A line each: name = value. Never about the patient."),
    ] = {}
    headers: Annotated[
        Headers,
        Field(
            title="Headers",
            description="A line each: name = value. Login headers come from the login above.",
        ),
    ] = {}
    body: Annotated[
        Body,
        Field(
            title="Body",
            description="JSON whose texts may hold placeholders, such as {id_value}, {id_type}, "
            "{visit_type}, {service_date}, {name}, {dob}, {phone}, {reference}, {handle}.",
        ),
    ] = None

    @model_validator(mode="after")
    def _fits(self) -> Request:
        if self.method == "GET" and self.body is not None:
            raise ValueError("a GET has no body")
        return self
