"""The snippets: files that the page shows and the tests run, and what each of them prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.conf import settings
from django.utils.safestring import SafeString

from eligibility.start.colours import python_in_colours, shell_in_colours

DIRECTORY: Final = settings.BASE_DIR / "examples"
REST: Final = "…"
"""In what a snippet prints: anything, such as an id."""
LINES: Final = "⋮"
"""On a line of its own: any lines."""

PRINTS: Final[Mapping[str, str]] = {
    "payers.sh": '{"code":"TPA002","name":"…","kind":"tpa",…,"json_schema":{…},…}',
    "payers.py": "200 Nextcare…\nvisit types: …OUTPATIENT…",
    "first_call.sh": (
        '{"success":true,"message":"Task created successfully",\n'
        ' "data":{"task_id":"…","status":"pending",…}}'
    ),
    "first_call.py": "Task created successfully\n…",
    "poll.sh": '{"id":"…","task_id":"…","status":"PROCESS_COMPLETE",…,\n "eligibility_result":{…}}',
    "poll.py": "PROCESS_COMPLETE found\neligible: True\nplan: …",
    "bulk.sh": (
        '{"success":true,"message":"Bulk tasks created successfully. 2 tasks created.",\n'
        ' "data":{"tasks":[…],"total_created":2,"total_errors":1,\n'
        '  "errors":[{"row":2,"pointer":"/requests/2/visit_type",\n'
        '   "code":"visit_type.unknown",…,\n'
        '   "value":"OUTPATIENTS","suggestion":"OUTPATIENT"}],"submission_id":"…"}}'
    ),
    "bulk.py": (
        "2 created, 1 rejected\n"
        "row 2 /requests/2/visit_type visit_type.unknown -> OUTPATIENT\n"
        "submission: …"
    ),
    "schedule.sh": (
        '{"success":true,"message":"Tasks scheduled successfully. 1 tasks scheduled with\n'
        ' batch ID: …. Results expected by ….",\n'
        ' "data":{"batch_id":"…","total_scheduled":1}}'
    ),
    "schedule.py": (
        "Tasks scheduled successfully. 2 tasks scheduled with batch ID: ….\n"
        " Results expected by ….\n"
        "scheduled 0 of 2"
    ),
    "fix.sh": '{"line":2,"state":"accepted",…,"task_id":"…","version":…}',
    "fix.py": "line 2 accepted as …",
    "webhook.sh": (
        '{"success":true,"message":"Webhook created.",\n "data":{"webhook":{…},"secret":"whsec_…"}}'
    ),
    "webhook.py": "shown this once: whsec_…",
    "receiver.py": "task.done …\nbatch.completed …",
    "retry.sh": "HTTP/1.1 200 OK\n⋮\nIdempotent-Replayed: true\n⋮",
    "retry.py": "200 created\n200 replayed",
    "lists.sh": '{"items":[{"task_id":"…",…,"client_reference":"visit-1001",…}],"next":null}',
    "lists.py": "… tasks",
    "limits.sh": '⋮\nRateLimit: "key";r=…;t=…, "team";r=…;t=…\n⋮',
    "limits.py": 'quotas: "key";q=…;w=…, "team";q=…;w=…\nleft: "key";r=…;t=…, "team";r=…;t=…',
}
"""What each snippet prints. White space counts for one blank, wherever it is."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """One file in one language, as the page shows it."""

    file: str
    text: str
    prints: str

    @property
    def language(self) -> str:
        """What the tab says."""
        return "Python" if self.file.endswith(".py") else "curl"

    @property
    def in_colours(self) -> SafeString:
        """The text as HTML."""
        colour = python_in_colours if self.file.endswith(".py") else shell_in_colours
        return colour(self.text)


@cache
def snippet(file: str) -> Snippet:
    """The file of this name. Raises FileNotFoundError."""
    text = (DIRECTORY / file).read_text(encoding="utf-8").rstrip()
    return Snippet(file, text, PRINTS.get(file, ""))


def both(name: str) -> tuple[Snippet, Snippet]:
    """The same step in both languages."""
    return snippet(f"{name}.sh"), snippet(f"{name}.py")


def is_printed(wanted: str, printed: str) -> bool:
    """Whether this was printed, as PRINTS describes it."""
    pattern = re.escape(" ".join(wanted.split()))
    pattern = pattern.replace(re.escape(REST), ".*").replace(re.escape(LINES), ".*")
    return re.fullmatch(pattern.replace(r"\ ", r" ?"), " ".join(printed.split())) is not None
