"""The staff's site, on django-unfold. Every unfold import of the project is in this file.

Model pages are `PortalModelAdmin`s, other pages `Page`s registered with `@page`; both are closed
unless they say what opens them. See `portal.roles` for who may do what.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action as unfold_action
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import (
    AdminPasswordChangeForm,
    AuthenticationForm,
    UserChangeForm,
    UserCreationForm,
)
from unfold.sites import UnfoldAdminSite
from unfold.views import ChangeList
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from portal.admin_audit import AuditedSaves
from portal.admin_doors import AuditedDoors
from portal.admin_pages import PAGES, Page, confirm, is_confirmed, page
from portal.admin_roles import AsksRoles
from portal.badges import Badge, Colour, badge, yes_no
from portal.roles import Capability, can, visible_clinic_ids

__all__ = [
    "ActionVariant",
    "AdminPasswordChangeForm",
    "Badge",
    "Capability",
    "ChangeList",
    "Colour",
    "DropdownFilter",
    "Page",
    "PortalAdminSite",
    "PortalModelAdmin",
    "SimpleListFilter",
    "StackedInline",
    "TabularInline",
    "UnfoldAdminCheckboxSelectMultipleWidget",
    "UnfoldAdminRadioSelectWidget",
    "UnfoldAdminSelectWidget",
    "UnfoldAdminSplitDateTimeWidget",
    "UnfoldAdminTextInputWidget",
    "UnfoldAdminTextareaWidget",
    "UserChangeForm",
    "UserCreationForm",
    "action",
    "badge",
    "confirm",
    "display",
    "is_confirmed",
    "page",
    "site",
    "yes_no",
]


class LoginForm(AuthenticationForm):
    """Name and password; what is wrong is not said, so that nobody learns who works here."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "This name and this password do not belong together. Capitals count.",
    }


class PortalAdminSite(AuditedDoors, UnfoldAdminSite):
    """Login, sidebar, model pages and the project's own pages."""

    enable_nav_sidebar = True
    site_header = "Eligibility Portal"
    site_title = "Eligibility Portal"
    index_title = "Home"
    empty_value_display = "–"
    login_form = LoginForm

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only pages of the project's own: whoever may add a row of django-q2's has a shell."""
        if admin_class is not None and issubclass(admin_class, PortalModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[URLPattern]:
        """The project's own pages come first: Django's end in one that catches everything."""
        own = []
        for cls in PAGES:
            cls.admin_site = self
            own.append(path(cls.url_path, self.admin_view(cls.as_view()), name=cls.url_name))
        return own + super().get_urls()

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: Any = None
    ) -> HttpResponse:
        """The sidebar shows what there is; an app's own list would say it again."""
        return redirect("admin:index")


site = admin.site
"""The one site (`portal.admin_app.PortalAdminConfig` makes it a PortalAdminSite)."""


def action(
    *, requires: Capability, description: str, icon: str | None = None, **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """unfold's action, for who may do this: others do not see it, a forged request gets a 403.

    An action that changes rows says how many it changed and how many it did not, and asks
    first (`confirm`) where that cannot be undone. Further options are unfold's.
    """
    permissions = [f"may_{requires.value}"]
    return unfold_action(permissions=permissions, description=description, icon=icon, **options)


class PortalModelAdmin(AsksRoles, AuditedSaves, ModelAdmin):
    """A model's pages, closed unless declared: nothing is added, changed or deleted.

    `view_with`, `add_with`, `change_with` are the capabilities that open them; `editable` are
    the fields a form may change, `editable_when_new` those it may set once. Exactly one scope
    must be declared: `clinic_lookup` (rows of clinics the person belongs to), `team_lookup`
    (rows of the person's team; superusers without a team see all) or `is_global`.
    """

    view_with: ClassVar[Capability] = Capability.VIEW
    add_with: ClassVar[Capability | None] = None
    change_with: ClassVar[Capability | None] = None
    clinic_lookup: ClassVar[str] = ""
    team_lookup: ClassVar[str] = ""
    is_global: ClassVar[bool] = False
    editable: Collection[str] = ()
    editable_when_new: Collection[str] = ()

    list_title = ""
    """What the list is called where the model's plural says too little."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a count for each choice of each filter
    list_per_page = 50
    list_max_show_all = 0
    list_fullwidth = True
    actions_selection_counter = True
    compressed_fields = True
    warn_unsaved_form = True

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        if [bool(self.clinic_lookup), bool(self.team_lookup), self.is_global].count(True) != 1:
            raise ImproperlyConfigured(f"{type(self).__name__} must declare one scope")

    # --- whose rows -------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows that the person may see at all."""
        rows = super().get_queryset(request)
        if self.is_global:
            return rows
        user: Any = request.user
        if self.clinic_lookup:
            return rows.filter(**{f"{self.clinic_lookup}__in": visible_clinic_ids(user)})
        if user.team_id is None:
            return rows if user.is_superuser else rows.none()
        return rows.filter(**{self.team_lookup: user.team_id})

    # --- who may do what --------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the app's list is shown."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who sees the pages."""
        return can(request.user, self.view_with)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who makes new rows."""
        return self.add_with is not None and can(request.user, self.add_with)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who changes rows."""
        return self.change_with is not None and can(request.user, self.change_with)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: rows are switched off, revoked or cancelled."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """A 403 for an action the person may not use, where Django would say "none selected"."""
        wanted = {name for name in request.POST.getlist("action") if name}
        if not wanted <= set(self.get_actions(request)):
            raise PermissionDenied
        return super().changelist_view(request, extra_context)

    def ask_first(
        self, request: HttpRequest, queryset: QuerySet[Any], *, action: str, **words: Any
    ) -> HttpResponse:
        """A `confirm` page for a list's action: its button runs the action on the same rows."""
        chosen = [(ACTION_CHECKBOX_NAME, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)]
        across = request.POST.get("select_across", "0")
        fields = [("action", action), ("select_across", across), *chosen]
        back = request.get_full_path()
        return confirm(request, self.admin_site, fields=fields, back=back, **words)

    # --- what may be changed ----------------------------------------------------------------

    def get_editable(self, request: HttpRequest, obj: Any = None) -> Collection[str]:
        """The fields that a form may change: of a new row when `obj` is None."""
        return {*self.editable, *self.editable_when_new} if obj is None else set(self.editable)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Everything else."""
        editable = self.get_editable(request, obj)
        return [name for name in self._field_names(request, obj) if name not in editable]

    def _field_names(self, request: HttpRequest, obj: Any) -> Iterable[str]:
        if self.fieldsets or self.add_fieldsets or self.fields:
            return flatten_fieldsets(self.get_fieldsets(request, obj))
        fields = [*self.opts.concrete_fields, *self.opts.many_to_many]
        return [field.name for field in fields if not field.auto_created]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the buttons that open another model's form in a window."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """One way to save."""
        one_way = {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().changeform_view(
            request, object_id, form_url, {**one_way, **(extra_context or {})}
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Django's admin log is not kept; what changed is in the audit log."""
        raise PermissionDenied
