"""OpenAI-compatible servers as upstreams, their quirks as data."""
