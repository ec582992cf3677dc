"""Addresses of what is asked over HTTP, as a user may write them.

`http_address` says what is one; the others what else may stand in it at their place. None of them
repeats an address in what it raises: a password may stand in it.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from adapters.backends.secret import Secret

BASE_URL: Final = "http(s)://host[:port][/path] without user, query and fragment"
"""What is allowed as the address of an upstream, in words."""


def http_address(text: str) -> SplitResult:
    """Take apart an address that begins with http:// or https:// and names a host.

    Raises `ValueError`. A user may stand in it, in any letters.
    """
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        raise ValueError("no URL") from None
    if url.scheme not in {"http", "https"} or not host or port == 0 or not _names_a_host(url):
        raise ValueError("no http:// or https:// URL with a host")
    user = url.netloc.rpartition("@")[0]
    if not _PRINTABLE.fullmatch(text.replace(user, "", 1)):
        raise ValueError(_UNPRINTABLE)
    return url


def split_address(text: str) -> SplitResult:
    """Take apart an address behind which paths are put. Raises `ValueError`."""
    if not _PRINTABLE.fullmatch(text):
        raise ValueError(_UNPRINTABLE)
    url = http_address(text)
    if "@" in url.netloc:
        raise ValueError("a URL with a user")
    if "?" in text or "#" in text:
        raise ValueError("a URL with a query or a fragment")
    return url


def checked_proxy(proxy: Secret) -> Secret:
    """Refuse what is no address of an HTTP proxy, for which a user may stand in it."""
    if proxy:
        http_address(proxy.reveal())
    return proxy


def checked_endpoint(address: str) -> str:
    """Refuse what is no address of a collector: it is shown, so no password may stand in it."""
    if address:
        split_address(address)
    return address


def _names_a_host(url: SplitResult) -> bool:
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
_UNPRINTABLE = "a URL with spaces, backslashes or letters outside ASCII"
_PRINTABLE = re.compile(r"[\x21-\x5b\x5d-\x7e]*")
