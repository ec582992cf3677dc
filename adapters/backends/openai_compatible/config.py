"""The settings of a backend of kind `openai-compatible`."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from msgspec import Meta

from adapters.backends.addresses import BASE_URL, joined_address, segments_of, split_address
from adapters.backends.config import Count, HttpBackendConfig, ModelIds
from ports.raw import OPENAI as OPENAI_DIALECT
from ports.raw import Dialect

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


def checked_native(names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what says two things at once."""
    if NONE in names and len(names) > 1:
        raise ValueError("none beside others")
    return names


NONE: Final = "none"
"""Stands alone in `native`, where nothing shall be relayed."""

_VERSION = re.compile(r"v\d+[a-z0-9]*", re.ASCII)

BaseUrl = Annotated[str, Meta(description=BASE_URL, extra={"normal": normal_base_url})]
Native = Annotated[
    tuple[Literal["openai", "responses", "anthropic", "none"], ...],
    Meta(
        description="a list of openai, responses and anthropic, or of none alone",
        extra={"normal": checked_native},
    ),
]


class OpenAIDialectConfig(HttpBackendConfig, frozen=True, kw_only=True):
    """What the settings of all kinds have whose upstreams speak OpenAI's protocol."""

    static_models: ModelIds = ()
    embed_batch: Count = 0
    native: Native = ()

    @property
    def dialects(self) -> frozenset[Dialect]:
        """What `native` means: OpenAI's own where it says nothing."""
        names = self.native or (OPENAI_DIALECT,)
        return frozenset(Dialect(name) for name in names if name != NONE)


class OpenAICompatibleConfig(
    OpenAIDialectConfig, frozen=True, kw_only=True, tag_field="kind", tag="openai-compatible"
):
    """A server that speaks OpenAI's protocol."""

    base_url: BaseUrl = OPENAI
    profile: ProfileName = "auto"
