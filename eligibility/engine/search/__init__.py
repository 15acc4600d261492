"""Searches: one question put to several payers, as a parent row and a path for each payer."""
