"""The routes of `/` and `/api/*` (docs/wire/ollama-api.md 1), a class for each subject.

Each decodes, asks one use case, and encodes.
"""
