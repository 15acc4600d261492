"""Records as the integrators' documents write them: exactly the documented keys."""

from records.wire.bulk import bulk_answer, bulk_json
from records.wire.pages import history_page, record_page
from records.wire.records import etag, record, refusal, stored_record

__all__ = [
    "bulk_answer",
    "bulk_json",
    "etag",
    "history_page",
    "record",
    "record_page",
    "refusal",
    "stored_record",
]
