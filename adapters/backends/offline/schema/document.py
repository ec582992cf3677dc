"""Reading a JSON schema: which keywords are known, what each node demands, where `$ref` leads.

A node is read into its `Demands` (what it asks of a value by itself) and the schemas it
combines (`$ref`, `allOf`, `anyOf`, `oneOf`). A schema travels as a `Sub`: with the JSON
pointer of its place, so that every refusal can say where, and recursion is a pointer seen again.
"""

from __future__ import annotations

from math import inf
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import unquote

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field
from msgspec.structs import fields

from adapters.backends.offline.schema.budget import Budget
from adapters.backends.offline.schema.equality import holds
from adapters.backends.offline.schema.refusals import BranchRefused

Schema = bool | dict[str, Any]
TypeName = Literal["object", "array", "string", "number", "integer", "boolean", "null"]
Number = int | float

ANY_TYPE: tuple[TypeName, ...] = (
    "string",
    "object",
    "array",
    "number",
    "integer",
    "boolean",
    "null",
)

_HOLDS_SCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "properties"})
_VISIT = 10  # steps
_READING = 20  # steps
_BELOW = 4  # steps to read the place of a schema below another
_VALUES_A_STEP = 5
_LONGEST_REF = 1000
_LONG_PLACE = 100  # characters of a pointer: one more step for each schema below it


class Sub(NamedTuple):
    """A schema and the JSON pointer of its place in the document."""

    at: str
    schema: Schema


class Demands(Struct, frozen=True, kw_only=True):
    """What one node asks of a value. The defaults ask nothing."""

    types: tuple[TypeName, ...] = ANY_TYPE
    enum: tuple[Any, ...] | None = None
    minimum: Number = -inf
    maximum: Number = inf
    above: Number = -inf
    below: Number = inf
    multiple_of: Number | None = None
    min_length: int = 0
    max_length: Number = inf
    format: str = ""
    min_items: int = 0
    max_items: Number = inf
    prefix: tuple[tuple[Sub, ...], ...] = ()
    items: tuple[Sub, ...] = ()
    unique: bool = False
    properties: dict[str, tuple[Sub, ...]] = {}
    additional: tuple[Sub, ...] = ()
    """What every property that is not declared must satisfy."""
    required: tuple[str, ...] = ()
    min_properties: int = 0
    max_properties: Number = inf
    examples: tuple[Any, ...] = ()


class Node(Struct, frozen=True, kw_only=True):
    """One schema, read: its own demands, and the schemas it combines."""

    demands: Demands
    every: tuple[Sub, ...] = ()
    """All of these hold too: the target of `$ref`, the members of `allOf`."""
    unions: tuple[tuple[Sub, ...], ...] = ()
    """At least one of each of these holds: `anyOf` and `oneOf`."""
    exactly_one: tuple[Sub, ...] = ()


class Document:
    """A whole schema. Reads each place in it once, and makes every visit be paid for."""

    def __init__(self, schema: Schema, budget: Budget) -> None:
        self.root = Sub("#", schema)
        self.budget = budget
        self._nodes: dict[str, Node] = {}

    def read(self, sub: Sub) -> Node:
        """Read one schema. Raises `SchemaRefused` for a keyword that is unknown or malformed."""
        self.budget.visit(sub.at, _VISIT)
        node = self._nodes.get(sub.at)
        if node is None:
            node = self._nodes[sub.at] = self._read(sub)
        return node

    def _read(self, sub: Sub) -> Node:
        at, schema = sub
        if isinstance(schema, bool):
            return Node(demands=Demands(types=ANY_TYPE if schema else ()))
        self.budget.spend(_cost(schema, at))
        words = _keywords(schema, at)
        one = _subs(words.one_of, f"{at}/oneOf")
        any_of = _subs(words.any_of, f"{at}/anyOf")
        every = _subs(words.all_of, f"{at}/allOf")
        return Node(
            demands=_demands(words, at, self.budget),
            every=(self._target(words.ref, at), *every) if words.ref is not UNSET else every,
            unions=tuple(union for union in (any_of, one) if union),
            exactly_one=one,
        )

    def _target(self, ref: str, at: str) -> Sub:
        if len(ref) > _LONGEST_REF:
            raise BranchRefused("the $ref is too long", at)
        if not ref.startswith("#"):
            raise BranchRefused(f'$ref "{ref}" is not local', at)
        found: Any = self.root.schema
        names = [unquote(name) for name in ref[1:].split("/")]
        try:
            for name in names[1:]:
                key = name.replace("~1", "/").replace("~0", "~")
                indexed = isinstance(found, list) and key.isdecimal()
                found = found[int(key) if indexed else key]
        except (KeyError, IndexError, ValueError, TypeError):
            found = None
        if names[0] or not isinstance(found, bool | dict):
            raise BranchRefused(f'$ref "{ref}" leads nowhere', at)
        return Sub("/".join(["#", *names[1:]]), found)


def _cost(schema: dict[str, Any], at: str) -> int:
    """Count what reading takes: little for a value that is listed, more for a schema below."""
    entries = [(name, len(v)) for name, v in schema.items() if isinstance(v, dict | list)]
    below = sum(count for name, count in entries if name in _HOLDS_SCHEMAS)
    others = len(schema) + sum(count for _, count in entries) - below
    return _READING + others // _VALUES_A_STEP + below * (_BELOW + len(at) // _LONG_PLACE)


def pointer(at: str, *names: str) -> str:
    """Extend a JSON pointer by names, escaped as RFC 6901 says."""
    return "/".join([at, *(name.replace("~", "~0").replace("/", "~1") for name in names)])


_Some = Annotated[tuple[Schema, ...], Meta(min_length=1)]
_Count = Annotated[int, Meta(ge=0)]


class _Keywords(Struct, frozen=True, kw_only=True, rename="camel"):
    """The keywords that can be honoured, as they are spelled in a schema."""

    ref: str | UnsetType = field(name="$ref", default=UNSET)
    all_of: _Some | UnsetType = UNSET
    any_of: _Some | UnsetType = UNSET
    one_of: _Some | UnsetType = UNSET
    type: TypeName | tuple[TypeName, ...] = ANY_TYPE
    enum: tuple[Any, ...] | None = None
    const: Any = UNSET
    minimum: Number = -inf
    maximum: Number = inf
    exclusive_minimum: Number = -inf
    exclusive_maximum: Number = inf
    multiple_of: Annotated[int, Meta(gt=0)] | Annotated[float, Meta(gt=0)] | None = None
    min_length: _Count = 0
    max_length: _Count | None = None
    format: str = ""
    min_items: _Count = 0
    max_items: _Count | None = None
    prefix_items: tuple[Schema, ...] = ()
    items: Schema = True
    unique_items: bool = False
    properties: dict[str, Schema] = {}
    additional_properties: Schema = True
    required: tuple[str, ...] = ()
    min_properties: _Count = 0
    max_properties: _Count | None = None
    examples: Any = ()


_HONOURED = frozenset(known.encode_name for known in fields(_Keywords))
# Keywords that describe and demand nothing; `discriminator` and `nullable` are OpenAPI's.
_ANNOTATIONS = frozenset(
    {
        *("$schema", "$id", "$anchor", "$comment", "$defs", "definitions"),
        *("title", "description", "default", "example", "deprecated", "readOnly", "writeOnly"),
        *("contentEncoding", "contentMediaType", "contentSchema", "discriminator", "nullable"),
    }
)


def _keywords(schema: dict[str, Any], at: str) -> _Keywords:
    for name, value in schema.items():
        if name in _ANNOTATIONS or name.startswith("x-"):
            continue
        if name not in _HONOURED:
            raise BranchRefused(f'the keyword "{name}" cannot be honoured', at)
        if value is None and name != "const":
            raise BranchRefused(f'the keyword "{name}" must not be null', at)
    try:
        return msgspec.convert(schema, _Keywords)
    except msgspec.ValidationError as error:
        raise BranchRefused(f"the schema is malformed: {error}", at) from error


def _demands(words: _Keywords, at: str, budget: Budget) -> Demands:
    enum = words.enum
    if words.const is not UNSET:
        enum = (words.const,) if enum is None or holds(enum, words.const, budget) else ()
    everything = words.additional_properties is True
    return Demands(
        types=_types(words.type),
        enum=enum,
        minimum=words.minimum,
        maximum=words.maximum,
        above=words.exclusive_minimum,
        below=words.exclusive_maximum,
        multiple_of=words.multiple_of,
        min_length=words.min_length,
        max_length=_or_endless(words.max_length),
        format=words.format,
        min_items=words.min_items,
        max_items=_or_endless(words.max_items),
        prefix=tuple((sub,) for sub in _subs(words.prefix_items, f"{at}/prefixItems")),
        items=() if words.items is True else (Sub(f"{at}/items", words.items),),
        unique=words.unique_items,
        properties={
            name: (Sub(pointer(at, "properties", name), schema),)
            for name, schema in words.properties.items()
        },
        additional=()
        if everything
        else (Sub(f"{at}/additionalProperties", words.additional_properties),),
        required=words.required,
        min_properties=words.min_properties,
        max_properties=_or_endless(words.max_properties),
        examples=tuple(words.examples) if isinstance(words.examples, list) else (),
    )


def _types(given: TypeName | tuple[TypeName, ...]) -> tuple[TypeName, ...]:
    names = (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))
    return (*names, "integer") if "number" in names and "integer" not in names else names


def _or_endless(bound: int | None) -> Number:
    return inf if bound is None else bound


def _subs(schemas: tuple[Schema, ...] | UnsetType, at: str) -> tuple[Sub, ...]:
    if schemas is UNSET:
        return ()
    return tuple(Sub(f"{at}/{index}", schema) for index, schema in enumerate(schemas))
