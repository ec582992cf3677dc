"""Anthropic's dialect as a whole."""

from __future__ import annotations

from adapters.dialects.anthropic.described.messages import MESSAGES
from adapters.dialects.anthropic.described.models import MODELS
from adapters.dialects.anthropic.described.words import WORDS
from adapters.dialects.anthropic.errors import WireRefusal, render
from adapters.dialects.controlling.describing import Description
from adapters.dialects.replies.rendered import Rendered
from ports.errors import GatewayError


def _render(error: GatewayError) -> Rendered:
    return render(error, request_id="req_1")


ANTHROPIC = Description(
    name="Anthropic",
    text="The API of Anthropic's messages. Request bodies may be compressed (`zstd`, `gzip`), "
    "any `anthropic-version` will do, or none. Doubled and final slashes in paths do not matter.",
    operations=(*MESSAGES, *MODELS),
    words=WORDS,
    render=_render,
    error=WireRefusal,
)
