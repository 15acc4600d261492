"""The models of records, one file a subject."""

from records.models.change import RecordChange
from records.models.integration import Integration
from records.models.record import ResourceRecord
from records.models.taxonomy import TaxonomyCode

__all__ = ["Integration", "RecordChange", "ResourceRecord", "TaxonomyCode"]
