"""`/v1/responses`, without state (docs/wire/dialects.md 6)."""
