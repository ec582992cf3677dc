"""Requests that need no translation: from an Ollama client to an Ollama server."""
