"""The address of the page, below /api/."""

from __future__ import annotations

from django.urls import path

from eligibility.start.page import start

urlpatterns = [path("start/", start, name="start")]
