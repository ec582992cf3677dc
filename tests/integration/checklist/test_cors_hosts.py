"""Statements 91 to 95 of the checklist: web origins and host names."""

from __future__ import annotations

import pytest

from tests.integration.checklist.asking import wire
from tests.integration.served import Served, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

OFFLINE = '[[backends]]\nname = "offline"\nkind = "offline"\n'
ALLOWED = "http://localhost:3000"
EVIL = "http://evil.example"
HEADERS = (
    "Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,"
    "X-Stainless-Arch,X-Stainless-Async,X-Stainless-Custom-Poll-Interval,"
    "X-Stainless-Helper-Method,X-Stainless-Lang,X-Stainless-Os,X-Stainless-Package-Version,"
    "X-Stainless-Poll-Helper,X-Stainless-Retry-Count,X-Stainless-Runtime,"
    "X-Stainless-Runtime-Version,X-Stainless-Timeout"
)


async def test_091_an_allowed_origin_is_echoed(served: Served) -> None:
    answer = await wire(served, "GET", "/api/version", Origin=ALLOWED)

    assert answer.status == 200
    assert ("access-control-allow-origin", ALLOWED) in answer.headers
    assert ("vary", "Origin") in answer.headers


async def test_092_another_origin_is_refused(served: Served) -> None:
    for method, path in (("GET", "/api/tags"), ("POST", "/api/chat"), ("OPTIONS", "/api/chat")):
        answer = await wire(served, method, path, Origin=EVIL)

        assert (answer.status, answer.content) == (403, b""), method
        assert answer.content_type is None


async def test_093_a_preflight_of_an_allowed_origin_is_answered(served: Served) -> None:
    asked = {"Origin": ALLOWED, "Access-Control-Request-Method": "POST"}

    answer = await wire(served, "OPTIONS", "/api/chat", **asked)

    assert (answer.status, answer.content) == (204, b"")
    assert answer.told == sorted(
        [
            ("access-control-allow-origin", ALLOWED),
            ("access-control-allow-methods", "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"),
            ("access-control-allow-headers", HEADERS),
            ("access-control-max-age", "43200"),
            ("vary", "Origin"),
            ("vary", "Access-Control-Request-Method"),
            ("vary", "Access-Control-Request-Headers"),
            ("allow", "POST"),
        ]
    )


async def test_094_a_server_for_all_origins_names_none() -> None:
    async with serving(f'[server]\ncors_origins = ["*"]\n{OFFLINE}') as served:
        answer = await wire(served, "GET", "/api/version", Origin=EVIL)

    assert answer.status == 200
    assert answer.told == [
        ("access-control-allow-origin", "*"),
        ("content-type", "application/json; charset=utf-8"),
    ]


async def test_095_an_unknown_host_name_is_refused(served: Served) -> None:
    """Decided otherwise: the check holds on every listener. Rebinding works there, too."""
    everywhere = '[server]\nhost = "0.0.0.0"\nallow_anonymous = true\n'
    async with serving(everywhere + OFFLINE) as open_to_all:
        for server in (served, open_to_all):
            evil = await wire(server, "GET", "/api/version", Host="evil.example")

            assert (evil.status, evil.content) == (403, b"")
            for host in ("localhost", "x.local", "10.0.0.5"):
                answer = await wire(server, "GET", "/api/version", Host=host)

                assert answer.status == 200, host
