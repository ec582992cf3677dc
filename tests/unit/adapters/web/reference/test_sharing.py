"""A path of two dialects has what both say of it."""

from __future__ import annotations

from typing import Any

from adapters.web.reference.sharing import both

RESPONSES = {
    "a.404": {"description": "Not Found", "content": {"json": {"schema": {"title": "a"}}}},
    "b.404": {
        "description": "Not Found",
        "headers": {"request-id": {}},
        "content": {"json": {"schema": {"title": "b"}, "examples": {"missing": {"value": 1}}}},
    },
}


def operation(name: str, **more: Any) -> dict[str, Any]:
    return {
        "tags": [name],
        "operationId": "getModels",
        "summary": f"of {name}",
        "parameters": [{"name": name}],
        "responses": {"404": {"$ref": f"#/components/responses/{name}.404"}, **more},
    }


JOINED = both(
    operation("a", **{"200": {"description": "yes", "content": {"json": {"schema": {}}}}}),
    operation("b", **{"429": {"description": "slower"}}),
    RESPONSES,
)


def test_it_belongs_to_both_and_takes_the_parameters_of_both() -> None:
    assert JOINED["tags"] == ["a", "b"]
    assert [it["name"] for it in JOINED["parameters"]] == ["a", "b"]
    assert JOINED["summary"] == "of a"


def test_a_body_has_either_form() -> None:
    found = JOINED["responses"]["404"]

    assert found["content"]["json"]["schema"] == {"anyOf": [{"title": "a"}, {"title": "b"}]}
    assert found["content"]["json"]["examples"] == {"missing 1": {"value": 1}}
    assert found["headers"] == {"request-id": {}}


def test_what_one_of_them_says_alone_stays() -> None:
    assert JOINED["responses"]["200"]["content"]["json"] == {"schema": {}}
    assert JOINED["responses"]["429"] == {"description": "slower"}
