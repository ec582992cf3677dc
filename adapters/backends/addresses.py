"""Addresses of upstreams, as a user may write them."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

BASE_URL: Final = "http(s)://host[:port][/path] without user, query and fragment"
"""What is allowed, in words."""


def split_address(text: str) -> SplitResult:
    """Take apart an address that begins with http:// or https:// and names a host.

    Raises `ValueError`, which never repeats the address: a password may stand in it.
    """
    if not _PRINTABLE.fullmatch(text):
        raise ValueError("a URL with spaces, backslashes or letters outside ASCII")
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        raise ValueError("no URL") from None
    if url.scheme not in {"http", "https"} or not host or port == 0 or not names_a_host(url):
        raise ValueError("no http:// or https:// URL with a host")
    if "@" in url.netloc:
        raise ValueError("a URL with a user")
    if "?" in text or "#" in text:
        raise ValueError("a URL with a query or a fragment")
    return url


def names_a_host(url: SplitResult) -> bool:
    """Tell whether the HTTP client takes the host for one, which not all that looks so is."""
    place = url.netloc.rpartition("@")[2]
    if not _ODD.search(place.lower()):
        return True
    import httpx  # noqa: PLC0415 - few are, and settings are to be read fast

    try:
        return bool(httpx.URL(f"http://{place}").host)
    except (httpx.InvalidURL, UnicodeError):
        return False


def segments_of(url: SplitResult) -> list[str]:
    """Return the parts of the path between its slashes, without empty ones."""
    return [segment for segment in url.path.split("/") if segment]


def joined_address(url: SplitResult, segments: list[str]) -> str:
    """Put an address together again with another path, without a slash at its end."""
    path = "".join(f"/{segment}" for segment in segments)
    return urlunsplit((url.scheme, url.netloc.lower(), path, "", ""))


_ODD = re.compile(r"^(?!127\.0\.0\.1(?::|$)|\[::1\])[\d\[]|xn--")
_PRINTABLE = re.compile(r"[\x21-\x5b\x5d-\x7e]*")
