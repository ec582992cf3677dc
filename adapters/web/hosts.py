"""Which `Host` a request may name: the guard against DNS rebinding.

A page on a hostile name that resolves to this machine carries that name in `Host`. An
address cannot be rebound, so every IP literal passes; of the names only known ones do.
These are our own rules, stricter and laxer than Ollama's in places (`docs/compatibility.md`):
they hold on every listener, any address passes, an empty value never does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from adapters.web.addresses import parse_address

_VALUE = re.compile(
    r"(?:\[(?P<address>[^\]]*)\]|(?P<name>[\w.~!$&'()*+,;=%-]*))(?::[0-9]*)?", re.ASCII
)
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal")
_REMEMBERED = 256
_LONGEST = 300
"""Bytes of a value: a name has 253 at most (RFC 1035 2.3.4), an address fewer."""


class HostVerdict(Enum):
    """What a `Host` value is. The first two may pass."""

    ADDRESS = "an IP literal"
    NAME = "an allowed name"
    REFUSED = "another name, or none"
    MALFORMED = "no host at all"


class HostGuard:
    """Judges `Host` values.

    `bound_host` is what the listener was told to bind. With client keys (`has_keys`) an
    unknown name is refused only if the operator listed `allowed_hosts`: a rebound page has no key.
    """

    __slots__ = ("_any_name", "_judged", "_names", "answers_options")

    def __init__(
        self, bound_host: str, machine_name: str, allowed_hosts: Iterable[str], *, has_keys: bool
    ) -> None:
        allowed = {name.lower() for name in allowed_hosts}
        self._any_name = has_keys and not allowed
        self._names = frozenset(
            {"localhost", bound_host.lower(), machine_name.lower(), *allowed} - {""}
        )
        bound = parse_address(bound_host)
        self.answers_options = bound.is_loopback if bound else bound_host.lower() == "localhost"
        """Ollama answers an OPTIONS without `Origin` itself (204) where the listener is a
        loopback one and the host passed by name (docs/wire/ollama-api.md 6.3)."""
        self._judged = lru_cache(_REMEMBERED)(self._judge)

    def judge(self, value: bytes) -> HostVerdict:
        """Judge one `Host` value, port included."""
        return self._judged(value) if len(value) <= _LONGEST else HostVerdict.MALFORMED

    def _judge(self, value: bytes) -> HostVerdict:
        name = _name_of(value.decode("latin-1"))
        if name is None:
            return HostVerdict.MALFORMED
        if parse_address(name):
            return HostVerdict.ADDRESS
        return HostVerdict.NAME if self._allows(name.lower()) else HostVerdict.REFUSED

    def _allows(self, name: str) -> bool:
        # A final dot is part of the name, as in Ollama: `a.local.` is not `*.local`.
        known = name in self._names or name.endswith(_LOCAL_SUFFIXES)
        return known or (self._any_name and name != "")


def _name_of(value: str) -> str | None:
    """Take port and brackets off; `None` if that cannot be done."""
    match = _VALUE.fullmatch(value)
    if match is None:
        return value if parse_address(value) else None  # IPv6 that lacks its brackets
    address = match["address"]
    if address is None:
        return match["name"]
    return address if ":" in address and parse_address(address) else None
