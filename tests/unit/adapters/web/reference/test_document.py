"""Descriptions become an OpenAPI document, with errors as the dialect puts them."""

from __future__ import annotations

from adapters.web.reference.document import build
from tests.unit.adapters.web.reference.demo import DEMO

DOCUMENT = build([DEMO], version="1.2.3")
ASK = DOCUMENT["paths"]["/ask/{topic}"]["post"]


def test_a_route_is_described_with_its_body_and_its_answers() -> None:
    assert ASK["requestBody"]["content"]["application/json"] == {
        "schema": {"$ref": "#/components/schemas/demo.Asked"},
        "examples": {"why": {"value": {"question": "why <b>?"}}},
    }
    assert ASK["responses"]["200"]["content"]["application/json"]["examples"] == {
        "short": {"value": {"it": "is"}}
    }
    assert ASK["operationId"] == "postAskTopic"
    assert ASK["parameters"][0]["required"] is True


def test_a_stream_is_described_by_what_each_line_or_event_holds() -> None:
    contents = ASK["responses"]["200"]["content"]

    assert contents["application/x-ndjson"] == {
        "itemSchema": {"$ref": "#/components/schemas/demo.Asked"},
        "examples": {"stream": {"value": '{"question":"a"}\n{"question":"b"}\n'}},
    }
    event = contents["text/event-stream"]
    data, ending = event["itemSchema"]["properties"]["data"]["anyOf"]
    assert (data["contentSchema"], ending) == ({"type": "object"}, {"const": "[DONE]"})
    assert event["examples"]["stream"]["value"] == (
        'event: start\ndata: {"type":"start"}\n\n'
        'event: stop\ndata: {"type":"stop"}\n\n'
        "data: [DONE]\n\n"
    )


def test_each_status_of_an_error_is_there_with_what_the_dialect_says() -> None:
    assert set(ASK["responses"]) == {"200", "400", "403", "404", "503"}
    assert ASK["responses"]["404"] == {"$ref": "#/components/responses/demo.404"}
    shared = DOCUMENT["components"]["responses"]["demo.404"]
    assert shared["content"]["application/json"]["examples"] == {
        "model_not_found": {"value": {"error": "model 'm' not found"}}
    }


def test_the_headers_of_an_error_are_told() -> None:
    assert set(DOCUMENT["components"]["responses"]["demo.503"]["headers"]) == {"retry-after"}


def test_an_answer_to_head_has_no_body() -> None:
    look = DOCUMENT["paths"]["/look"]

    assert "content" in look["get"]["responses"]["200"]
    assert look["head"]["responses"] == {
        "200": {"description": "Seen."},
        "403": {"description": "Forbidden"},
    }


def test_an_open_route_says_that_it_needs_no_key() -> None:
    assert DOCUMENT["paths"]["/look"]["get"]["security"] == []
    assert "security" not in ASK
    assert {} in DOCUMENT["security"]  # a server without keys asks for none
