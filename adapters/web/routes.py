"""Which paths exist, and with which methods (docs/wire/ollama-api.md 6.4).

The router behind the door never answers 404, 405 or a redirect: those would have its own
wording. Unclean paths are redirected as Ollama does, except below `/v1`, where SDKs join
base addresses carelessly and do not follow redirects with a body: there they are served, but
for dot segments, which no SDK makes by accident.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from msgspec import Struct

_ALLOW_ORDER = ("HEAD", "GET", "POST", "PUT", "PATCH", "DELETE")
_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_DOTS = frozenset({".", ".."})
_UNESCAPED = "/:@!$&'()*+,;=-._~"


class Route(Struct, frozen=True, kw_only=True, gc=False):
    """Where a request leads. Without `redirect`, `allow` decides between 200, 405 and 404."""

    path: str
    """The path as the router is to see it; for a redirect, the path to go to."""
    allow: tuple[str, ...] | None = None
    """The methods of that path in the order of the `Allow` header; `None`: no such path."""
    redirect: int = 0
    """301 or 307, or 0."""


class RouteTable:
    """Every path of the server.

    Built from (path template, methods) pairs; pairs of one template add up. A template may
    hold `{name}` for one segment and `{name:path}` for one or more. OPTIONS is never a
    method of a route: the door answers it.
    """

    __slots__ = ("_exact", "_templates")

    def __init__(self, routes: Iterable[tuple[str, Iterable[str]]]) -> None:
        methods: dict[str, set[str]] = {}
        for template, names in routes:
            methods.setdefault(template, set()).update(names)
        allowed = {template: _in_order(names) for template, names in methods.items()}
        self._exact = {
            template: Route(path=template, allow=allow)
            for template, allow in allowed.items()
            if "{" not in template
        }
        self._templates = tuple(
            (_compile(template), allow, _PARAMETER.sub(r"{\1}", template))
            for template, allow in allowed.items()
            if "{" in template
        )

    def allow(self, path: str) -> tuple[str, ...] | None:
        """Return the methods of a clean path, `None` if there is no such path."""
        if route := self._exact.get(path):
            return route.allow
        for pattern, allow, _ in self._templates:
            if pattern.fullmatch(path):
                return allow
        return None

    def template(self, path: str) -> str:
        """Return the template of a path (`/v1/models/{name}`), empty if there is no such path.

        There are few of them, whatever clients ask for: what is counted or named by route.
        """
        if path in self._exact:
            return path
        for pattern, _, template in self._templates:
            if pattern.fullmatch(path):
                return template
        return ""

    def find(self, method: str, path: str) -> Route:
        """Tell where a request leads; `path` is percent-decoded already."""
        if route := self._exact.get(path):
            return route
        if path.lstrip("/").startswith("v1/"):
            return self._find_tolerantly(path)
        if (clean := clean_path(path)) != path:
            return Route(path=clean, redirect=307)
        return self._find_trimmed(method, path)

    def _find_tolerantly(self, path: str) -> Route:
        """Serve a path as it was meant: `//v1/models/`, `/v1/v1/messages`."""
        segments = [segment for segment in path.split("/") if segment]
        begin = next((at for at, it in enumerate(segments) if it != "v1"), len(segments))
        segments = segments[max(begin - 1, 0) :]
        meant = "/" + "/".join(segments)
        allow = None if _DOTS.intersection(segments) else self.allow(meant)
        return Route(path=meant, allow=allow)

    def _find_trimmed(self, method: str, path: str) -> Route:
        trimmed = path.removesuffix("/")
        allow = self.allow(trimmed)
        if trimmed == path or allow is None:
            return Route(path=path, allow=allow if trimmed == path else None)
        # The reference looks for the trimmed path among the routes of this method only.
        if method not in allow:
            return Route(path=path)
        return Route(path=trimmed, redirect=301 if method == "GET" else 307)


def clean_path(path: str) -> str:
    """Resolve doubled slashes and dot segments; a final slash stays."""
    if "//" not in path and "/." not in path and path.startswith("/"):
        return path
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    slash = "/" if segments and path.endswith("/") else ""
    return "/" + "/".join(segments) + slash


def location_of(path: str, query: bytes) -> str:
    """Return the value of a `Location` header: `path` escaped, the query as it came."""
    suffix = "?" + quote(query, safe=_UNESCAPED + "?%[]") if query else ""
    return quote(path, safe=_UNESCAPED) + suffix


def _in_order(methods: Iterable[str]) -> tuple[str, ...]:
    return tuple(method for method in _ALLOW_ORDER if method in methods)


def _compile(template: str) -> re.Pattern[str]:
    """Turn a template into the pattern of its paths."""
    pattern, end = "", 0
    for parameter in _PARAMETER.finditer(template):
        pattern += re.escape(template[end : parameter.start()])
        pattern += ".+" if parameter[2] == "path" else "[^/]+"
        end = parameter.end()
    return re.compile(pattern + re.escape(template[end:]), re.DOTALL)
