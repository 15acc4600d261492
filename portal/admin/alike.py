"""Fix all like this: choose a fault, try one correction for all rows that have it, and apply it.

A page of this kind is a thin face of `portal.groupfix`. Addresses name faults by digests; what a
correction was tried on is named by a moment: rows touched after it are left and said.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from portal import groupfix
from portal.admin.alike_words import ClusterView, FaultView, in_words, rows, sentence
from portal.admin_site import Page
from portal.groupfix import ANY, MOST_ROWS, SUGGESTED, Cluster, Preview, Ref
from portal.groupfix.clusters import Fault
from portal.models import Team

MOST_SHOWN = 12
"""Values of one fault that the page lists; the rarer ones are reached one by one."""
SEEN_TO = "somebody else has seen to it meanwhile"


class AlikePage(ABC, Page):
    """The faults of some rows, and the form that corrects one for all rows that have it."""

    template_name = "portal/groupfix/alike.html"
    title = "Fix all like this"
    smallest: ClassVar[int] = 2
    """Fewer rows with one value are not listed: they are fixed one by one."""

    # --- what each app says ------------------------------------------------------------------

    @abstractmethod
    def kind(self) -> str:
        """What kind of rows they are (`groupfix.kind_of`)."""

    @abstractmethod
    def refs(self, as_of: datetime | None) -> list[Ref]:
        """The rows in question that the person may see; with `as_of`, untouched since."""

    @abstractmethod
    def team(self) -> Team:
        """Whose rows they are."""

    @abstractmethod
    def words(self, fault: Cluster) -> tuple[str, str]:
        """What is wrong, and what to do about it."""

    @abstractmethod
    def field(self, pattern: str) -> str:
        """What a person calls this place of a row."""

    @abstractmethod
    def shown(self, pattern: str, value: Any) -> str:
        """A value as a person may see it, identifiers masked."""

    def choices(self, pattern: str) -> Sequence[tuple[str, str]]:
        """(value, words) to choose from; empty where anything may be typed."""
        return ()

    def lead(self) -> str:
        """What all the faults have in common; empty where each speaks for itself."""
        return ""

    def said(self, reason: str) -> str:
        """Why a row stays, in the words of the page."""
        return reason

    def listed(self, faults: list[Fault]) -> Iterable[Fault]:
        """The faults that the page lists, in its order."""
        return faults

    @abstractmethod
    def address(self, **more: str) -> str:
        """This page about the same rows."""

    @abstractmethod
    def back(self) -> str:
        """The list that the rows are taken from."""

    # --- the page ----------------------------------------------------------------------------

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The faults to choose from, or the form for one of them."""
        token = request.GET.get("like")
        faults = self._faults()
        if not token:
            return self._list(faults)
        cluster = groupfix.find_cluster(faults, token)
        if cluster is None:
            messages.info(request, "No row has this fault any more.")
            return redirect(self.address())
        return self._form(cluster)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Try a correction, or apply the one that was tried."""
        applying = request.POST.get("action") == "apply"
        as_of = _moment(request.POST.get("as_of", "")) if applying else None
        token = request.GET.get("like", "")
        cluster = groupfix.find_cluster(self._faults(as_of), token)
        if cluster is None:
            messages.info(request, "Somebody has seen to all of these rows meanwhile.")
            return redirect(self.address())
        how, text = request.POST.get("how", "value"), request.POST.get("value", "").strip()
        wanted = _wanted(cluster, how, text)
        if wanted is _NOTHING:
            return self._form(cluster, how=how, value=text, missing=True)
        return self._apply(cluster, wanted) if applying else self._try(cluster, wanted, how, text)

    def _faults(self, as_of: datetime | None = None) -> list[Fault]:
        held = groupfix.kind_of(self.kind()).hold(self.refs(as_of), lock=False)
        return groupfix.clusters_of(held)

    def _list(self, faults: list[Fault]) -> HttpResponse:
        views = [self._view(fault) for fault in self.listed(faults)]
        shown = [view for view in views if view.clusters or view.suggested]
        return self.render_to_response(
            self.get_context_data(faults=shown, back=self.back(), most=MOST_ROWS, lead=self.lead())
        )

    def _view(self, fault: Fault) -> FaultView:
        title, advice = self.words(fault.whole)
        where = self.field(fault.whole.pattern)
        shown = [each for each in fault.clusters if len(each.refs) >= self.smallest][:MOST_SHOWN]
        takes_own = fault.whole.takes_suggestions and len(fault.clusters) > 1
        return FaultView(
            title=title,
            advice=advice,
            where="" if where == title else where,
            count=fault.count,
            clusters=[self._cluster(each) for each in shown],
            rest=len(fault.clusters) - len(shown),
            suggested=fault.whole.suggested if takes_own else 0,
            link=self.address(like=fault.whole.token),
        )

    def _cluster(self, cluster: Cluster) -> ClusterView:
        return ClusterView(
            count=len(cluster.refs),
            value=self._value(cluster),
            suggestion=self._suggestion(cluster),
            link=self.address(like=cluster.token),
        )

    def _value(self, cluster: Cluster) -> str:
        is_known = cluster.value is not ANY and cluster.value is not None
        return self.shown(cluster.pattern, cluster.value) if is_known else ""

    def _suggestion(self, cluster: Cluster) -> str:
        found = cluster.suggestion
        if found is None:
            return ""
        words = dict(self.choices(cluster.pattern))
        return words.get(found, found) if isinstance(found, str) else in_words(found)

    def _form(
        self,
        cluster: Cluster,
        *,
        preview: Preview | None = None,
        how: str = "",
        value: str = "",
        missing: bool = False,
    ) -> HttpResponse:
        title, advice = self.words(cluster)
        usual = "suggested" if cluster.value is ANY and cluster.takes_suggestions else "value"
        usual = "suggestion" if cluster.suggestion is not None else usual
        return self.render_to_response(
            self.get_context_data(
                cluster=cluster,
                fault_title=title,
                fault_advice=advice,
                field=self.field(cluster.pattern),
                value_shown=self._value(cluster),
                is_any=cluster.value is ANY,
                is_missing=cluster.value is None,
                is_entry=cluster.pattern.endswith("/*"),
                suggestion=self._suggestion(cluster),
                options=self.choices(cluster.pattern),
                how=how or usual,
                value=value,
                missing=missing,
                preview=preview,
                stayed=self._reasons(preview.stayed) if preview else [],
                as_of=timezone.now().isoformat(),
                back=self.address(),
            ),
        )

    def _try(self, cluster: Cluster, wanted: Any, how: str, text: str) -> HttpResponse:
        preview = groupfix.preview_group_fix(
            kind=self.kind(), rows=cluster.refs, correction=cluster.correction(wanted)
        )
        return self._form(cluster, preview=preview, how=how, value=text)

    def _apply(self, cluster: Cluster, wanted: Any) -> HttpResponse:
        user: Any = self.request.user
        done = groupfix.apply_group_fix(
            team=self.team(),
            kind=self.kind(),
            rows=cluster.refs,
            correction=cluster.correction(wanted),
            actor=user.pk,
        )
        asked = self.request.POST.get("count", "")
        lost = int(asked) - len(cluster.refs) if asked.isdecimal() and len(asked) < 8 else 0
        if lost > 0:
            done.stayed[SEEN_TO] += lost
        for count, reason in self._reasons(done.stayed):
            messages.warning(self.request, f"{rows(count)} stayed: {reason}")
        if done.fix is None:
            messages.error(self.request, "No row could be corrected in this way.")
            return redirect(self.address(like=cluster.token))
        return redirect("admin:group_fix", pk=done.fix.pk)

    def _reasons(self, stayed: Counter[str]) -> list[tuple[int, str]]:
        return [(count, sentence(self.said(why))) for why, count in stayed.most_common(20)]

    def get_crumbs(self) -> list[dict[str, str]]:
        """Back to the list, and to the faults."""
        found = [{"title": "Needs attention", "link": self.back()}]
        if self.request.GET.get("like"):
            found.append({"title": "What is alike", "link": self.address()})
        return found


class _Nothing:
    """No value was given."""


_NOTHING = _Nothing()


def _wanted(cluster: Cluster, how: str, text: str) -> Any:
    """What a form asks for; _NOTHING when it asks for nothing."""
    if how == "suggested" and cluster.takes_suggestions:
        return SUGGESTED
    if how == "suggestion" and cluster.suggestion is not None:
        return cluster.suggestion
    if how == "empty":
        return None
    return text.replace("\0", "") or _NOTHING


def _moment(text: str) -> datetime:
    """The moment of the trial; a form that names none means now."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    return moment if moment is not None and moment.tzinfo is not None else timezone.now()
