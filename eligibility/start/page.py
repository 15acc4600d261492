"""The page itself: words in the template, snippets from files, numbers from the settings."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from eligibility.start.examples import both, snippet
from eligibility.synthetic.magic import MAGIC
from portal.api.schema import MEANING
from portal.errors import STATUS
from portal.models import Scope
from portal.models.webhook import SUBSCRIBABLE
from portal.quotas import quotas
from portal.webhooks.schedule import RETRIES

SECTIONS: Final = (
    ("key", "Get a key"),
    ("first", "Ask about one patient"),
    ("poll", "Read the answer"),
    ("many", "Ask about many"),
    ("fix", "Put rejected rows right"),
    ("later", "Ask tomorrow morning"),
    ("hear", "Be told instead of asking"),
    ("find", "Find and ask again"),
    ("safe", "Send again safely"),
    ("errors", "Errors"),
    ("limits", "Limits"),
    ("try", "Try everything out"),
)
"""The parts of the page: the anchor and its heading."""
STEPS: Final = {
    "key": "payers",
    "first": "first_call",
    "poll": "poll",
    "many": "bulk",
    "fix": "fix",
    "later": "schedule",
    "hear": "webhook",
    "find": "lists",
    "safe": "retry",
    "limits": "limits",
}
"""The snippets of each part."""
_SCOPES: Final = {
    Scope.ELIGIBILITY_READ: "Read checks, answers, batches and payers",
    Scope.ELIGIBILITY_WRITE: "Create, correct, repeat and stop checks",
    Scope.RECORDS_READ: "Read practitioner records",
    Scope.RECORDS_WRITE: "Store, change and delete practitioner records",
    Scope.WEBHOOKS_MANAGE: "Have events sent to an address of yours",
}


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Getting started: public, as the OpenAPI page is; asks no database."""
    of_key, of_team = quotas()
    context: dict[str, Any] = {
        "portal": request.build_absolute_uri("/").rstrip("/"),
        "sections": SECTIONS,
        "client": snippet("portal_client.py"),
        "receiver": snippet("receiver.py"),
        "events": [(each.value, each.label) for each in SUBSCRIBABLE],
        "retries": len(RETRIES),
        "code": {part: both(name) for part, name in STEPS.items()},
        "scopes": [(scope.value, words) for scope, words in _SCOPES.items()],
        "errors": [(STATUS[code], code.value, _with_code(MEANING[code])) for code in MEANING],
        "magic": MAGIC,
        "limits": {
            "rows": f"{settings.BULK_MAX_ROWS:,}",
            "mebibytes": settings.BULK_MAX_BYTES // (1024 * 1024),
            "seconds": of_key.seconds,
            "of_key": f"{of_key.calls:,}",
            "of_team": f"{of_team.calls:,}",
        },
    }
    return render(request, "eligibility/start.html", context)


def _with_code(words: str) -> SafeString:
    """A sentence of the OpenAPI page, whose code stands between backticks, as HTML."""
    parts = enumerate(words.split("`"))
    return format_html_join("", "{}", ((_code(part) if n % 2 else part,) for n, part in parts))


def _code(text: str) -> SafeString:
    return format_html("<code>{}</code>", text)
