"""The filters of the lists. A value that a filter does not know filters nothing."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest

from eligibility.admin.names import batch_name
from eligibility.choices import Failure, Outcome, Review, Status
from eligibility.models import Batch, Connection, Payer
from portal.admin_site import SimpleListFilter
from portal.roles import clinics_of

Choices = list[tuple[str, str]]

# The indexes' own words: SQLite takes a partial index only where the query repeats them.
_FAILED = RawSQL(
    'NOT ("eligibility_eligibilitytask"."failure" = \'\')', [], output_field=BooleanField()
)
_REVIEWED = RawSQL(
    'NOT ("eligibility_eligibilitytask"."review" = \'none\')', [], output_field=BooleanField()
)


class Pick(SimpleListFilter):
    """One value out of a list, as a field of the bar. Subclasses: `choices_of` and `apply`.

    `in_bar` is False for filters that only links set; they still show as a chip.
    """

    title: str
    parameter_name: str
    in_bar: ClassVar[bool] = True
    is_range: ClassVar[bool] = False

    @classmethod
    def parameters(cls) -> tuple[str, ...]:
        """The names in the address that are this filter's."""
        return (cls.parameter_name,)

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """The values and their words."""
        return self.choices_of(request)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that fit."""
        return self.apply(request, queryset, self.value() or "") if self.chosen() else queryset

    def chosen(self) -> str:
        """The chosen value in words; empty when there is none."""
        return str(dict(self.lookup_choices).get(self.value() or "", ""))

    def choices_of(self, request: HttpRequest) -> Choices:
        """The values and their words, for this person; a filter without any is not shown."""
        return []

    def apply(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows of a known value."""
        return rows


class ClinicFilter(Pick):
    """By clinic: one of the person's own. Not offered to who has only one."""

    title, parameter_name = "Clinic", "clinic"

    def choices_of(self, request: HttpRequest) -> Choices:
        """The person's clinics."""
        own = clinics_of(request.user)
        return [(str(clinic.pk), clinic.name) for clinic in own] if len(own) > 1 else []

    def apply(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows of the clinic."""
        return rows.filter(clinic=UUID(value))


class StatusFilter(Pick):
    """By where the work stands."""

    title, parameter_name = "Status", "status"

    def choices_of(self, request: HttpRequest) -> Choices:
        """Every status."""
        return [(str(value), str(word)) for value, word in Status.choices]

    def apply(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Done rows are nearly all: no index, but the newest of them are soon found."""
        if value == Status.DONE:
            return rows.exclude(status__in=[each for each in Status if each != Status.DONE])
        return rows.filter(status=value, outcome="")


class OutcomeFilter(Pick):
    """By the answer."""

    title, parameter_name = "Answer", "outcome"

    def choices_of(self, request: HttpRequest) -> Choices:
        """Every outcome."""
        return [(str(value), str(word)) for value, word in Outcome.choices]

    def apply(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The state is named too: the index begins with it."""
        return rows.filter(status=Status.DONE, outcome=value)


class FailureFilter(Pick):
    """By why there is no answer."""

    title, parameter_name = "Failure", "failure"

    def choices_of(self, request: HttpRequest) -> Choices:
        """Every failure class."""
        return [(str(value), str(word)) for value, word in Failure.choices]

    def apply(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows of the class, which an index of failed rows holds."""
        return rows.filter(_FAILED, failure=value)


class CauseFilter(Pick):
    """By the message of a failure, which names no patient; set by the links of a batch's causes."""

    title, parameter_name, in_bar = "Cause", "cause", False

    def choices_of(self, request: HttpRequest) -> Choices:
        """What the address says."""
        given = request.GET.get(self.parameter_name, "")
        return [(given, given)] if given and "\0" not in given else []

    def apply(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The failed rows with this very message."""
        return rows.filter(status=Status.FAILED, outcome="", failure_message=value)


class ReviewFilter(Pick):
    """By what people do about it."""

    title, parameter_name = "Review", "review"

    def choices_of(self, request: HttpRequest) -> Choices:
        """Every review state but none."""
        return [(str(v), str(word)) for v, word in Review.choices if v != Review.NONE]

    def apply(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows in this state."""
        return rows.filter(_REVIEWED, review=value)


class PayerFilter(Pick):
    """By payer: those that the person's team can ask, and the searches."""

    title, parameter_name = "Payer", "payer"

    def choices_of(self, request: HttpRequest) -> Choices:
        """Names, with codes as values: people share addresses."""
        user: Any = request.user
        lanes = Connection.objects.filter(payer__isnull=False)
        if user.team_id:
            lanes = lanes.filter(team=user.team_id)
        asked = Q(pk__in=lanes.values("payer")) | Q(kind=Payer.Kind.SEARCH)
        found = Payer.objects.filter(asked).order_by("name").values_list("code", "name", "pk")
        self._ids = {code: pk for code, _, pk in found}
        return [(code, name) for code, name, _ in found]

    def apply(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows of the payer; an index of their own holds those that failed."""
        found = rows.filter(payer=self._ids[value])
        only_failed = request.GET.get(StatusFilter.parameter_name) == Status.FAILED
        return found.filter(_FAILED) if only_failed else found


class BatchFilter(Pick):
    """By batch; set by links from a batch's page."""

    title, parameter_name, in_bar = "Batch", "batch", False

    def choices_of(self, request: HttpRequest) -> Choices:
        """The batch that the address names, if it is of one of the person's clinics."""
        given = request.GET.get(self.parameter_name, "")
        try:
            batch_id = UUID(given)
        except ValueError:
            return []
        own = Batch.objects.filter(clinic__in=[each.pk for each in clinics_of(request.user)])
        batch = own.filter(pk=batch_id).select_related("clinic").first()
        return [(given, batch_name(batch))] if batch else []

    def apply(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows of the batch."""
        return rows.filter(batch=UUID(value))


class KindFilter(Pick):
    """Real questions apart from those of tests, and of the portal's own made-up payer."""

    title, parameter_name = "Kind", "kind"

    def choices_of(self, request: HttpRequest) -> Choices:
        """Three kinds."""
        return [("real", "Real"), ("test", "Test"), ("synthetic", "Synthetic")]

    def apply(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """A synthetic row is one whose connection is to the made-up payer.

        A production team has no other such rows than those of tests, which an index holds.
        """
        teams = {clinic.team for clinic in clinics_of(request.user)}
        of_tests_only = all(team.is_production for team in teams)
        if value == "test" or (value == "synthetic" and of_tests_only):
            return rows.filter(test_mode=True)
        lanes = Connection.objects.filter(team__in=teams)
        is_made_up = Q(connector="synthetic")
        asked = lanes.filter(is_made_up if value == "synthetic" else ~is_made_up)
        return rows.filter(connection__in=list(asked.values_list("pk", flat=True)))
