"""Requests that need no translation: from an Anthropic client to a server of its dialect."""
