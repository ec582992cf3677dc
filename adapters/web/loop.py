"""Requests that would come back to us: a backend that is this very server.

A request that we send upstream names us in `Via` (RFC 9110 7.6.3); one that arrives with
our own name has gone in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from adapters.web.addresses import Address, parse_address

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOOPBACK_V4 = IPv4Address("127.0.0.1")
_LOOPBACK_V6 = IPv6Address("::1")


def instance_id(hostname: str, host: str, port: int) -> str:
    """Return the name of this server, the same in each of its workers and after a restart.

    A digest, because upstreams see it and need not learn the machine's name.
    """
    return sha256(f"{hostname}|{host}|{port}".encode()).hexdigest()[:12]


def via_value(instance_id: str) -> bytes:
    """Return what outgoing requests carry in `Via`."""
    return b"1.1 " + _pseudonym(instance_id)


def came_from_us(headers: Iterable[tuple[bytes, bytes]], instance_id: str) -> bool:
    """Tell whether a `Via` among the headers (names in lower case) has our pseudonym."""
    return any(
        name == b"via" and _pseudonym(instance_id) in _receivers(value) for name, value in headers
    )


def is_this_listener(
    base_url: str,
    bound_host: str,
    port: int,
    resolve: Callable[[str], Iterable[str]],
    own_addresses: Iterable[str],
) -> bool:
    """Tell whether `base_url` leads to the listener on `bound_host` and `port`.

    `resolve` turns a name into addresses (none if it is unknown); `own_addresses` are those
    of this machine's interfaces. Raises `ValueError` if `base_url` has an impossible port.
    """
    url = urlsplit(base_url)
    if (url.port or _DEFAULT_PORTS.get(url.scheme)) != port:
        return False
    listening = _addresses(bound_host or "::", resolve)
    own = _parsed(own_addresses)
    return any(
        _reaches(target, listener, own)
        for target in _addresses(url.hostname or "", resolve)
        for listener in listening
    )


def _reaches(target: Address, listener: Address, own: set[Address]) -> bool:
    """Tell whether a connection to `target` arrives at a socket bound to `listener`."""
    if target.is_unspecified:  # connecting to it means connecting to this machine
        target = _LOOPBACK_V4 if isinstance(target, IPv4Address) else _LOOPBACK_V6
    if not listener.is_unspecified:
        return target == listener
    if isinstance(listener, IPv4Address) and isinstance(target, IPv6Address):
        return False
    return target.is_loopback or target in own


def _addresses(host: str, resolve: Callable[[str], Iterable[str]]) -> set[Address]:
    literal = parse_address(host)
    return {literal} if literal else _parsed(resolve(host))


def _parsed(texts: Iterable[str]) -> set[Address]:
    return {address for text in texts if (address := parse_address(text))}


def _pseudonym(instance_id: str) -> bytes:
    return b"llamaport-" + instance_id.encode()


def _receivers(via: bytes) -> list[bytes]:
    """Return the `received-by` of every entry of a `Via` value."""
    entries = (entry.split() for entry in via.split(b","))
    return [entry[1] for entry in entries if len(entry) > 1]
