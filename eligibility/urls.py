"""Addresses of eligibility, below /v2/."""

from __future__ import annotations

from django.urls import path

from eligibility.views import HealthViewSet

urlpatterns = [
    path("api-integration/health", HealthViewSet.as_view({"get": "health"}), name="health"),
]
