"""Go's words for bodies that no recording has (docs/wire/ollama-api.md 2.1)."""

import json

import pytest

from adapters.dialects.ollama.inbound.chat import decode_chat
from ports.errors import InvalidRequest
from tests.cost import LINEAR, growth

FIELD = "json: cannot unmarshal {} into Go struct field {} of type {}"
PARAMETERS = "ToolFunctionParameters.tools.function.parameters"


def refusal(body: bytes) -> str:
    with pytest.raises(InvalidRequest) as refused:
        decode_chat(body)
    return refused.value.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "missing request body"),
        (b'{"a":[1 2]}', "invalid character '2' after array element"),
        (b'{"a":[1,]}', "invalid character ']' looking for beginning of value"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":tru}', "invalid character '}' in literal true (expecting 'e')"),
        (b'{"a":nil}', "invalid character 'i' in literal null (expecting 'u')"),
        (b'{"a":-}', "invalid character '}' in numeric literal"),
        (b'{"a":"\\x"}', "invalid character 'x' in string escape code"),
        (b'{"a":"\\uZZZZ"}', r"invalid character 'Z' in \u hexadecimal character escape"),
        (b'{"a":"x\x01"}', r"invalid character '\x01' in string literal"),
        (b'{"a":"x\ty"}', r"invalid character '\t' in string literal"),
        (b'{"a":\x00}', r"invalid character '\x00' looking for beginning of value"),
        ('{"a":\u00e9}'.encode(), "invalid character '\u00c3' looking for beginning of value"),
        (b'{"a":\\}', r"invalid character '\\' looking for beginning of value"),
        (b'{"a":"\\u12', "unexpected EOF"),
        (b'{"a":t', "unexpected EOF"),
        (b"{", "unexpected EOF"),
    ],
)
def test_what_is_no_json_is_refused_with_the_offending_character(body, message):
    assert refusal(body) == message


@pytest.mark.parametrize(
    ("members", "found", "field", "kind"),
    [
        ({"shift": "no"}, "string", "ChatRequest.shift", "bool"),
        ({"think": True, "logprobs": 1}, "number", "ChatRequest.logprobs", "bool"),
        ({"top_logprobs": 5.0}, "number 5.0", "ChatRequest.top_logprobs", "int"),
        ({"messages": [5]}, "number", "ChatRequest.messages", "api.Alias"),
        ({"messages": [{"images": [5]}]}, "number", "ChatRequest.messages.images", "api.ImageData"),
        ({"tools": [{"type": 1}]}, "number", "Tool.tools.type", "string"),
        ({"tools": [{"function": []}]}, "array", "Tool.tools.function", "api.ToolFunction"),
    ],
)
def test_a_wrong_type_is_named_with_its_place(members, found, field, kind):
    body = json.dumps({"model": "m", **members}).encode()

    assert refusal(body) == FIELD.format(found, field, kind)


@pytest.mark.parametrize(
    ("parameters", "found", "path", "kind"),
    [
        ({"required": [1]}, "number", ".required", "string"),
        ({"properties": {"a": 5}}, "number", ".properties", "api.ToolProperty"),
        ({"properties": {"a": {"type": [1]}}}, "number", ".properties.type", "string"),
        ({"properties": {"a": {"enum": "x"}}}, "string", ".properties.enum", "[]interface {}"),
        ({"properties": {"a": {"anyOf": [1]}}}, "number", ".properties.anyOf", "api.ToolProperty"),
        (
            {"properties": {"a": {"properties": {"b": {"description": 1}}}}},
            "number",
            ".properties.properties.description",
            "string",
        ),
    ],
)
def test_a_wrong_type_inside_a_schema_is_named_with_its_place(parameters, found, path, kind):
    tool = {"function": {"name": "f", "parameters": parameters}}
    body = json.dumps({"model": "m", "tools": [tool]}).encode()

    assert refusal(body) == FIELD.format(found, PARAMETERS + path, kind)


def nested(levels, leaf):
    for _ in range(levels):
        leaf = {"type": "object", "properties": {"p": leaf}}
    return leaf


def test_a_wrong_type_deep_inside_a_long_schema_costs_no_more_than_its_length():
    def prepare(size):
        schema = nested(size, {"type": 5, "description": "x" * size * 5000})
        function = {"name": "f", "parameters": schema}
        body = json.dumps({"model": "m", "tools": [{"function": function}]}).encode()
        return lambda: refusal(body)

    assert growth(prepare, 18) < LINEAR


def test_a_wrong_type_very_deep_inside_a_schema_is_named_all_the_same():
    function = {"name": "f", "parameters": nested(40, {"type": 5})}
    body = json.dumps({"model": "m", "tools": [{"function": function}]}).encode()

    with pytest.raises(InvalidRequest, match="got `int`") as caught:
        decode_chat(body)

    assert caught.value.param.count("properties") == 40


def test_parameters_that_are_no_object_are_the_fault_of_the_function():
    body = b'{"model":"m","tools":[{"function":{"name":"f","parameters":5}}]}'

    assert refusal(body) == FIELD.format(
        "number", "ToolFunction.tools.function.parameters", "api.ToolFunctionParameters"
    )


def test_the_first_wrong_type_is_the_one_reported():
    assert refusal(b'{"stream":1,"model":2}') == FIELD.format(
        "number", "ChatRequest.stream", "bool"
    )


def test_a_wrong_type_in_a_message_is_reported_before_any_other():
    # Messages decode themselves in Go, and such a decoder stops everything.
    assert refusal(b'{"model":2,"messages":[{"role":1}]}') == FIELD.format(
        "number", "ChatRequest.messages.role", "string"
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"top_logprobs":21}', "top_logprobs must be between 0 and 20"),
        (b'{"model":" ","options":{"seed":"x"}}', "model is required"),
        (b'{"model":"m","options":{"seed":"x"}}', 'option "seed" must be of type integer'),
    ],
)
def test_the_checks_come_in_the_order_of_the_real_server(body, message):
    assert refusal(body) == message
