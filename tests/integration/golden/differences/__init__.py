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
FAULTS = "faults: a runner's JSON as an error's text, streams without an end, calls without id"
