"""What a refusal teaches about the server that sent it, or about one request."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import UNSET, Struct
from msgspec.structs import replace

from adapters.dialects.openai.outbound.profile import MaxTokensField, Profile
from ports.embed import EmbedRequest
from ports.errors import BackendRejected


class Other(Struct, frozen=True):
    """Another way to ask. It `lasts` if it is the model's way, not only this request's."""

    profile: Profile
    lasts: bool = True


def adapted(profile: Profile, refusal: BackendRejected) -> Other | None:
    """Return the way that avoids what was refused, `None` if it is about something else.

    A limit that is larger than the room left is none, so the request is sent without it: coding
    clients ask for more than most servers have (docs/wire/dialects.md 7.2). OpenAI's reasoning
    models refuse `max_tokens` and name the other field, other servers refuse that one; some
    refuse `stream_options` (2.2 and 2.3), and what is only told to them for good measure.
    """
    said = refusal.message
    if _LIMIT.search(said) and _TOO_LARGE.search(said):
        return Other(replace(profile, max_tokens_field=""), lasts=False)
    if "max_completion_tokens" in said:
        return Other(replace(profile, max_tokens_field=_OTHER[profile.max_tokens_field]))
    if "stream_options" in said and profile.stream_usage:
        return Other(replace(profile, stream_usage=False))
    if "parallel_tool_calls" in said and profile.parallel_tool_calls:
        return Other(replace(profile, parallel_tool_calls=False))
    if profile.budget_field and profile.budget_field in said:
        # vLLM must be configured for it.
        return Other(replace(profile, budget_field=""))
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


_LIMIT = re.compile(
    r"max_(?:completion_|output_|new_)?tokens|(?:completion|output) tokens"
    r"|tokens? in the (?:completion|output)|\d in the (?:completion|output)",
    re.IGNORECASE,
)
"""Words for how long an answer may be."""
_TOO_LARGE = re.compile(
    r"too (?:large|high|big)|at most|maximum|exceed|less than|valid range|<=|\d > \d", re.IGNORECASE
)
_DIMENSIONS = re.compile(r"dimension|matryoshka", re.IGNORECASE)
_OTHER: Mapping[MaxTokensField, MaxTokensField] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
    "": "",
}
