"""OpenAI's dialect as a whole."""

from __future__ import annotations

from adapters.dialects.controlling.describing import Description
from adapters.dialects.openai.described.chat import CHAT
from adapters.dialects.openai.described.completions import COMPLETIONS
from adapters.dialects.openai.described.embedding import EMBEDDING
from adapters.dialects.openai.described.models import MODELS
from adapters.dialects.openai.described.passing import PASSING
from adapters.dialects.openai.described.responses import RESPONSES, RESPONSES_WORDS
from adapters.dialects.openai.described.words import WORDS
from adapters.dialects.openai.errors import WireRefusal, render

OPENAI = Description(
    name="OpenAI",
    text="The API of OpenAI. Request bodies may be compressed (`zstd`, `gzip`), and members that "
    "nobody knows are ignored. Doubled and final slashes in paths do not matter.",
    operations=(*CHAT, *RESPONSES, *COMPLETIONS, *EMBEDDING, *MODELS, *PASSING),
    words={**WORDS, **RESPONSES_WORDS},
    render=render,
    error=WireRefusal,
)
