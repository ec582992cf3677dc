"""The list of models in Anthropic's form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.anthropic.inbound.models import (
    Listed,
    decode_page,
    encode_model,
    encode_models,
)

MODELS = [Listed(name=name, created=1760000000) for name in "abcde"]


def listed(**query: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(encode_models(MODELS, decode_page(**query)))
    return said


def test_a_list_names_each_model_and_when_it_was_made() -> None:
    assert encode_models([Listed(name="a/b:free", created=0)], decode_page()) == (
        b'{"data":[{"type":"model","id":"a/b:free","display_name":"a/b:free",'
        b'"created_at":"1970-01-01T00:00:00Z"}],'
        b'"has_more":false,"first_id":"a/b:free","last_id":"a/b:free"}'
    )


def test_a_time_that_no_calendar_holds_is_unknown() -> None:
    # Some servers count milliseconds.
    model = json.loads(encode_model(Listed(name="a", created=1_760_000_000_000)))

    assert model["created_at"] == "1970-01-01T00:00:00Z"


def test_an_empty_list_is_one() -> None:
    assert json.loads(encode_models([], decode_page(limit="5"))) == {
        "data": [],
        "has_more": False,
        "first_id": None,
        "last_id": None,
    }


def test_one_model_is_what_the_list_says_of_it() -> None:
    assert json.loads(encode_model(MODELS[0])) == listed()["data"][0]
    assert json.loads(encode_model(MODELS[0]))["created_at"] == "2025-10-09T08:53:20Z"


@pytest.mark.parametrize(
    ("query", "shown", "has_more"),
    [
        ({}, "abcde", False),
        ({"limit": "1000"}, "abcde", False),
        ({"limit": "5"}, "abcde", False),
        ({"limit": "2"}, "ab", True),
        ({"limit": "2", "after": "b"}, "cd", True),
        ({"limit": "2", "after": "c"}, "de", False),
        ({"after": "e"}, "", False),
        ({"before": "c"}, "ab", False),
        ({"limit": "1", "before": "c"}, "b", True),
        ({"after": "nope", "limit": "1"}, "a", True),
        ({"limit": "0"}, "abcde", False),
        ({"limit": "-1"}, "abcde", False),
        ({"limit": "²"}, "abcde", False),
        ({"limit": 5000 * "9"}, "abcde", False),
    ],
)
def test_a_part_of_the_list_can_be_asked_for(
    query: dict[str, str], shown: str, has_more: bool
) -> None:
    said = listed(**query)

    assert "".join(model["id"] for model in said["data"]) == shown
    assert said["has_more"] is has_more
    assert (said["first_id"], said["last_id"]) == ((shown[0], shown[-1]) if shown else (None, None))
