"""Each kind of backend, as the settings of a server that has one of it.

Nothing is relayed to any of them in OpenAI's dialect: how that is translated is what is tested.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from tests.integration.served import backend
from tests.upstream.server import Upstream

TRANSLATED = 'native = ["none"]'


class Kind(Struct, frozen=True, kw_only=True):
    """A kind, named by its `kind` in the settings."""

    name: str
    settings: Callable[[Upstream], str]
    """Write its `[[backends]]` entry; the offline one has no upstream."""
    chat: str = "m"
    """A model of it that chats, and one that embeds."""
    embed: str = "m"


def _openrouter(upstream: Upstream) -> str:
    lines = f'base_url = "{upstream.base_url}"\napi_key = "sk-or-1"\n{TRANSLATED}\n'
    return f'[[backends]]\nname = "up"\nkind = "openrouter"\n{lines}'


def _ollama(upstream: Upstream) -> str:
    return f'[[backends]]\nname = "up"\nkind = "ollama"\nbase_url = "{upstream.url}"\n'


OPENAI_COMPATIBLE = Kind(
    name="openai-compatible", settings=lambda upstream: backend(upstream.base_url, TRANSLATED)
)
OPENROUTER = Kind(name="openrouter", settings=_openrouter)
OLLAMA = Kind(name="ollama", settings=_ollama)
OFFLINE = Kind(
    name="offline",
    settings=lambda _upstream: '[[backends]]\nname = "offline"\nkind = "offline"\n',
    chat="offline",
    embed="offline-embed",
)
KINDS = (OPENAI_COMPATIBLE, OPENROUTER, OLLAMA, OFFLINE)
