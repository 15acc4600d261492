"""A connector's settings class as inputs: which there are, and text to value and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

SPARE_LINES = 1
MOST_LINES = 16


@dataclass(frozen=True, slots=True)
class Input:
    """One setting. `path` leads to it through the settings, with dots; `kind` is how it looks."""

    path: str
    label: str
    help: str
    kind: str
    annotation: Any = None
    default: Any = None
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that belong together; the ungrouped ones have no title."""

    title: str
    help: str
    inputs: tuple[Input, ...] = field(default_factory=tuple)


def groups_of(settings: type[BaseModel]) -> list[Group]:
    """Every setting of the class, in its own order."""
    groups: list[Group] = []
    for key, info in settings.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            inputs = tuple(_inputs(info.annotation, info.default, f"{key}."))
            groups.append(Group(_label(key, info), info.description or "", inputs))
        elif groups and not groups[-1].title:
            one = _input(key, key, info, info.default)
            groups[-1] = Group("", "", (*groups[-1].inputs, one))
        else:
            groups.append(Group("", "", (_input(key, key, info, info.default),)))
    return groups


def inputs_of(settings: type[BaseModel]) -> Iterator[Input]:
    """The same without their groups."""
    for group in groups_of(settings):
        yield from group.inputs


def _inputs(section: type[BaseModel], default: Any, prefix: str) -> Iterator[Input]:
    for key, info in section.model_fields.items():
        usual = getattr(default, key, info.default)
        yield _input(prefix + key, key, info, usual)


def _input(path: str, key: str, info: FieldInfo, default: Any) -> Input:
    kind, choices = _kind(info)
    words = (_label(key, info), info.description or "")
    return Input(path, *words, kind, info.annotation, default, choices)


def _label(key: str, info: FieldInfo) -> str:
    return info.title or key.replace("_", " ").capitalize()


def _kind(info: FieldInfo) -> tuple[str, tuple[tuple[str, str], ...]]:
    extra = info.json_schema_extra
    if isinstance(extra, Mapping) and "kind" in extra:
        return str(extra["kind"]), ()
    if get_origin(info.annotation) is Literal:
        return "select", tuple((str(each), str(each)) for each in get_args(info.annotation))
    if info.annotation is bool:
        return "select", (("false", "No"), ("true", "Yes"))
    return "text", ()


def value_at(settings: Mapping[str, Any], path: str) -> Any:
    """The setting at a path; None where there is none."""
    found: Any = settings
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def put_at(settings: dict[str, Any], path: str, value: Any) -> None:
    """Write a setting, with the sections around it."""
    *sections, last = path.split(".")
    for section in sections:
        settings = settings.setdefault(section, {})
    settings[last] = value


def shown(one: Input, value: Any) -> str:
    """A setting as its input shows it."""
    if value is None and one.kind == "select":
        value = one.default
    if value is None:
        return ""
    if one.kind == "json":
        return json.dumps(value, indent=2, ensure_ascii=False)
    if one.kind == "table" and isinstance(value, Mapping):
        return "\n".join(f"{word} = {meaning}" for word, meaning in value.items())
    return as_text(value)


def typed(one: Input, text: str) -> Any:
    """What somebody typed, as a value for the settings class. Raises ValueError in plain words."""
    if one.kind == "code":
        return text
    if one.kind == "table":
        return _table(text)
    if one.kind == "json":
        return _json(text)
    if one.kind == "select":
        return {"true": True, "false": False}.get(text, text) if one.annotation is bool else text
    return from_text(text, one.annotation)


def _table(text: str) -> dict[str, str]:
    """Lines of word = meaning. The first " = " divides, else the first =."""
    table: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        divider = " = " if " = " in line else "="
        word, found, meaning = line.partition(divider)
        if not found:
            raise ValueError(f"Line {number} is not of the form: word = meaning.")
        if word.strip() in table:
            raise ValueError(f"Line {number} says again what an earlier line says.")
        table[word.strip()] = meaning.strip()
    return table


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("This is nested too deeply.") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, character {error.colno}"
        raise ValueError(f"This is not JSON: {error.msg} at {place}.") from None


def as_text(value: Any) -> str:
    """A setting as people write it: lists with commas."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(as_text(each) for each in value)
    return value if isinstance(value, str) else json.dumps(value)


def from_text(text: str, kind: Any) -> Any:
    """What the text means for a setting of this type; what cannot be read is left to its class."""
    if kind is str:
        return text
    if "," in text and not text.startswith(("[", "{")):
        return [from_text(part.strip(), None) for part in text.split(",")]
    try:
        return json.loads(text)
    except ValueError:
        return text


def lines_for(text: str) -> int:
    """How many lines an input shows."""
    return min(text.count("\n") + 1 + SPARE_LINES, MOST_LINES)
