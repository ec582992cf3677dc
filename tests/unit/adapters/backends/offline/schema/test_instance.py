"""Instances of schemas, each confirmed by an independent validator."""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import enum
from typing import Annotated, Any, Literal, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # no stubs here
from pydantic import BaseModel, Field

from adapters.backends.offline.hints import Hints
from adapters.backends.offline.schema.budget import Budget
from adapters.backends.offline.schema.instance import make_instance
from adapters.backends.offline.schema.refusals import SchemaRefused
from adapters.backends.offline.schema.scalars import FORMATS

HINTS = 'What is the weather in New York for 4 days, units: metric, "late May"?'


def make(schema: Any, text: str = HINTS, seed: int | None = None) -> Any:
    return make_instance(schema, Hints(text, seed), Budget())


def check(schema: Any, value: Any) -> None:
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


NODE = {
    "type": "object",
    "properties": {
        "value": {"type": "integer"},
        "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
        "twin": {"$ref": "#/$defs/Node"},
    },
    "required": ["value", "next", "children"],
}
LEAF_OR_PAIR = {
    "$ref": "#/$defs/Tree",
    "$defs": {
        "Tree": {"oneOf": [{"$ref": "#/$defs/Pair"}, {"$ref": "#/$defs/Leaf"}]},
        "Pair": {
            "type": "object",
            "properties": {"left": {"$ref": "#/$defs/Tree"}, "right": {"$ref": "#/$defs/Tree"}},
            "required": ["left", "right"],
            "additionalProperties": False,
        },
        "Leaf": {
            "type": "object",
            "properties": {"leaf": {"const": True}},
            "required": ["leaf"],
            "additionalProperties": False,
        },
    },
}

SATISFIABLE: list[tuple[Any, Any]] = [
    ({"type": "null"}, None),
    ({"type": "boolean"}, True),
    ({"type": "integer"}, 4),
    ({"type": "integer", "minimum": 5}, 5),
    ({"type": "integer", "exclusiveMinimum": 5.5, "multipleOf": 4}, 8),
    ({"type": "integer", "maximum": -7}, -7),
    ({"type": "integer", "exclusiveMaximum": -7, "multipleOf": 5}, -10),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
    ({"type": "number", "minimum": 5, "multipleOf": 0.01}, 5.0),
    ({"type": "number", "maximum": -7.25}, -7.75),
    ({"type": "string"}, "New York"),
    ({"type": "string", "maxLength": 3}, "New"),
    ({"type": "string", "maxLength": 0}, ""),
    ({"type": "string", "minLength": 12}, "New York New"),
    ({"type": "string", "format": "date"}, "2026-01-02"),
    ({"type": "string", "format": "email", "maxLength": 8}, "a@b.co"),
    ({"type": ["null", "string"]}, "New York"),
    ({"type": ["string", "null"], "minLength": 2, "maxLength": 1}, None),
    ({"const": {"a": [1, None]}}, {"a": [1, None]}),
    ({"enum": [True, 1, "x"], "type": "integer"}, 1),
    ({"enum": ["imperial", "metric"]}, "metric"),
    ({"enum": [1, 20], "minimum": 5}, 20),
    ({"type": "string", "examples": ["toolong", "ok"], "maxLength": 2}, "ok"),
    ({"type": "array", "items": {"type": "integer"}}, [4]),
    ({"type": "array", "items": {"type": "integer"}, "minItems": 3}, [4, 1, 1]),
    ({"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True}, [4, 1, 2]),
    ({"type": "array", "items": {"enum": [1, 2]}, "minItems": 2, "uniqueItems": True}, [1, 2]),
    ({"type": "array", "maxItems": 0}, []),
    ({"type": "array", "prefixItems": [{"type": "string"}, {"const": 1}], "items": False}, ["New York", 1]),
    ({"type": "array", "items": False}, []),
    ({"type": "object"}, {}),
    ({"type": "object", "minProperties": 2, "additionalProperties": {"const": 1}}, {"property1": 1, "property2": 1}),
    ({"type": "object", "maxProperties": 1, "properties": {"a": {"const": 1}, "b": {"const": 2}}, "required": ["b"]}, {"b": 2}),
    ({"required": ["units"]}, {"units": "metric"}),
    ({"properties": {"a": False, "b": {"const": 1}}}, {"b": 1}),
    ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1.5),
    ({"oneOf": [{"type": "number", "multipleOf": 4}, {"type": "number", "multipleOf": 3}]}, 4),
    ({"anyOf": [{"type": "string", "pattern": "x"}, {"type": "null"}]}, None),
    ({"anyOf": [{"type": "integer", "minimum": 3, "maximum": 1}, {"const": "b"}]}, "b"),
    ({"allOf": [{"required": ["a"]}, {"properties": {"a": {"const": 1}}}], "type": "object"}, {"a": 1}),
    ({"allOf": [{"minimum": 10}, {"type": "integer", "maximum": 11}, {"multipleOf": 11}]}, 11),
    ({"properties": {"a": {"const": 1}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": 1}),
    ({"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"const": 0}}}, 0),
    ({"$ref": "#/$defs/x/anyOf/1", "$defs": {"x": {"anyOf": [True, {"const": 2}]}}}, 2),
    ({"$ref": "#/$defs/Node", "$defs": {"Node": NODE}}, {"value": 4, "next": None, "children": []}),
    (LEAF_OR_PAIR, {"leaf": True}),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "expected"), SATISFIABLE)
def test_an_instance_satisfies_its_schema(schema: Any, expected: Any) -> None:
    made = make(schema)

    check(schema, made)
    assert made == expected


REFUSED: list[tuple[Any, str]] = [
    *(
        ({"type": "object", "properties": {"a/b": {keyword: {}}}},
         f'the keyword "{keyword}" cannot be honoured at #/properties/a~1b')
        for keyword in (
            "pattern", "not", "if", "then", "else", "dependentSchemas", "dependentRequired",
            "patternProperties", "propertyNames", "contains", "unevaluatedProperties",
            "unevaluatedItems", "$dynamicRef", "minimun",
        )
    ),
    (False, "no type is allowed at #"),
    ({"enum": []}, "no value of the enum is allowed at #"),
    ({"type": "integer", "minimum": 3, "maximum": 1}, "no value lies within the bounds at #"),
    ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2}, "no value lies within the bounds at #"),
    ({"type": "string", "minLength": 2, "maxLength": 1}, "no value lies within the bounds at #"),
    ({"type": "string", "format": "uuid", "maxLength": 5}, "no value lies within the bounds at #"),
    ({"type": "array", "minItems": 2, "maxItems": 1}, "minItems is above maxItems at #"),
    ({"type": "object", "required": ["a"], "maxProperties": 0}, "more properties are required than allowed at #"),
    ({"required": ["a"], "additionalProperties": False}, "no type is allowed at #/additionalProperties"),
    ({"allOf": [{"type": "string"}, {"type": "null"}]}, "no type is allowed at #/allOf/1"),
    ({"oneOf": [{"type": "string"}, {"type": "string"}]}, "no value satisfies the schema at #"),
    ({"$ref": "#"}, "the recursion never ends at #"),
    ({"required": ["a"], "properties": {"a": {"$ref": "#"}}}, "the recursion never ends at #"),
    ({"$ref": "#/$defs/x"}, '$ref "#/$defs/x" leads nowhere at #'),
    ({"$ref": "#x"}, '$ref "#x" leads nowhere at #'),
    ({"$ref": "https://example.org/a"}, '$ref "https://example.org/a" is not local at #'),
    ({"type": "array", "minItems": 10**9}, "the schema is too large to honour at #"),
    ({"type": "string", "minLength": 10**9}, "the schema is too large to honour at #"),
    ({"type": "strin"}, "the schema is malformed: Invalid enum value 'strin' - at `$.type` at #"),
    ({"anyOf": None}, 'the keyword "anyOf" must not be null at #'),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "message"), REFUSED)
def test_what_cannot_be_honoured_is_refused_and_located(schema: Any, message: str) -> None:
    with pytest.raises(SchemaRefused) as caught:
        make(schema)

    assert caught.value.message == message


def test_a_schema_nested_without_end_is_refused() -> None:
    deep: Any = True
    for _ in range(150):
        deep = {"allOf": [{"type": "object", "properties": {"a": deep}, "required": ["a"]}]}

    with pytest.raises(SchemaRefused, match="nested too deeply"):
        make(deep)


def test_a_schema_that_doubles_at_every_step_is_refused_or_made_small() -> None:
    pair: dict[str, dict[str, Any]] = {
        str(n): {"properties": {name: {"$ref": f"#/$defs/{n + 1}"} for name in "ab"}}
        for n in range(20)
    }
    schema = {"$ref": "#/$defs/0", "$defs": {**pair, "20": {"type": "string"}}}

    check(schema, make(schema))
    for each in pair.values():
        each["required"] = ["a", "b"]
    with pytest.raises(SchemaRefused, match="too large"):
        make(schema)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("city", "city: Rome"),
        ("city", "The City is Rome today"),
        ("first_name", 'the first name = "Ada B."'),
        ("firstName", "first-name: Ada"),
        ("email", "my email is a@b.example"),
        ("place", "We fly from Rome to it"),
        ("query", "nothing of the kind"),
    ],
)
def test_a_property_takes_what_the_message_says_of_it(name: str, text: str) -> None:
    expected = {
        "city": "Rome",
        "first_name": "Ada B.",
        "firstName": "Ada",
        "email": "a@b.example",
        "place": "Rome",
        "query": text,
    }

    assert make({"properties": {name: {"type": "string"}}}, text) == {name: expected[name]}


def test_a_long_enum_is_quick() -> None:
    schema = {"enum": list(range(20_000)), "minimum": 19_000}

    assert make(schema, "") == 19_000


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_each_format_has_samples_that_a_checker_accepts(name: str) -> None:
    schema = {"type": "string", "format": name}

    check({"items": schema}, list(FORMATS[name]))
    assert make(schema) in FORMATS[name]


def test_a_seed_varies_what_the_message_leaves_open() -> None:
    schema = {"enum": ["a1", "b2", "c3"]}

    assert make(schema) == "a1"
    assert {make(schema, seed=n) for n in range(20)} == {"a1", "b2", "c3"}


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=1, le=9)] = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str] = Field(min_length=1, max_length=3)


class Person(BaseModel):
    name: str = Field(min_length=1, max_length=20, description="who")
    age: Annotated[int, Field(gt=0, lt=150)]
    score: float | None = None
    color: Color
    born: str = Field(json_schema_extra={"format": "date"})
    tags: set[str] = Field(default_factory=set)
    grid: list[list[int]] = Field(min_length=2)
    pair: tuple[int, str]
    extra: dict[str, int] = {}
    best_friend: Person | None = None
    friends: list[Person] = []
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    other: Union[Cat, Dog, None] = None  # noqa: UP007 - both spellings are in use


@pytest.mark.parametrize("model", [Cat, Dog, Person])
@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_models_of_pydantic_accept_their_instances(
    model: type[BaseModel], seed: int | None
) -> None:
    schema = model.model_json_schema()

    made = make(schema, seed=seed)

    check(schema, made)
    model.model_validate(made)


def test_recursion_ends_at_the_least_depth_and_everything_else_is_there() -> None:
    made = make(Person.model_json_schema())

    assert made["best_friend"] is None
    assert made["friends"] == []
    assert set(made) == set(Person.model_fields)


_BOUND = st.integers(-20, 20)
_LENGTH = st.integers(0, 5)
_SCALARS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={
            "minimum": _BOUND,
            "maximum": _BOUND,
            "exclusiveMinimum": _BOUND,
            "exclusiveMaximum": _BOUND,
            "multipleOf": st.sampled_from([1, 2, 7, 0.5]),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("string")}, optional={"minLength": _LENGTH, "maxLength": _LENGTH}
    ),
    st.fixed_dictionaries(
        {"enum": st.lists(st.sampled_from([1, 1.5, "a", None, True]), max_size=3)}
    ),
    st.fixed_dictionaries({"type": st.sampled_from(["null", "boolean"])}),
    st.booleans(),
)


def _compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from("abc")
    some = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(names, inner, max_size=3)},
            optional={
                "required": st.lists(names, unique=True, max_size=2),
                "additionalProperties": inner,
                "minProperties": _LENGTH,
                "maxProperties": _LENGTH,
            },
        ),
        st.fixed_dictionaries(
            {"type": st.just("array"), "items": inner},
            optional={
                "minItems": _LENGTH,
                "maxItems": _LENGTH,
                "uniqueItems": st.booleans(),
                "prefixItems": some,
            },
        ),
        *(st.fixed_dictionaries({word: some}) for word in ("anyOf", "oneOf", "allOf")),
    )


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(st.recursive(_SCALARS, _compound, max_leaves=8))
def test_any_schema_gets_a_valid_instance_or_a_refusal(schema: Any) -> None:
    try:
        made = make(schema)
    except SchemaRefused:
        return
    check(schema, made)
