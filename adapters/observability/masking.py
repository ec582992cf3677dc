"""What a span may show of an address: never what is asked in a query, and no password."""

from __future__ import annotations

from urllib.parse import urlsplit

MASK = "***"


def masked_query(query: str) -> str:
    """Keep the names of a query's parameters and hide their values: `key=***&***`."""
    return "&".join(_masked(parameter) for parameter in query.split("&"))


def masked_url(url: str) -> str:
    """Return an address without user, password, values of parameters, and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return MASK
    place = parts.netloc.rpartition("@")[2]
    query = masked_query(parts.query) if parts.query else ""
    return parts._replace(netloc=place, query=query, fragment="").geturl()


def _masked(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    # Without a value the name may be the secret.
    return f"{name}={MASK}" if equals else MASK
