"""Which server this one stands in for."""

from typing import NewType

EmulatedVersion = NewType("EmulatedVersion", str)
"""The version of Ollama that clients are told, three numbers with dots."""
