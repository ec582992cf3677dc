"""The settings of a backend of kind `openai-compatible`."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from urllib.parse import SplitResult, urlsplit, urlunsplit

from msgspec import Meta, field

from adapters.backends.config import (
    AnyBackendConfig,
    ApiKey,
    Capabilities,
    Count,
    Headers,
    ModelIds,
    Pool,
    Proxy,
    TimeoutConfig,
)
from adapters.backends.secret import Secret
from adapters.backends.units import Seconds

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
    url = _split(text)
    segments = [segment for segment in url.path.split("/") if segment]
    if not any(_VERSION.fullmatch(segment) for segment in segments):
        segments.append("v1")
    return urlunsplit((url.scheme, url.netloc.lower(), "/" + "/".join(segments), "", ""))


def _split(text: str) -> SplitResult:
    if not _PRINTABLE.fullmatch(text):
        raise ValueError("a URL with spaces, backslashes or letters outside ASCII")
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        raise ValueError("no URL") from None
    if url.scheme not in {"http", "https"} or not host or port == 0:
        raise ValueError("no http:// or https:// URL with a host")
    if "@" in url.netloc:
        raise ValueError("a URL with a user")
    if "?" in text or "#" in text:
        raise ValueError("a URL with a query or a fragment")
    return url


_VERSION = re.compile(r"v\d+[a-z0-9]*", re.ASCII)
_PRINTABLE = re.compile(r"[\x21-\x5b\x5d-\x7e]*")

BaseUrl = Annotated[
    str,
    Meta(
        description="http(s)://host[:port][/path] without user, query and fragment",
        extra={"normal": normal_base_url},
    ),
]


class OpenAICompatibleConfig(
    AnyBackendConfig, frozen=True, kw_only=True, tag_field="kind", tag="openai-compatible"
):
    """A server that speaks OpenAI's protocol.

    `api_key` is what counts: the content of `api_key_file` is already in it. `proxy` and the
    values of `headers` are secrets, because both are places where keys are put.
    """

    base_url: BaseUrl = OPENAI
    api_key: ApiKey = Secret("")
    api_key_file: str = ""
    headers: Headers = field(default_factory=dict)
    forward_client_key: bool = False
    profile: ProfileName = "auto"
    native: tuple[str, ...] = ()
    static_models: ModelIds = ()
    capabilities: Capabilities = field(default_factory=dict)
    catalog_ttl: Seconds = 300.0
    embed_batch: Count = 0
    pool: Pool = Pool()
    timeout: TimeoutConfig = TimeoutConfig()
    proxy: Proxy = Secret("")
    tls_verify: bool | str = True
