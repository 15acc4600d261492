"""The ordinary way to build the bulk endpoint: DRF serializers, model instances, bulk_create.

It does the same work for the same answer (the payers' rules, the doubts about identifier, birth
date and phone, the rows that are there already), without the portal's middleware, and as a careful
developer would write it: one lookup table, one insert, nothing asked of the database for a row.
"""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from phonenumbers import NumberParseException, is_valid_number, parse
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eligibility.choices import Priority
from eligibility.identifiers import doubt_about, search_key
from eligibility.models import Batch, Connection, EligibilityTask, Payer
from portal.models import Scope, Submission


class ExtraArgs(serializers.Serializer[Any]):
    """What else a payer asks for."""

    title = serializers.CharField(allow_blank=True)
    value = serializers.CharField(allow_blank=True)


class TaskSerializer(serializers.Serializer[Any]):
    """One row."""

    id_value = serializers.CharField(max_length=64)
    id_type = serializers.CharField(max_length=32)
    tpa_name = serializers.CharField(max_length=32)
    visit_type = serializers.CharField(max_length=32, allow_blank=True, default="")
    extra_args = ExtraArgs()
    doctorName = serializers.CharField(max_length=300, allow_blank=True, default="")
    payerName = serializers.CharField(max_length=300, allow_blank=True, default="")
    name = serializers.CharField(max_length=300, allow_blank=True, default="")
    dob = serializers.DateField(required=False)
    phone = serializers.CharField(max_length=64, allow_blank=True, default="")
    serviceType = serializers.CharField(max_length=200, allow_blank=True, default="")
    client_reference = serializers.CharField(max_length=200, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The payer's own rules."""
        payer = self.context["payers"].get(attrs["tpa_name"].upper())
        if payer is None:
            raise serializers.ValidationError({"tpa_name": "unknown"})
        if attrs["id_type"] not in payer.id_types:
            raise serializers.ValidationError({"id_type": "unsupported"})
        if payer.visit_types and attrs["visit_type"] not in payer.visit_types:
            raise serializers.ValidationError({"visit_type": "unsupported"})
        for rule in payer.requires:
            asked = all(attrs.get(name) in values for name, values in rule["when"].items())
            if asked and not attrs.get(rule["field"]):
                raise serializers.ValidationError({rule["field"]: "required"})
        return attrs | {"payer": payer, "warnings": _doubts(attrs)}


def _doubts(row: dict[str, Any]) -> list[dict[str, str]]:
    """What does not reject a row but is shown to staff."""
    found = []
    if (doubt := doubt_about(row["id_type"], row["id_value"])) is not None:
        found.append({"pointer": "/id_value", "code": doubt.code})
    if row.get("dob") and row["dob"] > timezone.localdate():
        found.append({"pointer": "/dob", "code": "dob.future"})
    if row["phone"] and not _is_phone(row["phone"]):
        found.append({"pointer": "/phone", "code": "phone.odd"})
    return found


def _is_phone(text: str) -> bool:
    try:
        return is_valid_number(parse(text, "AE"))
    except NumberParseException:
        return False


class NaiveBulkView(APIView):
    """POST {"requests": [...]}."""

    required_scopes = {"POST": Scope.ELIGIBILITY_WRITE}
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]

    def post(self, request: Request) -> Response:
        """Check every row, insert them, say which tasks they became."""
        payers = {payer.code: payer for payer in Payer.objects.filter(is_active=True)}
        body: Any = request.data
        raw = body["requests"]
        serializer = TaskSerializer(data=raw, many=True, context={"payers": payers})
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            tasks = _make_tasks(request.user, serializer.validated_data, raw)
            there = _already_there(tasks)
            EligibilityTask.objects.bulk_create(
                [task for task in tasks if task.reference_key not in there]
            )
        return Response(
            {
                "success": True,
                "message": f"Bulk tasks created successfully. {len(tasks)} tasks created.",
                "data": {
                    "tasks": [
                        _shown(task, there.get(task.reference_key, task.pk), row)
                        for task, row in zip(tasks, raw, strict=True)
                    ],
                    "total_created": len(tasks),
                },
            }
        )


_FRESH = {
    field.attname: field.db_default
    for field in EligibilityTask._meta.concrete_fields
    if field.has_db_default() and not hasattr(field.db_default, "resolve_expression")
}
"""What the database would fill in by itself; `bulk_create` makes a slow expression of each."""


def _make_tasks(
    caller: Any, rows: list[dict[str, Any]], raw: list[dict[str, Any]]
) -> list[EligibilityTask]:
    """The model instances, with the request's own two rows stored."""
    now, team, clinic = timezone.now(), caller.team, caller.clinic
    counts = {"total_rows": len(rows), "accepted_rows": len(rows), "rejected_rows": 0}
    submission = Submission.objects.create(
        team=team, clinic=clinic, kind="naive", source="api", **counts
    )
    batch = Batch.objects.create(team=team, clinic=clinic, submission=submission)
    lanes = dict(Connection.objects.filter(team=team).values_list("payer_id", "pk"))
    moments = dict.fromkeys(("run_at", "not_before", "created_at", "updated_at"), now)
    common = _FRESH | moments | {"team": team, "clinic": clinic, "created_by": caller.actor_id}
    return [
        EligibilityTask(
            batch=batch,
            submission=submission,
            line=line,
            priority=Priority.NORMAL,
            payer=row["payer"],
            connection_id=lanes.get(row["payer"].pk),
            id_type=row["id_type"],
            id_value=row["id_value"],
            id_key=search_key(row["id_type"], row["id_value"]),
            visit_type=row["visit_type"],
            name=row["name"],
            dob=row.get("dob"),
            phone=row["phone"],
            doctor_name=row["doctorName"],
            payer_name=row["payerName"],
            details={"service_type": row["serviceType"]},
            extra_args=row["extra_args"],
            client_reference=row["client_reference"],
            request_dump=raw[line],
            warnings=row["warnings"],
            reference_key=_reference_key(row),
            **common,
        )
        for line, row in enumerate(rows)
    ]


def _reference_key(row: dict[str, Any]) -> str:
    question = "|".join(
        row[name] for name in ("client_reference", "tpa_name", "id_type", "id_value", "visit_type")
    )
    return hashlib.blake2b(question.encode(), digest_size=16).hexdigest()


def _already_there(tasks: list[EligibilityTask]) -> dict[str | None, UUID]:
    """The stored tasks of rows that come again, by reference key."""
    keys = [task.reference_key for task in tasks]
    known = EligibilityTask.objects.filter(reference_key__in=keys)
    return dict(known.values_list("reference_key", "pk"))


def _shown(task: EligibilityTask, task_id: UUID, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "task_id": str(task_id),
        "status": task.status,
        "patient_info": {
            "name": row.get("name") or None,
            "id_value": row["id_value"],
            "tpa_name": row["tpa_name"],
        },
        "is_search_all": task.is_search,
    }
