from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.web.routes import Route, RouteTable, clean_path, location_of
from tests.cost import LINEAR, growth
from tests.unit.adapters.web.client import OLLAMA_ROUTES

TABLE = RouteTable(OLLAMA_ROUTES)


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/", ("HEAD", "GET")),
        ("/api/tags", ("HEAD", "GET")),
        ("/api/chat", ("POST",)),
        ("/api/blobs/sha256:1", ("HEAD", "POST")),
        ("/api/blobs/a/b", None),
        ("/api/blobs/", None),
        ("/api/blobs", None),
        ("/api/user/keys/abc", ("DELETE",)),
        ("/v1/models", ("HEAD", "GET")),
        ("/v1/models/x", ("HEAD", "GET")),
        ("/v1/models/a/b:free", ("HEAD", "GET")),
        ("/v1/models/a\nb", ("HEAD", "GET")),
        ("/v1/models/", None),
        ("/API/chat", None),
        ("/api", None),
        ("", None),
    ],
)
def test_a_path_has_its_methods_in_the_order_of_the_allow_header(
    path: str, allow: tuple[str, ...] | None
) -> None:
    assert TABLE.allow(path) == allow


def test_a_path_that_stutters_costs_what_it_is_long() -> None:
    def prepare(times: int) -> Callable[[], object]:
        path = "/v1" * times + "/messages"
        assert TABLE.find("POST", path).path == "/v1/messages"
        return lambda: TABLE.find("POST", path)

    assert growth(prepare, 20_000) < LINEAR


def test_pairs_of_one_template_add_up_and_options_do_not_count() -> None:
    table = RouteTable([("/x", ["POST", "OPTIONS"]), ("/x", ["GET"])])

    assert table.allow("/x") == ("GET", "POST")


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/api/tags", Route(path="/api/tags", allow=("HEAD", "GET"))),
        ("PUT", "/api/tags", Route(path="/api/tags", allow=("HEAD", "GET"))),
        ("GET", "/api/tags/", Route(path="/api/tags", redirect=301)),
        ("HEAD", "/api/tags/", Route(path="/api/tags", redirect=307)),
        ("POST", "/api/chat/", Route(path="/api/chat", redirect=307)),
        ("GET", "/api/chat/", Route(path="/api/chat/")),
        ("GET", "/api/", Route(path="/api/")),
        ("POST", "//api/chat", Route(path="/api/chat", redirect=307)),
        ("GET", "/api/../api/tags", Route(path="/api/tags", redirect=307)),
        ("GET", "/../../api/./tags", Route(path="/api/tags", redirect=307)),
        ("GET", "//nope/", Route(path="/nope/", redirect=307)),
        ("GET", "//evil.example", Route(path="/evil.example", redirect=307)),
        ("GET", "api/tags", Route(path="/api/tags", redirect=307)),
        ("POST", "/v1//messages", Route(path="/v1/messages", allow=("POST",))),
        ("POST", "//v1/messages", Route(path="/v1/messages", allow=("POST",))),
        ("POST", "/v1/messages/", Route(path="/v1/messages", allow=("POST",))),
        ("GET", "/v1/models/", Route(path="/v1/models", allow=("HEAD", "GET"))),
        ("GET", "/v1/models//a//b/", Route(path="/v1/models/a/b", allow=("HEAD", "GET"))),
        ("GET", "/v1/models/.hidden", Route(path="/v1/models/.hidden", allow=("HEAD", "GET"))),
        ("POST", "///v1///messages//", Route(path="/v1/messages", allow=("POST",))),
        ("POST", "/v1/v1/messages", Route(path="/v1/messages", allow=("POST",))),
        ("POST", "//v1//v1/v1/messages/", Route(path="/v1/messages", allow=("POST",))),
        ("GET", "/v1/models/v1/v1", Route(path="/v1/models/v1/v1", allow=("HEAD", "GET"))),
        ("POST", "/v1/../admin/reload", Route(path="/v1/../admin/reload")),
        ("POST", "/v1/./messages", Route(path="/v1/./messages")),
        ("GET", "/v1/", Route(path="/v1")),
        ("GET", "/v1/v1", Route(path="/v1")),
        ("GET", "/v1/nope/", Route(path="/v1/nope")),
        ("GET", "/nope", Route(path="/nope")),
    ],
)
def test_unclean_paths_are_redirected_and_below_v1_served(
    method: str, path: str, route: Route
) -> None:
    assert TABLE.find(method, path) == route


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("/", "/"),
        ("", "/"),
        ("//", "/"),
        ("/..", "/"),
        ("/a/..", "/"),
        ("/a/./b/", "/a/b/"),
        ("/a/.", "/a"),
        ("/a/..b/c", "/a/..b/c"),
        ("/a//b///c", "/a/b/c"),
    ],
)
def test_paths_are_cleaned_as_go_does(path: str, clean: str) -> None:
    assert clean_path(path) == clean
    assert clean_path(clean) == clean


@pytest.mark.parametrize(
    ("path", "query", "location"),
    [
        ("/api/tags", b"", "/api/tags"),
        ("/api/tags", b"x=1&y=%20?", "/api/tags?x=1&y=%20?"),
        ("/a b\r\nset-cookie: x", b"\r\n", "/a%20b%0D%0Aset-cookie:%20x?%0D%0A"),
        ("/\\evil.example", b"", "/%5Cevil.example"),
        ("/é%", b"", "/%C3%A9%25"),
    ],
)
def test_a_location_is_escaped(path: str, query: bytes, location: str) -> None:
    assert location_of(path, query) == location
