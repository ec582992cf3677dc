"""May this request come in? The door's questions, in the order that clients can observe.

Well-formed `Host`, origin, host, loop, route, key, admin, length of the body. A refused
origin learns nothing of the rest, and a preflight passes whatever its host.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from adapters.dialects.replies.rendered import Rendered
from adapters.web import access
from adapters.web.answers import bad_request, empty, redirect
from adapters.web.body import require_length
from adapters.web.cors import Cors, Header, OriginVerdict
from adapters.web.hosts import HostGuard, HostVerdict
from adapters.web.keys import ClientKeys
from adapters.web.loop import came_from_us
from adapters.web.peer import TrustedProxies
from adapters.web.routes import Route, RouteTable
from ports.caller import STRANGER
from ports.client_key import CLIENT_KEY
from ports.errors import LoopDetected, MethodNotAllowed, RouteNotFound

Scope = MutableMapping[str, Any]

_SHOWN = 200
"""Characters of a path that an error quotes."""


class HouseRules(Struct, frozen=True, kw_only=True):
    """Who may come in, and where everything is. `max_body` in bytes."""

    hosts: HostGuard
    cors: Cors
    keys: ClientKeys
    routes: RouteTable
    proxies: TrustedProxies
    max_body: int
    instance_id: str
    forwards_keys: bool = False
    """Whether some backend is to get the keys that clients have of their own."""


class Arrival(Struct, frozen=True, kw_only=True, gc=False):
    """What the door looks at of one request."""

    method: str
    route: Route
    headers: list[Header]
    named: dict[bytes, bytes]
    """The headers by name; of a repeated one the last."""

    def allow_header(self) -> tuple[Header, ...]:
        """Return `Allow` where the path is known and the method is not one of its own.

        The reference sets it before it looks at origin and host, so even a 403 has it.
        """
        allow = self.route.allow
        if allow is None or self.method in allow:
            return ()
        return ((b"allow", ", ".join(allow).encode()),)


def peer_of(scope: Scope) -> str:
    """Return the address at the other end of the socket, empty if there is none."""
    client = scope.get("client")
    return client[0] if client else ""


def admit(rules: HouseRules, scope: Scope, extra_headers: list[Header]) -> Rendered | None:
    """Return an answer of the door's own, or `None` if the request may come in.

    In the second case `scope` holds the clean path and, as `state["caller"]`, who asks. To
    `extra_headers` goes what every answer to this request has to carry. Raises the
    `GatewayError` that a dialect is to put into words.
    """
    headers = scope["headers"]
    named = dict(headers)
    host = named.get(b"host")
    if host is None and scope.get("http_version") != "1.0":
        return bad_request("missing required Host header")
    if len(named) < len(headers) and sum(name == b"host" for name, _ in headers) > 1:
        return bad_request("too many Host headers")
    verdict = rules.hosts.judge(host or b"")
    if verdict is HostVerdict.MALFORMED:
        return bad_request("malformed Host header")
    arrival = Arrival(
        method=scope["method"],
        route=rules.routes.find(scope["method"], scope["path"]),
        headers=headers,
        named=named,
    )
    answer = (
        _check_origin(rules.cors, arrival, extra_headers)
        or _check_host(rules.hosts, arrival, verdict)
        or _check_route(rules, arrival, scope)
    )
    if answer is None:
        _check_caller(rules, arrival, scope)
    return answer


def _check_origin(cors: Cors, arrival: Arrival, extra_headers: list[Header]) -> Rendered | None:
    origin = arrival.named.get(b"origin")
    if not origin:
        return None
    verdict = cors.judge(origin, arrival.named.get(b"host", b""))
    if verdict is OriginVerdict.OWN:
        return None
    if verdict is OriginVerdict.REFUSED:
        return empty(403, arrival.allow_header())
    if arrival.method == "OPTIONS":
        preflight = cors.preflight_headers(origin, arrival.route.path)
        return empty(204, (*preflight, *arrival.allow_header()))
    extra_headers.extend(cors.answer_headers(origin, arrival.route.path))
    return None


def _check_host(hosts: HostGuard, arrival: Arrival, verdict: HostVerdict) -> Rendered | None:
    if verdict is HostVerdict.REFUSED:
        return empty(403, arrival.allow_header())
    if arrival.method == "OPTIONS" and verdict is HostVerdict.NAME and hosts.answers_options:
        return empty(204, arrival.allow_header())
    return None


def _check_route(rules: HouseRules, arrival: Arrival, scope: Scope) -> Rendered | None:
    route = arrival.route
    if not route.redirect and route.path != scope["path"]:
        # First of all, because errors are told in the dialect of the path.
        scope["path"] = route.path
        scope["raw_path"] = quote(route.path).encode()
    if b"via" in arrival.named and came_from_us(arrival.headers, rules.instance_id):
        raise LoopDetected("this server sent this request to itself: check its backends")
    if route.redirect:
        return redirect(arrival.method, route.redirect, route.path, scope["query_string"])
    if route.allow is None:
        raise RouteNotFound(_unknown(route.path))
    if arrival.method not in route.allow:
        raise MethodNotAllowed(route.allow)
    return None


def _unknown(path: str) -> str:
    said = f"no such path: {quote(path)[:_SHOWN]}"
    if not path.startswith("/v1/"):
        return said
    return f"{said} (routing.relay_paths names what else is passed on to a backend)"


def _check_caller(rules: HouseRules, arrival: Arrival, scope: Scope) -> None:
    needed = access.need(arrival.method, arrival.route.path)
    caller = rules.keys.authenticate(arrival.headers)
    if caller is None:
        access.refuse_stranger(needed)
    elif needed is access.Need.ADMIN:
        access.require_admin(caller, peer_of(scope), arrival.headers)
    if not access.is_upload(arrival.method, arrival.route.path):
        require_length(arrival.named.get(b"content-length", b""), rules.max_body)
    scope["state"]["caller"] = caller or STRANGER
    if scope.get("query_string"):
        scope["query_string"] = rules.keys.without_own(scope["query_string"])
    if rules.forwards_keys:
        CLIENT_KEY.set(rules.keys.client_key(arrival.headers))
