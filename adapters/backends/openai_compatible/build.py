"""From a row of configuration to a running backend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager

from msgspec import Struct

from adapters.backends.capabilities import with_capabilities
from adapters.backends.catalog import CachedCatalog
from adapters.backends.connection import open_upstream
from adapters.backends.openai_compatible.backend import OpenAICompatibleChat
from adapters.backends.openai_compatible.catalog import fetching
from adapters.backends.openai_compatible.completions import OpenAICompatibleCompletions
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig, OpenAIDialectConfig
from adapters.backends.openai_compatible.counting import OpenAICompatibleCounter
from adapters.backends.openai_compatible.embeddings import OpenAICompatibleEmbeddings
from adapters.backends.openai_compatible.profiles import Profiles
from adapters.backends.raw import UpstreamRaw
from adapters.backends.transport import Wrap, unwrapped
from adapters.dialects.openai.errors import decode_error
from ports.backend import Backend
from ports.clock import Clock
from ports.models import ModelInfo
from ports.raw import ANTHROPIC, Dialect, Headers


class Kind(Struct, frozen=True, kw_only=True):
    """What tells one kind of upstream from the others that speak this dialect.

    `profile` is the name of one, or `auto`; `embedders` the path of a list of its own of the
    models that embed.
    """

    name: str
    profile: str
    embedders: str = ""
    variants: tuple[str, ...] = ()


def open_backend(
    config: OpenAICompatibleConfig, *, clock: Clock, via: str, wrap: Wrap = unwrapped
) -> AbstractAsyncContextManager[Backend]:
    """Open the connection pool of one upstream; leaving closes it."""
    kind = Kind(name="openai-compatible", profile=config.profile)
    return open_kind(config, kind, clock=clock, via=via, wrap=wrap)


@asynccontextmanager
async def open_kind(
    config: OpenAIDialectConfig, kind: Kind, *, clock: Clock, via: str, wrap: Wrap = unwrapped
) -> AsyncIterator[Backend]:
    """Do the same for any kind."""
    async with open_upstream(
        config, via=via, decode_error=decode_error, clock=clock, wrap=wrap
    ) as upstream:
        profiles = Profiles(kind.profile, base_url=config.base_url)
        static = with_capabilities(
            [ModelInfo(id=name) for name in config.static_models], config.capabilities
        )
        catalog = CachedCatalog(
            fetching(
                upstream,
                static=config.static_models,
                capabilities=config.capabilities,
                meet=profiles.meet,
                embedders=kind.embedders,
            ),
            name=config.name,
            ttl=config.catalog_ttl,
            clock=clock,
            fallback=static if static or config.any_model else None,
        )
        chat = OpenAICompatibleChat(upstream, profiles)
        async with aclosing(catalog):
            yield Backend(
                name=config.name,
                kind=kind.name,
                catalog=catalog,
                chat=chat,
                generate=OpenAICompatibleCompletions(upstream, profiles, chat),
                embed=OpenAICompatibleEmbeddings(upstream, profiles, batch=config.embed_batch),
                count=OpenAICompatibleCounter(upstream, profiles),
                raw=UpstreamRaw(
                    upstream,
                    root="/v1/",
                    headers=_keys(config),
                    mark_suffices=lambda: profiles.of("").mark_suffices,
                ),
                native=config.dialects,
                any_model=config.any_model,
                variants=kind.variants,
                models=config.models,
            )


def _keys(config: OpenAIDialectConfig) -> Mapping[Dialect, Headers]:
    """Send the key as Anthropic's own server wants it too; others take it as a bearer."""
    key = config.api_key.reveal()
    return {ANTHROPIC: (("x-api-key", key),)} if key else {}
