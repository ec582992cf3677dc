"""Servers of Ollama itself, asked by its own protocol."""
