"""Schemas made to keep a server busy: each ends soon, with a valid instance or a refusal."""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # no stubs here
from msgspec import Raw

from adapters.backends.offline.hints import Hints
from adapters.backends.offline.schema.budget import CHARACTERS_A_STEP, STEPS, Budget
from adapters.backends.offline.schema.instance import make_instance
from adapters.backends.offline.schema.refusals import SchemaRefused
from ports.chat import JsonFormat, Tool
from ports.errors import InvalidRequest
from tests.cost import yardsticks
from tests.unit.adapters.backends.offline.talk import answer, asks, shaped, tool

_SLOW = 100
"""Yardsticks of CPU time: what a schema may cost, however slow the machine is."""


def doubling(*words: str, levels: int = 25) -> dict[str, Any]:
    """Every level twice the next one; the keywords take turns."""
    levelled = {
        str(n): {words[n % len(words)]: [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(levels)
    }
    return {"$ref": "#/$defs/0", "$defs": {**levelled, str(levels): {"type": "string"}}}


def nested(levels: int, keyword: str = "a") -> Any:
    deep: Any = True
    for _ in range(levels):
        deep = {"type": "object", "properties": {keyword: deep}, "required": [keyword]}
    return deep


def boxes(levels: int) -> Any:
    deep: Any = 1
    for _ in range(levels):
        deep = [deep]
    return deep


def listed(count: int, values: list[Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": count, "uniqueItems": True, "items": {"enum": values}}


OBJECTS = [{"a": {"b": n}} for n in range(1000)]
ANSWERED_OR_REFUSED: dict[str, Any] = {
    "oneOf doubles": doubling("oneOf"),
    "anyOf doubles": doubling("anyOf"),
    "allOf doubles": doubling("allOf"),
    "all three double": doubling("oneOf", "anyOf", "allOf"),
    "many branches": {"oneOf": [{"oneOf": [{"type": "string"}] * 300}] * 300},
    "oneOf below properties": nested(9)
    | {"properties": {"a": doubling("oneOf"), "b": doubling("allOf")}, **doubling("oneOf")},
    "unions multiply": {"allOf": [{"anyOf": [{"minLength": 1}, {"minLength": 2}]}] * 40, "maxLength": 0},
    "unique objects": listed(1000, OBJECTS),
    "unique numbers": listed(1000, list(range(1000))),
    "unique booleans": {"type": "array", "minItems": 500, "uniqueItems": True, "items": {"type": "boolean"}},
    "unique words": {"type": "array", "minItems": 900, "uniqueItems": True, "items": {"type": "string"}},
    "unique long words": listed(60, ["x" * 10_000 + str(n) for n in range(50)]),
    "enums meet": {"allOf": [{"enum": list(range(5000))}, {"enum": list(range(9000, 4000, -1))}]},
    "enums never meet": {"allOf": [{"enum": OBJECTS}, {"enum": list(range(1000))}]},
    "numbers of one hash": {"allOf": [{"enum": [n * (2**61 - 1) for n in range(20_000)]}] * 2},
    "a long enum": {"enum": list(range(100_000))},
    "a long enum of words": {"enum": [f"word {n}" for n in range(100_000)]},
    "a long enum of the wrong type": {"type": "string", "enum": list(range(100_000))},
    "words of a long enum": {"enum": ["a " * 2000 + str(n) for n in range(200)]},
    "a long enum checked": {"enum": OBJECTS * 50, "oneOf": [{"required": ["z"]}, {"required": ["y"]}]},
    "long examples": {"type": "string", "examples": list(range(100_000))},
    "mutual recursion": {"$ref": "#/$defs/a", "$defs": {
        "a": {"anyOf": [{"$ref": "#/$defs/b"}] * 20, "required": ["x"]},
        "b": {"properties": {"x": {"oneOf": [{"$ref": "#/$defs/a"}] * 20}}, "required": ["x"]},
    }},
    "recursion in many arrays": {"$ref": "#/$defs/a", "$defs": {
        "a": {"type": "array", "minItems": 9, "items": {"anyOf": [{"type": "array", "minItems": 9, "items": {"$ref": "#/$defs/a"}}, {"$ref": "#/$defs/b"}]}},
        "b": {"type": "array", "minItems": 9, "items": {"type": "array", "minItems": 9, "items": {"type": "array", "minItems": 99}}},
    }},
    "a wide object": {"properties": {f"p{n}": {"type": "integer", "minimum": n} for n in range(20_000)}},
    "much is required": {"required": [f"p{n}" for n in range(100_000)]},
    "much is required of everything": {"allOf": [{"required": [f"p{n}" for n in range(500)]}] * 500},
    "many types": {"allOf": [{"type": ["string"] * 5000}] * 500},
    "a huge object is listed": {"const": {f"p{n}": {"q": [n] * 10} for n in range(20_000)}},
    "a huge text is listed": {"type": "array", "minItems": 1000, "items": {"const": "x" * 1_000_000}},
    "a huge object is checked": {"enum": [{"a": [1] * 50_000}] * 20, "properties": {"a": {"items": {"oneOf": [{"type": "string"}] * 9}}}},
    "a long name": {"$ref": "#/$defs/" + "x" * 200_000, "$defs": {"x" * 200_000: {"properties": {f"p{n}": True for n in range(5000)}}}},
    "a long property": {"properties": {"x" * 200_000: {"properties": {f"p{n}": True for n in range(5000)}}}},
    "a long pointer": {"$ref": "#" + "/a" * 100_000},
    "multipleOf is tiny": {"type": "number", "multipleOf": 5e-324, "minimum": 1e300},
    "multipleOf never fits": {"type": "array", "minItems": 999, "items": {"anyOf": [{"type": "number", "multipleOf": 1e-300, "minimum": 0.1, "maximum": 0.2}, True]}},
    "multipleOf grows": {"allOf": [{"multipleOf": 10**4000 + n} for n in range(200)]},
    "no number fits": {"type": "array", "minItems": 999, "items": {"anyOf": [{"type": "number", "multipleOf": 7, "minimum": 1, "maximum": 2}, {"type": "null"}]}},
    "deep values are compared": {"enum": [boxes(500)] * 2, "$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}},
}  # fmt: skip

REFUSED: dict[str, tuple[Any, str]] = {
    "items": ({"type": "array", "minItems": 10**9}, "too large to honour at #"),
    "properties": ({"minProperties": 10**9}, "too large to honour at #"),
    "characters": (
        {"properties": {"a": {"minLength": 10_000_000}}},
        "too large to honour at #/properties/a",
    ),
    "levels": (nested(150), "nested too deeply"),
    "more levels": (nested(5000), "nested too deeply"),
    "branches": (doubling("allOf"), "too large to honour at #/\\$defs/"),
}


@pytest.mark.parametrize("schema", ANSWERED_OR_REFUSED.values(), ids=ANSWERED_OR_REFUSED)
def test_a_hostile_schema_ends_soon(schema: Any) -> None:
    made, refusal = None, ""

    def work() -> None:
        nonlocal made, refusal
        try:
            made = make_instance(schema, Hints("a 1 " * 1000), Budget())
        except SchemaRefused as error:
            refusal = error.message

    assert yardsticks(work) < _SLOW
    assert refusal or Draft202012Validator(schema).is_valid(made)
    assert len(json.dumps(made)) < STEPS * CHARACTERS_A_STEP


@pytest.mark.parametrize(("schema", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_too_large_or_too_deep_is_refused_and_located(schema: Any, message: str) -> None:
    with pytest.raises(SchemaRefused, match=message):
        make_instance(schema, Hints(""), Budget())


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": list(range(100_000))},
        {"type": "string", "minLength": 20_000},
        {"type": "array", "minItems": 500, "items": {"type": "integer"}},
        {**listed(60, list(range(60)))},
        {"required": [f"p{n}" for n in range(500)]},
        {"oneOf": [{"const": n} for n in range(300)]},
        {"allOf": [{"enum": list(range(5000))}, {"enum": list(range(9000, 4000, -1))}]},
        nested(30),
    ],
)
def test_what_is_only_large_is_made(schema: Any) -> None:
    made = make_instance(schema, Hints("hi"), Budget())

    Draft202012Validator(schema).validate(made)


@pytest.mark.parametrize(
    "spelled",
    [
        b'{"enum":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"allOf":[' * 10_000 + b"true" + b"]}" * 10_000,
        b'{"const":' + b"[" * 880 + b"]" * 880 + b"}",
        b'{"items":' * 880 + b"true" + b"}" * 880,
    ],
)
@pytest.mark.parametrize("place", ["format", "tool"])
async def test_any_depth_of_nesting_is_at_worst_the_callers_mistake(
    spelled: bytes, place: str
) -> None:
    schema = Raw(spelled)
    requests = {
        "format": asks("ping", format=JsonFormat(schema=schema)),
        "tool": asks("ping", tools=(Tool(name="ping", parameters=schema),)),
    }

    try:
        reply = await answer(requests[place])
        outcome = reply.text or reply.tool_calls[0].name
    except InvalidRequest as error:
        outcome = error.message

    assert outcome.startswith((place, "ping", "["))


async def test_many_tools_share_one_budget() -> None:
    heavy = {"type": "object", "properties": {"a": {"type": "string", "minLength": 200_000}}}
    heavy["required"] = ["a"]
    tools = tuple(tool(f"ping{n}", parameters=heavy) for n in range(100))

    with pytest.raises(InvalidRequest, match="too large"):
        await answer(asks(" ".join(each.name for each in tools), tools=tools))


async def test_the_refusal_names_the_request_and_the_place() -> None:
    with pytest.raises(InvalidRequest) as caught:
        await answer(asks("hi", format=shaped({"type": "array", "minItems": 10**9})))

    assert caught.value.message == "format: the schema is too large to honour at #"
