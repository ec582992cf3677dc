"""Clients of OpenAI's protocol: what they send, and what they are answered."""
