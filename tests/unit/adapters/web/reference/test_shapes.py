"""Wire Structs become components that say what they mean, under names of their dialect."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType, field

from adapters.dialects.controlling.describing import Words
from adapters.dialects.openai.inbound import schema, schema_answer
from adapters.web.reference.shapes import Shapes


class WireInner(Struct):
    """What is inside."""

    title: str
    maybe: int | UnsetType


class WireOuter(Struct):
    """What is outside."""

    name: str | None = None
    inner: list[WireInner | None] | None = None
    open: Any = None
    raw: Raw | UnsetType = UNSET
    spelled: str | None = field(default=None, name="from")
    secret: bool | None = None


def shapes(**words: Any) -> Shapes:
    said = {WireOuter: Words(**words)} if words else {}
    return Shapes("demo", [{"type": "array", "items": WireOuter}], said)


def test_structs_are_components_and_so_are_those_inside_them() -> None:
    components = shapes().components()

    assert set(components) == {"demo.Outer", "demo.Inner"}
    assert components["demo.Outer"]["description"] == "What is outside."
    assert set(components["demo.Outer"]["properties"]) == {
        *("name", "inner", "open", "raw", "from", "secret")
    }


def test_a_shape_may_hold_structs_anywhere() -> None:
    assert shapes().of({"anyOf": [{"items": WireOuter}, {"const": 1}]}) == {
        "anyOf": [{"items": {"$ref": "#/components/schemas/demo.Outer"}}, {"const": 1}]
    }


def test_a_reference_between_components_has_the_name_of_the_component() -> None:
    inner = shapes().components()["demo.Outer"]["properties"]["inner"]

    assert {"$ref": "#/components/schemas/demo.Inner"} in inner["anyOf"][0]["items"]["anyOf"]


def test_structs_of_one_name_are_told_apart_by_their_modules() -> None:
    both = Shapes("demo", [schema.WireCalled, schema_answer.WireCalled], {})

    assert set(both.components()) == {"demo.schema.Called", "demo.schema_answer.Called"}
    assert both.of(schema.WireCalled) == {"$ref": "#/components/schemas/demo.schema.Called"}


def test_words_may_name_structs() -> None:
    outer = shapes(members={"open": {"type": "array", "items": WireInner}})

    assert outer.components()["demo.Outer"]["properties"]["open"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/demo.Inner"},
    }


def test_a_member_called_title_is_no_title() -> None:
    component = shapes().components()["demo.Inner"]

    assert component["properties"]["title"] == {"type": "string"}
    assert "title" not in component


def test_what_may_be_unset_is_not_required() -> None:
    assert shapes().components()["demo.Inner"]["required"] == ["title"]


def test_words_describe_narrow_require_and_hide() -> None:
    outer = shapes(
        required=("name",),
        members={"name": "The name.", "open": {"enum": ["a", None]}, "from": {"type": "string"}},
        hidden=("secret",),
    ).components()["demo.Outer"]

    assert outer["required"] == ["name"]
    assert outer["properties"]["name"] == {
        "anyOf": [{"type": "string"}, {"type": "null"}],
        "description": "The name.",
    }
    assert outer["properties"]["open"] == {"enum": ["a", None]}
    assert outer["properties"]["from"] == {"type": "string"}
    assert "secret" not in outer["properties"]
