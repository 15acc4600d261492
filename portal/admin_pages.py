"""Pages of the staff's site that are no model's list or form.

A page is a class with an address, a name, a title, a template and the capability it needs:

    @page("work/upload/", name="upload", capability=Capability.IMPORT)
    class UploadPage(Page):
        title = "Upload"
        template_name = "eligibility/upload.html"    # extends "admin/page.html"
        crumbs = [("Batches", "admin:eligibility_batch_changelist")]

Its address is below /admin/, its name `admin:upload`; nobody without the capability gets in, by
whatever method. `post`, `get_context_data` and the rest are those of Django's TemplateView.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.generic import TemplateView

from portal import converters  # noqa: F401 - what addresses of pages may be made of
from portal.navigation import first_address
from portal.roles import Capability, require

Crumb = tuple[str, str]
"""(title, address name)"""


class Page(TemplateView):
    """One page. Subclasses set `title` and `template_name`; `page` sets the rest."""

    title: ClassVar[str]
    crumbs: ClassVar[Sequence[Crumb]] = ()
    url_path: ClassVar[str]
    url_name: ClassVar[str]
    capability: ClassVar[Capability]
    admin_site: ClassVar[Any] = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse who may not; the site has already asked for a login."""
        require(request, self.capability)
        request.current_app = self.admin_site.name
        return super().dispatch(request, *args, **kwargs)

    def get_title(self) -> str:
        """The page's title; a page about one row says which (never a patient)."""
        return self.title

    def get_crumbs(self) -> list[dict[str, str]]:
        """The way to this page; crumbs whose page does not exist yet are left out."""
        found = [(title, first_address((name,))) for title, name in self.crumbs]
        return [{"title": title, "link": link} for title, link in found if link]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The site's context, the title and the crumbs."""
        return super().get_context_data(
            **{
                **self.admin_site.each_context(self.request),
                "title": self.get_title(),
                "crumbs": self.get_crumbs(),
                **kwargs,
            }
        )


PageClass = TypeVar("PageClass", bound=type[Page])
PAGES: list[type[Page]] = []
"""Every page, in the order of import."""


def page(
    path: str, *, name: str, capability: Capability = Capability.VIEW
) -> Callable[[PageClass], PageClass]:
    """Register a page below /admin/ under the name `admin:<name>`."""

    def register(cls: PageClass) -> PageClass:
        cls.url_path, cls.url_name, cls.capability = path, name, capability
        PAGES.append(cls)
        return cls

    return register


def confirm(
    request: HttpRequest,
    site: Any,
    *,
    title: str,
    question: str,
    facts: Sequence[str] = (),
    button: str,
    back: str = "",
    fields: Sequence[tuple[str, str]] = (),
    danger: bool = False,
) -> HttpResponse:
    """A page that says what will and will not happen, before it does.

    Its form posts `confirmed=1` and the hidden `fields` to the same address; `back` is where
    "Cancel" leads. Check `is_confirmed(request)` before calling this.
    """
    return TemplateResponse(
        request,
        "admin/confirm.html",
        {
            **site.each_context(request),
            "title": title,
            "question": question,
            "facts": facts,
            "button": button,
            "back": back or reverse("admin:index"),
            "fields": fields,
            "danger": danger,
        },
    )


def is_confirmed(request: HttpRequest) -> bool:
    """Whether this request comes from the button of a `confirm` page."""
    return request.method == "POST" and request.POST.get("confirmed") == "1"


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The 403 of somebody whose role does not open this page or button."""
    return _plainly(
        request,
        title="Not for your role",
        heading="Your role may not do this",
        explanation="Nothing was changed. If you need it for your work, ask an administrator "
        "of your team to change your role.",
    )


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The 403 of a form that was open while its session ended (Django's CSRF check)."""
    return _plainly(
        request,
        title="Please try again",
        heading="This form is too old",
        explanation="It was open while you logged in or out elsewhere, so nothing was saved. "
        "Open the page again and repeat your change.",
        again=request.path,
    )


def no_such_page(request: HttpRequest) -> HttpResponse:
    """The 404 of a staff's page: a row of another clinic looks like none at all."""
    return _plainly(
        request,
        status=404,
        title="Not found",
        heading="There is no such page",
        explanation="It may have moved, or it belongs to a clinic that you do not work in.",
    )


def _plainly(request: HttpRequest, *, status: int = 403, **words: str) -> HttpResponse:
    context = {**admin.site.each_context(request), **words}
    return TemplateResponse(request, "admin/refused.html", context, status=status).render()
