"""Client keys: who is asking.

Only SHA-256 digests are kept. A key comes as `x-api-key: KEY` or `Authorization: Bearer KEY`;
where both are sent, either may be the valid one, and a valid `x-api-key` decides who it is.
`Authorization` without a scheme is the signature of Ollama's Go client and no key
(docs/wire/ollama-api.md 6.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from hmac import compare_digest
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from ports.caller import ANYONE, Caller

Headers = Iterable[tuple[bytes, bytes]]

_DIGEST_BYTES = 32
_BEARER = re.compile(rb"[\x21-\x7e]+")


class KeyEntry(Struct, frozen=True, kw_only=True):
    """One client key: its SHA-256 `digest` (32 bytes) and what its holder may do."""

    name: str
    digest: bytes
    models: tuple[str, ...] = ()
    admin: bool = False

    def __repr__(self) -> str:
        """Name the entry, never its digest."""
        return f"KeyEntry(name={self.name!r}, models={self.models!r}, admin={self.admin!r})"


def digest_of(key: str | bytes) -> bytes:
    """Return the SHA-256 digest under which a key is kept."""
    return sha256(key.encode() if isinstance(key, str) else key).digest()


class ClientKeys:
    """The configured keys. Without any, everyone is `ANYONE`."""

    __slots__ = ("_callers",)

    def __init__(self, callers: tuple[tuple[bytes, Caller], ...]) -> None:
        self._callers = callers

    @classmethod
    def from_configured(cls, entries: Iterable[KeyEntry]) -> ClientKeys:
        """Take the configured entries.

        Raises `ValueError` for a digest of the wrong length, and for two entries with the
        same key, which could not be told apart.
        """
        callers: dict[bytes, Caller] = {}
        for entry in entries:
            if len(entry.digest) != _DIGEST_BYTES:
                raise ValueError(f"the digest of key {entry.name!r} is not a SHA-256 one")
            if entry.digest in callers:
                raise ValueError(f"keys {callers[entry.digest].name!r} and {entry.name!r} are one")
            callers[entry.digest] = Caller(name=entry.name, models=entry.models, admin=entry.admin)
        return cls(tuple(callers.items()))

    def __bool__(self) -> bool:
        """Tell whether there are keys at all."""
        return bool(self._callers)

    def __repr__(self) -> str:
        """Name the keys' holders only."""
        return f"ClientKeys({[caller.name for _, caller in self._callers]!r})"

    def authenticate(self, headers: Headers) -> Caller | None:
        """Return who sent these headers (names in lower case), `None` if nobody we know."""
        if not self._callers:
            return ANYONE
        by_bearer: Caller | None = None
        for name, value in headers:
            if name == b"x-api-key" and (caller := self._holder(value.strip())):
                return caller
            if name == b"authorization" and by_bearer is None:
                scheme, _, key = value.strip().partition(b" ")
                by_bearer = self._holder(key.strip()) if scheme.lower() == b"bearer" else None
        return by_bearer

    def client_key(self, headers: Headers) -> str:
        """Return the bearer that a client sends for somebody else, empty if there is none.

        One of our own keys is none, whoever sends it, nor is what no header may hold.
        """
        for name, value in headers:
            if name == b"authorization":
                scheme, _, key = value.strip().partition(b" ")
                key = key.strip()
                usable = scheme.lower() == b"bearer" and _BEARER.fullmatch(key)
                return key.decode() if usable and not self._holder(key) else ""
        return ""

    def without_own(self, query: bytes) -> bytes:
        """Return a query without what holds one of our own keys: it may go on to others."""
        fields = query.split(b"&")
        return b"&".join(it for it in fields if not self._holder(_value_of(it)))

    def _holder(self, key: bytes) -> Caller | None:
        """Compare with every entry, always, so that the time taken tells nothing."""
        digest = digest_of(key)
        found: Caller | None = None
        for known, caller in self._callers:
            if compare_digest(known, digest):
                found = caller
        return found


def _value_of(field: bytes) -> bytes:
    name, assigned, value = field.partition(b"=")
    return unquote_to_bytes((value if assigned else name).replace(b"+", b" ")).strip()
