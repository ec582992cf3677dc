"""Where a request came from, for the log.

`Forwarded` (RFC 7239) and `X-Forwarded-For` are believed only from proxies that the
operator named, and only as far back as the chain consists of those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from adapters.web.addresses import Address, parse_address

Headers = Iterable[tuple[bytes, bytes]]

_FORWARDED_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*(?:"([^"]*)"|([^";,\s]*))', re.IGNORECASE)
_NODE = re.compile(r"(?:\[([^\]]*)\]|([0-9.]+))(?::\w+)?")


class TrustedProxies:
    """The proxies whose word on the client's address counts.

    Entries are addresses or CIDR networks. Raises `ValueError` for anything else.
    """

    __slots__ = ("_networks",)

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._networks: tuple[IPv4Network | IPv6Network, ...] = tuple(
            ip_network(entry, strict=False) for entry in entries
        )

    def client_address(self, peer: str, headers: Headers) -> str:
        """Return the client's address, which is the socket's `peer` unless that is trusted.

        The chain is read from its end, the part the nearest proxy wrote. The first address
        that is not a trusted proxy is the client; what is no address ends the reading.
        """
        if not self._networks or not self._trusts(parse_address(peer)):
            return peer
        client = peer
        for node in _chain(headers):
            address = _address_of(node)
            if address is None:
                break
            client = str(address)
            if not self._trusts(address):
                break
        return client

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _chain(headers: Headers) -> Iterator[str]:
    """Return what the headers say of each hop, the nearest first. `Forwarded` beats the other."""
    forwarded = _values(headers, b"forwarded")
    if forwarded:
        return (_forwarded_for(element) for element in reversed(forwarded))
    return reversed(_values(headers, b"x-forwarded-for"))


def _values(headers: Headers, wanted: bytes) -> Sequence[str]:
    """Return the comma-separated items of every header of that name, in order."""
    lines = [value.decode("latin-1") for name, value in headers if name == wanted]
    return [item.strip() for line in lines for item in line.split(",")]


def _forwarded_for(element: str) -> str:
    match = _FORWARDED_FOR.search(element)
    return (match[1] or match[2] or "") if match else ""


def _address_of(node: str) -> Address | None:
    """Read a node such as `192.0.2.1:80`, `[2001:db8::1]:80` or `2001:db8::1`."""
    match = _NODE.fullmatch(node)
    return parse_address((match[1] or match[2]) if match else node)
