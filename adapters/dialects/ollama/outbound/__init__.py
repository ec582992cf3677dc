"""Ollama servers as upstreams: the neutral form to their requests, and their answers back."""
