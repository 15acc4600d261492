"""The panel of a connection's form where a sample of the payer's answer is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.template.loader import render_to_string

from eligibility.choices import Outcome
from eligibility.connectors.base import Done, Failed, NotDelivered, Pending, Reading
from eligibility.operations.rehearsals import rehearse_answer
from eligibility.results import Answer

TRY = "_try"
"""The button that tries, and saves nothing."""

_COLOURS = {Outcome.ELIGIBLE: "green", Outcome.NOT_ELIGIBLE: "red"}


class SampleWidget(forms.Widget):
    """A sample, its HTTP status and which call it answers; below it what became of it."""

    reading: Reading | None = None
    problem: str = ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """With the result of a try, when there was one."""
        said = value if isinstance(value, dict) else {}
        context = {"name": name, "said": said, "try": TRY, "problem": self.problem}
        if self.reading is not None:
            context["result"] = told(self.reading)
        return render_to_string("eligibility/admin/connection_trial.html", context)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        """What was pasted. It is shown again and kept nowhere."""
        keys = ("text", "status", "stage")
        return {key: str(data.get(f"{name}-{key}", "")) for key in keys}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """No sample is fine."""
        return False

    def id_for_label(self, id_: str) -> str:
        """Each input has a label of its own."""
        return ""


class SampleField(forms.Field):
    """Not part of the connection: never a change, never an error by itself."""

    widget = SampleWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """It is never saved."""
        return False


def try_sample(
    widget: SampleWidget, connector: str, settings: Mapping[str, Any], said: Mapping[str, str]
) -> None:
    """Let the widget show what these settings make of the sample."""
    status = said.get("status", "").strip() or "200"
    if not said.get("text", "").strip():
        widget.problem = "Paste an answer of the payer first."
        return
    if not (status.isascii() and status.isdecimal() and 100 <= int(status) <= 599):
        widget.problem = "An HTTP status is a number from 100 to 599."
        return
    try:
        widget.reading = rehearse_answer(
            connector=connector,
            settings=settings,
            sample=said["text"],
            status=int(status),
            is_poll=said.get("stage") == "poll",
        )
    except (LookupError, ValueError):
        widget.problem = "This sample cannot be tried."


def told(reading: Reading) -> dict[str, Any]:
    """What came out, in words: a headline with its colour, facts and the answer's parts."""
    facts = []
    if reading.word:
        facts.append(f"The payer's word for the outcome: {reading.word}")
    if reading.echo:
        facts.append(f"The payer answers for: {reading.echo}. It is compared with what was sent.")
    match reading.reply:
        case Done(outcome=outcome, answer=answer):
            if outcome is Outcome.UNDETERMINED:
                facts.append("No line of the table knows this word, or it says so itself.")
            head = (outcome.label, "help" if outcome not in _COLOURS else "verified")
            colour = _COLOURS.get(outcome, "amber")
            return _told(head, colour, facts, reading, list(_pairs(answer)))
        case Pending(handle=handle, look_after=seconds):
            facts.append(f"It is asked again after {seconds:g} s, under the number {handle}.")
            return _told(("The payer answers later", "schedule"), "blue", facts, reading)
        case Failed(failure=failure, code=code, message=message):
            facts += [f"Staff read: {message}", f"Code: {code}"]
            return _told((f"No answer: {failure.label}", "error"), "red", facts, reading)
        case NotDelivered():
            return _told(("The payer never saw the question", "help"), "amber", facts, reading)


def _told(
    head: tuple[str, str],
    colour: str,
    facts: list[str],
    reading: Reading,
    pairs: list[tuple[str, str]] | None = None,
) -> dict[str, Any]:
    title, icon = head
    return {
        "title": title,
        "icon": icon,
        "colour": colour,
        "facts": facts,
        "doubts": reading.doubts,
        "pairs": pairs or [],
    }


def _pairs(answer: Answer) -> Any:
    """Every part that was found, with where it goes."""
    plain = answer.model_dump(mode="json", exclude={"normaliser_version", "documents"})
    yield from _flat("", plain)


def _flat(path: str, value: Any) -> Any:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(f"{path}.{key}" if path else key, each)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _flat(f"{path}[{number}]", each)
    elif value is not None and value is not False and value != "unknown":
        yield path, "yes" if value is True else str(value)
