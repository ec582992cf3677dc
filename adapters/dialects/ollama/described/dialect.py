"""Ollama's dialect as a whole."""

from __future__ import annotations

from adapters.dialects.controlling.describing import Description
from adapters.dialects.ollama.described.account import ACCOUNT
from adapters.dialects.ollama.described.answering import ANSWERING
from adapters.dialects.ollama.described.library import LIBRARY
from adapters.dialects.ollama.described.words import WORDS
from adapters.dialects.ollama.errors import render

OLLAMA = Description(
    name="Ollama",
    text="The API of Ollama, as it answers version 0.33.0. Members may be null, which is as good "
    "as absent, and members that nobody knows are ignored.",
    operations=(*ANSWERING, *LIBRARY, *ACCOUNT),
    words=WORDS,
    render=render,
    error={
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "string"}},
    },
)
