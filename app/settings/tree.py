"""What can be configured, as frozen values with their defaults.

`docs/configuration.md` tells what each key means. What is to be known of a field stands in the
`Meta` of its type, below and in `adapters.backends` (`config`, `units`, the folder of each kind):

- what is allowed, for people: `description`, which problems and the documentation quote;
- what msgspec checks itself: the type, `ge`, `le`, `pattern`, …
- functions for the rest, in `extra`, by what they are for:
  `read` takes what was written, before msgspec turns it into the type (`"5s"` to 5.0);
  `normal` takes the value, checks what no type can say, and returns the form to keep;
  `show` takes the value, and returns what to write for it (5.0 to `"5s"`).

`read` and `normal` raise `ValueError` with what was found instead, or with nothing where the value
itself may be shown: a secret never is. `app.settings.decoding` calls these two for every field of
every table, in this order; `app.settings.rendering` calls `show` for `llamaport check`. What two
fields say together is checked in `app.settings.checks`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from adapters.backends.addresses import checked_endpoint
from adapters.backends.config import ApiKey, Count, Globs, Positive
from adapters.backends.offline.config import OfflineConfig
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.openrouter.config import OpenRouterConfig
from adapters.backends.secret import Secret
from adapters.backends.units import Bytes, Seconds
from domain.aliases import Alias

BackendConfig = OpenAICompatibleConfig | OpenRouterConfig | OllamaConfig | OfflineConfig

Level = Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


def normal_host(host: str) -> str:
    """Return an address or a host name without the brackets of IPv6."""
    try:
        return str(ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        if not _HOST_NAME.fullmatch(host) or host.replace(".", "").isdigit():
            raise ValueError from None
        return host.lower()


def checked_hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what can never be the name in a `Host` header."""
    return tuple(normal_host(host) for host in hosts)


def checked_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what can never be an origin."""
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError
    return origins


def checked_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what is neither an address nor a network."""
    try:
        return tuple(str(ip_network(network, strict=False)) for network in networks)
    except ValueError:
        raise ValueError from None


def checked_hash(digest: Secret) -> Secret:
    """Refuse what is no SHA-256, and keep it in lower case."""
    if not _SHA256.fullmatch(digest.reveal()):
        raise ValueError("something else")
    return Secret(digest.reveal().lower())


def upper(raw: object) -> object:
    """Let `info` mean `INFO`."""
    return raw.upper() if isinstance(raw, str) else raw


def checked_paths(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what is no path below `/v1`, and what is served here."""
    for path in paths:
        if not _RELAYED.fullmatch(path):
            raise ValueError
        if path in AMONG_OTHERS or any(fnmatchcase(one, path) for one in SERVED):
            raise ValueError(f'"{path}", which llamaport serves itself')
    return tuple(dict.fromkeys(paths))


SERVED: Final = (
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/responses",
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/v1/models",
    "/v1/models/x",
    "/v1/metrics",
    "/v1/metrics/prometheus",
    "/v1/metrics/health",
)
"""Paths below `/v1` that are never passed on."""

AMONG_OTHERS: Final = ("/v1/responses/input_tokens",)
"""The same, but a `*` may stand for others in their place: responses that a backend keeps."""

_RELAYED = re.compile(r"/v1(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+(?:/\*)?", re.ASCII)
_HOST_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?", re.ASCII)
_ORIGIN = re.compile(r"\*|[A-Za-z][A-Za-z0-9+.-]*://[!-.0-~]+", re.ASCII)
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")

Name = Annotated[str, Meta(min_length=1, description="a name")]
Host = Annotated[
    str, Meta(description="an IP address or a host name", extra={"normal": normal_host})
]
Hosts = Annotated[
    tuple[str, ...],
    Meta(
        description="a list of host names, without scheme and port",
        extra={"normal": checked_hosts},
    ),
]
Origins = Annotated[
    tuple[str, ...],
    Meta(
        description='a list of origins such as "https://chat.example.org"',
        extra={"normal": checked_origins},
    ),
]
Networks = Annotated[
    tuple[str, ...],
    Meta(
        description='a list of IP addresses or networks such as "10.0.0.0/8"',
        extra={"normal": checked_networks},
    ),
]
RelayPaths = Annotated[
    tuple[str, ...],
    Meta(
        description='a list of paths such as "/v1/ocr" or "/v1/batches/*"',
        extra={"normal": checked_paths},
    ),
]
Sha256 = Annotated[Secret, Meta(description="64 hex digits", extra={"normal": checked_hash})]
Endpoint = Annotated[
    str, Meta(description="http:// or https:// and a host", extra={"normal": checked_endpoint})
]
Fraction = Annotated[float, Meta(ge=0, le=1, description="a number from 0 to 1")]


class Server(Struct, frozen=True, kw_only=True):
    """The listener."""

    host: Host = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="a whole number, 0 to 65535")] = 11434
    workers: Positive = 1
    allow_anonymous: bool = False
    cors_origins: Origins = ()
    allowed_hosts: Hosts = ()
    trusted_proxies: Networks = ()
    max_body: Bytes = 64 * 1024 * 1024
    drain: Seconds = 30.0
    keepalive: Seconds = 0.0
    version: Name = "0.33.0"


class Routing(Struct, frozen=True, kw_only=True):
    """How names find their targets."""

    default_backend: str = ""
    short_names: bool = False
    strict_translation: bool = False
    relay_paths: RelayPaths = ()


class Models(Struct, frozen=True, kw_only=True):
    """Models made by clients."""

    file: str = ""
    """After `load` the effective one; empty only where there is no place for it."""


class Retry(Struct, frozen=True, kw_only=True):
    """Attempts in all, per target."""

    attempts: Positive = 3


class Breaker(Struct, frozen=True, kw_only=True):
    """When a backend is left alone, and for how long."""

    failures: Positive = 5
    cooldown: Seconds = 30.0


class Limits(Struct, frozen=True, kw_only=True):
    """Where counts are kept."""

    store: Name = "memory"


class KeyConfig(Struct, frozen=True, kw_only=True):
    """A client key. Exactly one of `key` and `key_sha256` (lower case) is not empty."""

    name: Name
    key: ApiKey = Secret("")
    key_sha256: Sha256 = Secret("")
    models: Globs = ()
    requests_per_minute: Count = 0
    tokens_per_minute: Count = 0
    concurrent: Count = 0
    agents: tuple[str, ...] = ()
    admin: bool = False


class Agents(Struct, frozen=True, kw_only=True):
    """The plugin directory."""

    directory: str = "agents"
    enabled: tuple[str, ...] = ()
    parallel: tuple[tuple[str, ...], ...] = ()


class Logging(Struct, frozen=True, kw_only=True):
    """What is logged, in which form, and where besides stderr."""

    level: Annotated[Level, Meta(extra={"read": upper})] = "INFO"
    format: Literal["auto", "console", "json"] = "auto"
    file: str = ""
    rotation: Bytes = 100 * 1024 * 1024


class Telemetry(Struct, frozen=True, kw_only=True):
    """Export of traces."""

    otlp_endpoint: Endpoint = ""
    capture_content: bool = False
    capture_limit: Bytes = 4 * 1024
    sample_ratio: Fraction = 1.0


class Settings(Struct, frozen=True, kw_only=True):
    """Everything, read once. After `load` there is at least one backend."""

    server: Server = Server()
    routing: Routing = Routing()
    backends: tuple[BackendConfig, ...] = ()
    aliases: Mapping[str, Alias] = {}
    models: Models = Models()
    retry: Retry = Retry()
    breaker: Breaker = Breaker()
    limits: Limits = Limits()
    keys: tuple[KeyConfig, ...] = ()
    agents: Agents = Agents()
    logging: Logging = Logging()
    telemetry: Telemetry = Telemetry()
