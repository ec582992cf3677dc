"""IP addresses as they are compared at the door."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address


def parse_address(text: str) -> Address | None:
    """Read an IP literal; `None` if it is none.

    An IPv4 address in IPv6 dress, as a listener on `::` reports its clients, is the IPv4 one.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
