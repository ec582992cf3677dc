"""The settings of a backend of kind `openrouter`."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from adapters.backends.addresses import BASE_URL, joined_address, segments_of, split_address
from adapters.backends.openai_compatible.config import OpenAIDialectConfig, normal_base_url

OPENROUTER: Final = "https://openrouter.ai/api/v1"


def normal_openrouter_url(text: str) -> str:
    """Return the base URL to put `/chat/completions` behind.

    As `normal_base_url`, but a bare host gets `/api/v1`, which is where OpenRouter has it.
    Raises `ValueError`, which never repeats the URL.
    """
    url = split_address(text)
    return normal_base_url(text) if segments_of(url) else joined_address(url, ["api", "v1"])


OpenRouterUrl = Annotated[str, Meta(description=BASE_URL, extra={"normal": normal_openrouter_url})]


class OpenRouterConfig(
    OpenAIDialectConfig, frozen=True, kw_only=True, tag_field="kind", tag="openrouter"
):
    """OpenRouter, or a proxy of it.

    Who asks is told by `headers`: `HTTP-Referer` and `X-OpenRouter-Title` (docs/wire/dialects.md
    8.1).
    """

    base_url: OpenRouterUrl = OPENROUTER
