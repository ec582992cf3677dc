"""Who may do what, before anything of the body is read."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from adapters.web.addresses import parse_address
from ports.caller import ANYONE, Caller
from ports.errors import NotAllowed, Unauthenticated

_OPEN_PATHS = frozenset({"/", "/api/version", "/health", "/health/live", "/health/ready"})
_ADMIN_PATHS = frozenset(
    {
        "/admin",
        "/api/pull",
        "/api/push",
        "/api/create",
        "/api/copy",
        "/api/delete",
        "/api/signout",
    }
)
_ADMIN_BELOW = ("/admin/", "/api/user/keys/")
_UPLOADS = "/api/blobs/"


_PROXIED = frozenset(
    {
        b"forwarded",
        b"via",
        b"x-real-ip",
        b"x-client-ip",
        b"x-cluster-client-ip",
        b"cf-connecting-ip",
        b"true-client-ip",
    }
)
"""What proxies add, besides `X-Forwarded-*`."""


class Need(Enum):
    """What a request needs besides a good form."""

    NOTHING = "open to everybody"
    KEY = "a client key, if there are keys"
    ADMIN = "an admin key, or without keys a local client"


def need(method: str, path: str) -> Need:
    """Tell what a request for a clean path needs."""
    if path in _OPEN_PATHS:
        return Need.NOTHING
    if path in _ADMIN_PATHS or path.startswith(_ADMIN_BELOW) or is_upload(method, path):
        return Need.ADMIN
    return Need.KEY


def is_upload(method: str, path: str) -> bool:
    """Tell whether the body is a file that is passed on in pieces, however long it is."""
    return method == "POST" and path.startswith(_UPLOADS)


def refuse_stranger(needed: Need) -> None:
    """Raise `Unauthenticated` unless the request is open to callers we do not know."""
    if needed is not Need.NOTHING:
        raise Unauthenticated("a valid API key is required")


def require_admin(caller: Caller, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raise `NotAllowed` unless the caller has an admin key, or without keys sits right here."""
    if caller is ANYONE:
        if not is_local(peer, headers):
            raise NotAllowed("without client keys this works only on the server's own machine")
    elif not caller.admin:
        raise NotAllowed("this needs an admin key")


def is_local(peer: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether the socket's `peer` is loopback and nobody forwarded the request.

    `peer` is an address, or empty if unknown. A proxy on this machine is loopback too, and
    it gives itself away by the headers it adds, whoever is trusted to send them.
    """
    address = parse_address(peer)
    if address is None or not address.is_loopback:
        return False
    return not any(name in _PROXIED or name.startswith(b"x-forwarded-") for name, _ in headers)
