"""Requests that need no translation: from an OpenAI client to a server that speaks its dialect."""
