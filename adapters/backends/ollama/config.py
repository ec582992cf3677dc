"""The settings of a backend of kind `ollama`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta

from adapters.backends.addresses import BASE_URL, joined_address, segments_of, split_address
from adapters.backends.config import HttpBackendConfig

LOCAL: Final = "http://127.0.0.1:11434"

_ROOTS = (["v1"], ["api"])


def normal_base_url(text: str) -> str:
    """Return the base URL to put `/api/chat` behind.

    Slashes at the end are cut, and so is the `/v1` or `/api` that people add from habit; any
    other path stays, as the prefix of a proxy. Raises `ValueError`, which never repeats the
    URL: a password may stand in it.
    """
    url = split_address(text)
    segments = segments_of(url)
    if segments[-1:] in _ROOTS:
        segments.pop()
    return joined_address(url, segments)


BaseUrl = Annotated[str, Meta(description=BASE_URL, extra={"normal": normal_base_url})]


Native = Annotated[tuple[Literal["ollama"], ...], Meta(description="a list with ollama in it")]


class OllamaConfig(HttpBackendConfig, frozen=True, kw_only=True, tag_field="kind", tag="ollama"):
    """An Ollama server, or one that speaks its `/api`."""

    base_url: BaseUrl = LOCAL
    native: Native = ()
