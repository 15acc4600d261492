"""Addresses of records, below /integrations/v2/."""

from __future__ import annotations

from django.urls import path

from records.views import RecordBulkViewSet, RecordViewSet

urlpatterns = [
    path("resource-records", RecordViewSet.as_view({"get": "list"}), name="records"),
    path(
        "resource-records/bulk",
        RecordBulkViewSet.as_view({"post": "create"}),
        name="create-records",
    ),
    path(
        "resource-records/by-logical-id/<str:integration_id>/<path:logical_id>",
        RecordViewSet.as_view({"put": "replace"}),
        name="record-by-logical-id",
    ),
    path(
        "resource-records/<str:record_id>",
        RecordViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="record",
    ),
    path(
        "resource-records/<str:record_id>/history",
        RecordViewSet.as_view({"get": "history"}),
        name="record-history",
    ),
]
