"""The sidebar: what there is to go to, for whom. A page that does not exist yet is not shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from portal.roles import Capability, can


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the sidebar; `names` are the page's address names, the first that exists.

    `also` are names of pages elsewhere that are a step of this entry's work.
    """

    title: str
    icon: str
    names: tuple[str, ...]
    capability: Capability = Capability.VIEW
    superusers_only: bool = False
    also: tuple[str, ...] = ()


SECTIONS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("", (Entry("Home", "home", ("admin:index",)),)),
    (
        "Work",
        (
            Entry(
                "Needs attention",
                "notification_important",
                ("admin:worklist",),
                also=(
                    *("eligibility_fix", "eligibility_fix_rejected", "group_fix"),
                    *("records_attention", "records_fix", "records_alike", "records_discard"),
                ),
            ),
            Entry("Batches", "stacks", ("admin:eligibility_batch_changelist",)),
            Entry("Checks", "fact_check", ("admin:eligibility_eligibilitytask_changelist",)),
            Entry(
                "Lanes",
                "traffic",
                ("admin:lanes",),
            ),
            Entry("New check", "add_circle", ("admin:new_check",), Capability.CREATE),
            Entry("Upload", "upload_file", ("admin:upload",), Capability.IMPORT),
        ),
    ),
    (
        "Practitioners",
        (
            Entry(
                "Records",
                "stethoscope",
                ("admin:records",),
                also=("record", "record_change", "record_new", "record_delete"),
            ),
            Entry(
                "Upload practitioners",
                "person_add",
                ("admin:records_upload",),
                Capability.IMPORT,
                also=("records_upload",),
            ),
            Entry(
                "Export practitioners",
                "download",
                ("admin:records_export",),
                Capability.EXPORT,
                also=("records_export",),
            ),
            Entry(
                "Integrations",
                "hub",
                ("admin:records_integration_changelist",),
                also=tuple(
                    f"records_integration_{page}" for page in ("changelist", "add", "change")
                ),
            ),
        ),
    ),
    (
        "Registry",
        (
            Entry("Payers", "account_balance", ("admin:eligibility_payer_changelist",)),
            Entry("Connections", "cable", ("admin:eligibility_connection_changelist",)),
        ),
    ),
    (
        "Administration",
        (
            Entry(
                "Teams",
                "corporate_fare",
                ("admin:portal_team_changelist",),
                superusers_only=True,
            ),
            Entry(
                "Clinics",
                "local_hospital",
                ("admin:portal_clinic_changelist",),
                Capability.MANAGE_USERS,
            ),
            Entry("Users", "group", ("admin:portal_user_changelist",), Capability.MANAGE_USERS),
            Entry("API keys", "key", ("admin:portal_apikey_changelist",), Capability.MANAGE_KEYS),
            Entry("Webhooks", "webhook", ("admin:webhooks",), Capability.MANAGE_WEBHOOKS),
            Entry("API: getting started", "rocket_launch", ("start",), Capability.MANAGE_KEYS),
            Entry(
                "Audit log",
                "history",
                ("admin:portal_auditevent_changelist",),
                Capability.MANAGE_USERS,
            ),
        ),
    ),
)

_ELSEWHERE = frozenset(name for _, entries in SECTIONS for each in entries for name in each.also)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar as unfold reads it, for the request's person."""
    groups = []
    for title, entries in SECTIONS:
        items = [item for entry in entries if (item := _item(request, entry))]
        if items:
            groups.append({"title": title, "separator": False, "items": items})
    return groups


def _item(request: HttpRequest, entry: Entry) -> dict[str, Any] | None:
    user: Any = request.user
    if not can(user, entry.capability) or (entry.superusers_only and not user.is_superuser):
        return None
    address = first_address(entry.names)
    if address is None:
        return None
    return {
        "title": entry.title,
        "icon": entry.icon,
        "link": address,
        "active": _is_at(request, entry, address),
    }


def _is_at(request: HttpRequest, entry: Entry, address: str) -> bool:
    """Whether the page is this entry's or below it, if no other names it; home has only itself."""
    path, home = request.path, reverse("admin:index")
    name = request.resolver_match.url_name if request.resolver_match else None
    if name in _ELSEWHERE:
        return name in entry.also
    return path == address if address == home else path.startswith(address)


def first_address(names: tuple[str, ...]) -> str | None:
    """The address of the first of these names that exists."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return None
