"""The routes of `/v1/messages` (docs/wire/dialects.md 7), a class for each subject.

Each decodes, asks one use case, and encodes.
"""
