"""What the settings of every backend are made of.

How a field's annotation is read, and when its functions are called, says `app.settings.tree`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct, field

from adapters.backends.addresses import checked_proxy
from adapters.backends.patience import Timeouts
from adapters.backends.secret import Secret
from adapters.backends.units import Seconds
from ports.models import Capability


def checked_globs(globs: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse an empty glob: it can match nothing."""
    for glob in globs:
        if not glob.removeprefix("!").strip():
            raise ValueError("an empty glob")
    return globs


def checked_capabilities(
    capabilities: Mapping[str, tuple[Capability, ...]],
) -> Mapping[str, tuple[Capability, ...]]:
    """Refuse an empty glob, and one that excludes: a capability is only ever given."""
    for glob in capabilities:
        if not glob.strip() or glob.startswith("!"):
            raise ValueError("an empty or excluding glob")
    return capabilities


def checked_ids(ids: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a model without a name."""
    if not all(name.strip() for name in ids):
        raise ValueError("an empty model id")
    return ids


def checked_headers(headers: Mapping[str, Secret]) -> Mapping[str, Secret]:
    """Refuse names and values that HTTP cannot carry, and a name given twice."""
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise ValueError("an illegal header name")
        if not _HEADER_VALUE.fullmatch(value.reveal()):
            raise ValueError(f"an illegal value of the header {name}")
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("a header name twice")
    return headers


def checked_bearer(key: Secret) -> Secret:
    """Refuse a key that no header can carry."""
    if key and not _BEARER.fullmatch(key.reveal()):
        raise ValueError("a key with spaces, line breaks or letters outside ASCII")
    return key


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_BEARER = re.compile(r"[\x21-\x7e]+")

BackendName = Annotated[
    str, Meta(pattern=r"\A[A-Za-z0-9_-]+\Z", description="letters, digits, - and _")
]
Globs = Annotated[
    tuple[str, ...],
    Meta(description="a list of globs, ! excludes", extra={"normal": checked_globs}),
]
ModelIds = Annotated[
    tuple[str, ...], Meta(description="a list of model ids", extra={"normal": checked_ids})
]
Headers = Annotated[
    Mapping[str, Secret],
    Meta(description="a table of header names and their values", extra={"normal": checked_headers}),
]
ApiKey = Annotated[Secret, Meta(description="a key", extra={"normal": checked_bearer})]
Proxy = Annotated[
    Secret, Meta(description="http:// or https:// and a host", extra={"normal": checked_proxy})
]
Capabilities = Annotated[
    Mapping[str, tuple[Capability, ...]],
    Meta(
        description=f"a table of model globs and lists of {', '.join(Capability)}",
        extra={"normal": checked_capabilities},
    ),
]
Weight = Annotated[float, Meta(gt=0, le=1_000_000, description="a number above 0")]
Count = Annotated[int, Meta(ge=0, description="a whole number, 0 or above")]
Positive = Annotated[int, Meta(ge=1, description="a whole number above 0")]


class Pool(Struct, frozen=True, kw_only=True):
    """Connections to one upstream: open at once, and kept while idle."""

    max: Positive = 512
    keepalive: Count = 128


class TimeoutConfig(Timeouts, frozen=True, kw_only=True):
    """How long an exchange may take, in seconds; 0 for no end."""

    connect: Seconds = 5.0
    first_byte: Seconds = 600.0
    idle: Seconds = 300.0
    total: Seconds = 0.0


class AnyBackendConfig(Struct, frozen=True, kw_only=True):
    """The settings that backends of every kind have."""

    name: BackendName
    models: Globs = ()
    any_model: bool = False
    weight: Weight = 1.0
    max_concurrency: Count = 0
    max_queue: Count = 100


class HttpBackendConfig(AnyBackendConfig, frozen=True, kw_only=True):
    """The settings that backends have which are reached over HTTP.

    `api_key` is what counts: the content of `api_key_file` is already in it. `proxy` and the
    values of `headers` are secrets, because both are places where keys are put.
    """

    base_url: str
    api_key: ApiKey = Secret("")
    api_key_file: str = ""
    headers: Headers = field(default_factory=dict)
    forward_client_key: bool = False
    capabilities: Capabilities = field(default_factory=dict)
    catalog_ttl: Seconds = 300.0
    pool: Pool = Pool()
    timeout: TimeoutConfig = TimeoutConfig()
    proxy: Proxy = Secret("")
    tls_verify: bool | str = True
