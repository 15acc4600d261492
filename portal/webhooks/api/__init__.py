"""The REST faces of webhooks (api-contract, sections 4 and 6)."""
