"""Where this server does otherwise than the recorded one, and why: a module for each file.

Two kinds: what nobody can answer who has neither the model's files nor an account, faults
included, and what was decided otherwise. The replay proves that each of these differs and
that no other does.
"""

from __future__ import annotations

from collections.abc import Mapping

Reasons = Mapping[str, tuple[str, ...]]
"""The names of exchanges by the reason for which they differ."""

OLLAMA_COM = "ollama.com: its account, its models, its search, its advice"
PARSERS = "templates, and parsers of one model's markup"
BROKEN = "faults: a failure that is told as the runner's JSON, or not at all: it is an error"
MENDED = "faults: calls without an id, ends without a reason: they get one"
