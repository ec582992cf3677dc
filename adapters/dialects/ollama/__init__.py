"""Ollama's native protocol, `/api/*`."""
