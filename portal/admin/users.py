"""People: who they are, what they may do, and in which clinics."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters

from portal import audit
from portal.admin.own_team import OwnTeamAdmin, OwnTeamForm, team_clinics
from portal.admin_site import (
    AdminPasswordChangeForm,
    Capability,
    Colour,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UserCreationForm,
    action,
    badge,
    display,
    yes_no,
)
from portal.models import Role, User, Verb

ROLE_LOOKS: dict[str, tuple[str, str, Colour]] = {
    Role.VIEWER: ("Viewer", "visibility", "grey"),
    Role.OPERATOR: ("Operator", "build", "blue"),
    Role.SUPERVISOR: ("Supervisor", "supervisor_account", "violet"),
    Role.ADMIN: ("Admin", "shield_person", "amber"),
}
PERSON_HELP = {
    "first_name": "With the last name: what colleagues and the audit log see.",
    "last_name": "Left empty, the user name is shown in its place.",
    "email": "For colleagues to reach the person; the portal itself sends no mail.",
}
ROLE_WORDS: dict[str, str] = {
    Role.VIEWER: "Viewer: sees checks and answers, changes nothing",
    Role.OPERATOR: "Operator: also makes and uploads checks, fixes them and runs them again",
    Role.SUPERVISOR: "Supervisor: also cancels, exports, reveals identifiers, edits payers' rules",
    Role.ADMIN: "Admin: also manages people, API keys, webhooks, connections and clinics",
}
PERSON: list[Any] = ["first_name", "last_name", "email"]
WORK: list[Any] = ["role", "clinics", "is_active"]


class _PersonForm(OwnTeamForm):
    """What both forms say about a person's work."""

    role = forms.ChoiceField(
        choices=[(role, ROLE_WORDS[role]) for role in Role],
        initial=Role.VIEWER,
        widget=UnfoldAdminRadioSelectWidget,
        help_text="Each role may do all that the ones above it may.",
    )

    def clean(self) -> dict[str, Any] | None:
        """A person works in clinics of their own team only."""
        cleaned = super().clean()
        clinics = self.cleaned_data.get("clinics") or ()
        if any(clinic.team_id != self.team_id() for clinic in clinics):
            self.add_error("clinics", ValidationError("A clinic of another team is among these."))
        return cleaned


class NewPersonForm(_PersonForm, UserCreationForm):
    """A new person with a first password."""

    class Meta:
        model = User
        fields = ("username",)
        help_texts = PERSON_HELP


class PersonForm(_PersonForm):
    """A person who is there already; the password has a page of its own."""

    class Meta:
        model = User
        fields = "__all__"
        labels = {"is_active": "May log in"}
        help_texts = {
            **PERSON_HELP,
            "is_active": "People who have left are switched off, not deleted: what they did "
            "keeps their name.",
        }


class NewPasswordForm(AdminPasswordChangeForm):
    """A new password for somebody who forgot theirs; logging in without one is not offered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)


@admin.register(User)
class UserAdmin(OwnTeamAdmin, DjangoUserAdmin):  # type: ignore[misc]
    """The people of the admin's team. Nobody changes their own role, clinics or access."""

    form = PersonForm
    add_form = NewPersonForm
    add_form_template = None
    change_password_form = NewPasswordForm
    view_with = add_with = change_with = Capability.MANAGE_USERS
    editable = ("username", *PERSON, *WORK)
    editable_when_new = ("password1", "password2")
    list_display = ("username", "shown_name", "shown_role", "shown_clinics", "shown_active")
    list_filter = ("role", "is_active")
    list_select_related = ("team",)
    search_fields = ("username", "first_name", "last_name", "email")
    search_help_text = "Name or e-mail address"
    ordering = ("username",)
    filter_horizontal = ()
    actions_detail = ("set_password",)
    fieldsets = [
        ("Person", {"fields": ["username", *PERSON]}),
        ("Work", {"fields": WORK}),
        ("Known", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            "Person",
            {
                "fields": ["username", *PERSON, "password1", "password2"],
                "description": "Tell the person the first password; they can change it "
                "themselves from the menu below their name.",
            },
        ),
        ("Work", {"fields": ["role", "clinics"]}),
    ]

    # --- whom one may change -------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers are out of an admin's reach."""
        above = isinstance(obj, User) and obj.is_superuser
        user: Any = request.user
        return super().has_change_permission(request, obj) and (user.is_superuser or not above)

    def get_editable(self, request: HttpRequest, obj: Any = None) -> Collection[str]:
        """Of oneself only the name and address: another admin does the rest."""
        editable = set(super().get_editable(request, obj))
        return editable - {*WORK} if obj is not None and obj.pk == request.user.pk else editable

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The team's clinics, as boxes to tick."""
        kwargs["queryset"] = team_clinics(request)
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        field.help_text = "The person sees the patients of these clinics and of no others."
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Everybody here is staff; a new person has nothing above their role."""
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    # --- passwords -----------------------------------------------------------------------------

    @action(requires=Capability.MANAGE_USERS, description="Set a new password", icon="password")
    def set_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the page for it."""
        return redirect("admin:auth_user_password_change", object_id)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """For oneself the menu below the name, which asks for the old password."""
        own = object_id == request.user.pk
        return [] if own else super().get_actions_detail(request, object_id)

    @method_decorator(sensitive_post_parameters())
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Django's, in one transaction with its audit event; not for oneself."""
        if id == request.user.pk:
            return redirect("admin:password_change")
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Back to the list: the first form has already asked for everything."""
        return super(DjangoUserAdmin, self).response_add(request, obj, post_url_continue)

    def log_change(  # type: ignore[override]
        self, request: HttpRequest, obj: Any, message: Any
    ) -> None:
        """Django calls this after a new password too, and only then without our own saves."""
        if "password1" in request.POST:
            audit.record(verb=Verb.PASSWORD_CHANGED, actor=audit.actor_of(request), obj=obj)

    # --- columns -------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With the clinics of everybody on the page, in one query."""
        return super().get_queryset(request).prefetch_related("clinics")

    @display(description="Name", ordering="first_name")
    def shown_name(self, person: User) -> str:
        """First and last."""
        return person.get_full_name()

    @display(description="Role", ordering="role")
    def shown_role(self, person: User) -> SafeString:
        """With its icon."""
        return badge(*ROLE_LOOKS[person.role])

    @display(description="Clinics")
    def shown_clinics(self, person: User) -> SafeString:
        """Where they work."""
        names = sorted(clinic.name for clinic in person.clinics.all())
        return format_html_join("", '<span class="ep-tag">{}</span>', ((n,) for n in names))

    @display(description="Log in", ordering="is_active")
    def shown_active(self, person: User) -> SafeString:
        """Whether they may."""
        return yes_no(person.is_active, yes="Allowed", no="Switched off")
