"""What OpenTelemetry's libraries may say in the log, and what of it is hidden."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from app.settings import Logging
from app.telemetry import diagnostics
from tests.integration.test_secrets import everything_logged

THEIRS = logging.getLogger("opentelemetry.sdk.somewhere")


@pytest.fixture(autouse=True)
def _silent_after() -> Iterator[None]:
    yield
    diagnostics.listen(diagnostics.SILENT, ())


@pytest.mark.parametrize(
    ("asked", "level"),
    [
        ("", diagnostics.SILENT),
        ("none", diagnostics.SILENT),
        ("OFF", diagnostics.SILENT),
        ("fatal", logging.CRITICAL),
        ("Error", logging.ERROR),
        ("warn", logging.WARNING),
        (" WARNING ", logging.WARNING),
        ("info", logging.INFO),
        ("debug", logging.DEBUG),
        ("trace", logging.DEBUG),
        ("all", logging.DEBUG),
    ],
)
def test_levels_are_known_by_the_names_of_all_languages(asked: str, level: int) -> None:
    assert diagnostics.level_of({"OTEL_LOG_LEVEL": asked}) == level


def test_another_level_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^OTEL_LOG_LEVEL: one of none, .* is expected$"):
        diagnostics.level_of({"OTEL_LOG_LEVEL": "loud"})


@pytest.mark.parametrize(
    ("level", "said"),
    [("none", []), ("error", ["bad"]), ("warn", ["bad", "odd"]), ("debug", ["bad", "odd", "tiny"])],
)
def test_lines_are_logged_from_the_level_on_that_is_asked_for(level: str, said: list[str]) -> None:
    with everything_logged(Logging(level="TRACE", format="json")) as text:
        diagnostics.listen(diagnostics.level_of({"OTEL_LOG_LEVEL": level}), ())
        THEIRS.error("it is %s", "bad")
        THEIRS.warning("it is %s", "odd")
        THEIRS.debug("it is %s", "tiny")

    assert [
        line.split('"message":"it is ')[1].split('"')[0] for line in text.getvalue().splitlines()
    ] == said


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ("x-team=canary", ""),
        ("a=b, x-team = canary ,c=d", ""),
        ("x-team=can%61ry", ""),
        ("canary", ""),
        ("", "http://collector/v1/traces?team=canary"),
        ("", "http://collector/v1/traces?canary"),
        ("", "http://user:canary@collector/v1/traces"),
        ("", "http://user:can%61ry@collector/v1/traces"),
    ],
)
def test_what_is_secret_is_not_said(headers: str, address: str) -> None:
    with everything_logged() as text:
        diagnostics.listen(logging.DEBUG, diagnostics.secrets_of([headers], [address]))
        THEIRS.warning("Header format invalid! %s", headers)
        THEIRS.warning("no answer from the host with canary as its password: %s", address)

    first, second = text.getvalue().splitlines()
    assert "Header format invalid!" in first
    assert "no answer" in second
    assert "canary" not in text.getvalue()
    assert "can%61ry" not in text.getvalue()


def test_of_an_exception_its_type_is_told_and_nothing_that_it_says() -> None:
    with everything_logged() as text:
        diagnostics.listen(logging.ERROR, ())
        THEIRS.error("it broke", exc_info=TimeoutError("canary"))

    assert "it broke (TimeoutError)" in text.getvalue()
    assert "canary" not in text.getvalue()


def test_a_secret_that_is_a_part_of_another_shows_nothing_of_that() -> None:
    with everything_logged() as text:
        diagnostics.listen(logging.ERROR, ("abcd", "abcdefgh"))
        THEIRS.error("got abcdefgh and abcd")

    assert "got *** and ***" in text.getvalue()
