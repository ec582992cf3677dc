"""Answers to clients, as small ASGI applications; errors with their statuses."""
