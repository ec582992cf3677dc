"""A status of an upstream means the same in every dialect (docs/wire/dialects.md 9.1)."""

from __future__ import annotations

import pytest

from adapters.dialects.upstreams.statuses import error_of, is_page, phrase_of
from ports.errors import (
    BackendAuthFailed,
    BackendError,
    BackendFailed,
    BackendOverloaded,
    BackendProtocolError,
    BackendRateLimited,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
)

MEANINGS: list[tuple[int, type[BackendError], str]] = [
    (302, BackendProtocolError, "invalid response from upstream"),
    (400, BackendRejected, "words"),
    (401, BackendAuthFailed, "upstream authentication failed"),
    (402, BackendRejected, "words"),
    (404, BackendProtocolError, "the upstream has no such route: words"),
    (405, BackendProtocolError, "the upstream has no such route: words"),
    (408, BackendTimeout, "upstream timed out"),
    (422, BackendRejected, "words"),
    (429, BackendRateLimited, "words"),
    (500, BackendFailed, "words"),
    (501, BackendRejected, "not supported"),
    (502, BackendUnavailable, "cannot reach upstream"),
    (503, BackendOverloaded, "words"),
    (504, BackendTimeout, "upstream timed out"),
    (524, BackendTimeout, "upstream timed out"),
    (529, BackendOverloaded, "words"),
    (599, BackendFailed, "words"),
]


@pytest.mark.parametrize(("status", "kind", "message"), MEANINGS)
def test_a_status_has_one_meaning(status: int, kind: type[BackendError], message: str) -> None:
    error = error_of(status, "words")

    assert (type(error), error.message) == (kind, message)


@pytest.mark.parametrize(
    ("status", "kept"), [(400, 400), (402, 402), (403, 403), (413, 413), (422, 400), (501, 400)]
)
def test_a_refusal_keeps_the_statuses_that_clients_act_on(status: int, kept: int) -> None:
    error = error_of(status, "words")

    assert isinstance(error, BackendRejected)
    assert error.status == kept


def test_a_server_that_is_loading_is_busy_and_not_broken() -> None:
    assert type(error_of(500, "Loading model")) is BackendOverloaded


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 501])
def test_the_code_goes_with_the_error(status: int) -> None:
    assert error_of(status, "words", code="its_code").upstream_code == "its_code"


@pytest.mark.parametrize(("status", "kept"), [(429, 1.5), (500, 1.5), (503, 1.5), (400, None)])
def test_a_wish_to_wait_is_kept_where_waiting_may_help(status: int, kept: float | None) -> None:
    assert error_of(status, "words", retry_after=1.5).retry_after == kept


def test_a_status_without_words_is_named() -> None:
    assert phrase_of(400) == "Bad Request"
    assert phrase_of(499) == "the upstream answered with status 499"


@pytest.mark.parametrize(
    ("body", "page"),
    [
        ("<!DOCTYPE html>", True),
        ("\n<html><body>", True),
        ("<head>", True),
        ("<not a page>", False),
        ("words <html>", False),
        ("", False),
    ],
)
def test_a_page_for_browsers_is_told_from_words(body: str, page: bool) -> None:
    assert is_page(body) is page
