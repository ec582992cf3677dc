"""Which web pages may call this server: Ollama's rules (docs/wire/ollama-api.md 6.2).

Added to them on `/v1` only: the request headers that browser builds of the Anthropic
and OpenAI SDKs send, and the response headers that the OpenAI and Anthropic SDKs read, and our own.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

Header = tuple[bytes, bytes]

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "0.0.0.0")  # noqa: S104 - a name in an origin, not bound
_DEFAULT_ORIGINS = (
    *(f"{scheme}://{host}" for host in _LOCAL_HOSTS for scheme in ("http", "https")),
    *(f"{scheme}://{host}:*" for host in _LOCAL_HOSTS for scheme in ("http", "https")),
    "app://*",
    "file://*",
    "tauri://*",
    "vscode-webview://*",
    "vscode-file://*",
)
_REQUEST_HEADERS = (
    b"Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,"
    b"X-Stainless-Arch,X-Stainless-Async,X-Stainless-Custom-Poll-Interval,"
    b"X-Stainless-Helper-Method,X-Stainless-Lang,X-Stainless-Os,X-Stainless-Package-Version,"
    b"X-Stainless-Poll-Helper,X-Stainless-Retry-Count,X-Stainless-Runtime,"
    b"X-Stainless-Runtime-Version,X-Stainless-Timeout"
)
_V1_REQUEST_HEADERS = (
    b",X-Api-Key,Anthropic-Version,Anthropic-Beta,Anthropic-Dangerous-Direct-Browser-Access,"
    b"X-Stainless-Helper,OpenAI-Organization,OpenAI-Project"
)
# What the two SDKs read from an answer, for error reports and for their own retries, and what
# this server tells of a translation.
_V1_EXPOSED = (
    b"access-control-expose-headers",
    (
        b"x-request-id,request-id,retry-after,retry-after-ms,x-should-retry,"
        b"x-llamaport-dropped,x-llamaport-tokens"
    ),
)
_VARY_ORIGIN = (b"vary", b"Origin")
_VARY_PREFLIGHT = (
    _VARY_ORIGIN,
    (b"vary", b"Access-Control-Request-Method"),
    (b"vary", b"Access-Control-Request-Headers"),
)
_METHODS = (b"access-control-allow-methods", b"GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS")
_MAX_AGE = (b"access-control-max-age", b"43200")


class OriginVerdict(Enum):
    """What an `Origin` means for the request."""

    OWN = "none, or our own page: not a cross-origin request"
    ALLOWED = "a page that may call us"
    REFUSED = "a page that may not"


class Cors:
    """Judges origins and writes the headers that let a browser hand over the answer.

    `origins` are added to Ollama's defaults. Each may hold one `*`, which stands for
    anything; `*` alone allows every origin. Raises `ValueError` for two `*` in one entry.
    """

    __slots__ = ("_any", "_around", "_exact", "_prefixes")

    def __init__(self, origins: Iterable[str] = ()) -> None:
        patterns = [*_DEFAULT_ORIGINS, *(origin.strip().lower() for origin in origins)]
        if twice := [pattern for pattern in patterns if pattern.count("*") > 1]:
            raise ValueError(f"only one * is allowed in an origin: {twice[0]}")
        self._any = "*" in patterns
        self._exact = frozenset(pattern.encode() for pattern in patterns if "*" not in pattern)
        halves = [pattern.encode().split(b"*") for pattern in patterns if "*" in pattern]
        self._prefixes = tuple(before for before, after in halves if not after)
        self._around = tuple((before, after) for before, after in halves if after)

    def judge(self, origin: bytes, host: bytes) -> OriginVerdict:
        """Compare an `Origin` (empty if absent) with the request's `Host` and the allowed ones.

        The comparison is of exact bytes: no browser sends an origin in capitals.
        """
        if not origin or origin in (b"http://" + host, b"https://" + host):
            return OriginVerdict.OWN
        allowed = self._any or origin in self._exact or self._matches(origin)
        return OriginVerdict.ALLOWED if allowed else OriginVerdict.REFUSED

    def _matches(self, origin: bytes) -> bool:
        return origin.startswith(self._prefixes) or any(
            len(origin) >= len(before) + len(after)
            and origin.startswith(before)
            and origin.endswith(after)
            for before, after in self._around
        )

    def answer_headers(self, origin: bytes, path: str) -> list[Header]:
        """Return what an answer to an allowed origin carries, whatever its status."""
        headers = [self._allow_origin(origin)]
        if path.startswith("/v1/"):
            headers.append(_V1_EXPOSED)
        if not self._any:
            headers.append(_VARY_ORIGIN)
        return headers

    def preflight_headers(self, origin: bytes, path: str) -> list[Header]:
        """Return what the 204 to an allowed preflight carries, besides `Allow`."""
        extra = _V1_REQUEST_HEADERS if path.startswith("/v1/") else b""
        return [
            (b"access-control-allow-headers", _REQUEST_HEADERS + extra),
            _METHODS,
            self._allow_origin(origin),
            _MAX_AGE,
            *(() if self._any else _VARY_PREFLIGHT),
        ]

    def _allow_origin(self, origin: bytes) -> Header:
        return (b"access-control-allow-origin", b"*" if self._any else origin)
