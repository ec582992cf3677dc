"""The settings of a backend of kind `openai-compatible`."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from msgspec import Meta

from adapters.backends.addresses import BASE_URL, joined_address, segments_of, split_address
from adapters.backends.config import Count, HttpBackendConfig, ModelIds

OPENAI: Final = "https://api.openai.com/v1"

ProfileName = Literal[
    "auto",
    "openai",
    "vllm",
    "llamacpp",
    "lmstudio",
    "litellm",
    "groq",
    "deepseek",
    "gemini",
    "mistral",
    "generic",
]


def normal_base_url(text: str) -> str:
    """Return the base URL to put `/chat/completions` behind.

    Slashes at the end are cut. A path with a version in it (`/v1`, `/api/v1`,
    `/v1beta/openai`) stays; any other, and none at all, gets `/v1`. Raises `ValueError`,
    which never repeats the URL: a password may stand in it.
    """
    url = split_address(text)
    segments = segments_of(url)
    if not any(_VERSION.fullmatch(segment) for segment in segments):
        segments.append("v1")
    return joined_address(url, segments)


_VERSION = re.compile(r"v\d+[a-z0-9]*", re.ASCII)

BaseUrl = Annotated[str, Meta(description=BASE_URL, extra={"normal": normal_base_url})]


class OpenAIDialectConfig(HttpBackendConfig, frozen=True, kw_only=True):
    """What the settings of all kinds have whose upstreams speak OpenAI's protocol."""

    static_models: ModelIds = ()
    embed_batch: Count = 0


class OpenAICompatibleConfig(
    OpenAIDialectConfig, frozen=True, kw_only=True, tag_field="kind", tag="openai-compatible"
):
    """A server that speaks OpenAI's protocol."""

    base_url: BaseUrl = OPENAI
    profile: ProfileName = "auto"
