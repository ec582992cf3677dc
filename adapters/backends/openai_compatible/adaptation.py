"""What a refusal teaches about the server that sent it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import UNSET
from msgspec.structs import replace

from adapters.dialects.openai.outbound.profile import MaxTokensField, Profile
from ports.embed import EmbedRequest
from ports.errors import BackendRejected


def adapted(profile: Profile, refusal: BackendRejected) -> Profile | None:
    """Return the profile that avoids what was refused, `None` if it is about something else.

    OpenAI's reasoning models refuse `max_tokens` and name the other field, other servers
    refuse that one; some refuse `stream_options` (docs/wire/dialects.md 2.2 and 2.3).
    """
    if "max_completion_tokens" in refusal.message:
        return replace(profile, max_tokens_field=_OTHER[profile.max_tokens_field])
    if "stream_options" in refusal.message and profile.stream_usage:
        return replace(profile, stream_usage=False)
    return None


def adapted_embed(
    profile: Profile, refusal: BackendRejected, request: EmbedRequest
) -> Profile | None:
    """Do the same for texts to embed: vectors have the model's own length then (4.3)."""
    sent = profile.embed_dimensions and request.dimensions is not UNSET
    if sent and _DIMENSIONS.search(refusal.message):
        return replace(profile, embed_dimensions=False)
    if profile.embed_truncates and "truncate_prompt_tokens" in refusal.message:
        return replace(profile, embed_truncates=False)
    return None


_DIMENSIONS = re.compile(r"dimension|matryoshka", re.IGNORECASE)
_OTHER: Mapping[MaxTokensField, MaxTokensField] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
