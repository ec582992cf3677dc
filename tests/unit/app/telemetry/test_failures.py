"""Exceptions that nobody foresaw, in the log: where they came from, and not what they say."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from loguru import logger

from app.settings import Logging
from app.telemetry import logs

CANARY = chr(99) + "anary"
"""Put together, so that no line of this file that a traceback shows has it."""

SAID = f"cannot read {CANARY}"


def fail() -> None:
    try:
        {}[CANARY]
    except KeyError as error:
        raise ValueError(SAID) from error


def logged(format_: str, *, content: bool) -> str:
    text = StringIO()
    logs.configure(Logging(format=format_), text, content=content)
    try:
        fail()
    except ValueError as error:
        logger.opt(exception=error).error("a request failed")
    return text.getvalue()


@pytest.mark.parametrize("format_", ["json", "console"])
def test_types_and_places_are_told_of_an_error_and_its_cause_but_no_words(format_: str) -> None:
    told = logged(format_, content=False)

    assert "a request failed" in told
    assert told.index("KeyError") < told.rindex("ValueError")
    assert "in fail" in told
    assert CANARY not in told


@pytest.mark.parametrize("format_", ["json", "console"])
def test_its_words_are_told_where_content_is_wanted(format_: str) -> None:
    assert SAID in logged(format_, content=True)


@pytest.mark.parametrize(
    ("content", "expected"), [(False, "ValueError"), (True, f"ValueError: {SAID}")]
)
def test_a_line_of_json_has_the_type_by_itself(content: bool, expected: str) -> None:
    line = json.loads(logged("json", content=content))

    assert line["exception"] == expected
    assert "in fail" in line["traceback"]


def test_errors_that_are_each_others_cause_are_told_once() -> None:
    one, other = ValueError("x"), KeyError("y")
    one.__cause__, other.__cause__ = other, one
    text = StringIO()
    logs.configure(Logging(format="json"), text)

    logger.opt(exception=one).error("a request failed")

    assert json.loads(text.getvalue())["traceback"] == "KeyError\nValueError\n"
