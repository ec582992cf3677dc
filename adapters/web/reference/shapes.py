"""JSON schemas of wire Structs, as components of an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import msgspec
from msgspec import Struct, UnsetType
from msgspec.structs import fields

from adapters.dialects.controlling.describing import Shape, Words

Schema = dict[str, Any]

_COMPONENTS = "#/components/schemas/"
_PREFIX = "Wire"
"""How the code marks Structs of the wire, which is nothing to whoever reads the document."""


class Shapes:
    """The Structs of one dialect. Their components are called `dialect.Name`."""

    def __init__(
        self, dialect: str, shapes: Iterable[Shape], words: Mapping[type[Struct], Words]
    ) -> None:
        self._dialect = dialect
        said_too = [said.members for said in words.values()]
        structs = _nested(it for shape in (*shapes, *said_too) for it in _structs(shape))
        references, self._components = msgspec.json.schema_components(
            structs, ref_template=f"{_COMPONENTS}{{name}}"
        )
        self._references = dict(zip(structs, references, strict=True))
        for struct in structs:
            self._let_absent(struct)
        for struct, said in words.items():
            self._say(struct, said)

    def components(self) -> dict[str, Schema]:
        """Return every Struct that is named, and those inside them."""
        return {self._public(name): self._renamed(it) for name, it in self._components.items()}

    def of(self, shape: Shape) -> Schema:
        """Return the schema of a shape."""
        schema: Schema = self._renamed(_replaced(shape, self._references))
        return schema

    def _component(self, struct: type[Struct]) -> Schema:
        component: Schema = self._components[
            self._references[struct]["$ref"].removeprefix(_COMPONENTS)
        ]
        return component

    def _let_absent(self, struct: type[Struct]) -> None:
        """Require no member that is left out where it is `UNSET`, default or not."""
        component = self._component(struct)
        absent = {field.encode_name for field in fields(struct) if UnsetType in _parts(field.type)}
        component["required"] = [it for it in component.get("required", ()) if it not in absent]

    def _say(self, struct: type[Struct], said: Words) -> None:
        component = self._component(struct)
        properties = component["properties"]
        for name in said.hidden:
            del properties[name]
        for name, words in said.members.items():
            if isinstance(words, str):
                properties[name] = {**properties[name], "description": words}
            else:
                # What is open to a decoder is shown as narrow as it is meant.
                properties[name] = _replaced(words, self._references)
        component["required"] = sorted({*component["required"], *said.required})

    def _public(self, name: str) -> str:
        """Return the name of a component; two of one class name are told apart by their modules."""
        *module, last = name.split(".")
        return ".".join((self._dialect, *module[-1:], last.removeprefix(_PREFIX)))

    def _renamed(self, schema: Any) -> Any:
        match schema:
            case {"$ref": str(reference), **rest}:
                name = self._public(reference.removeprefix(_COMPONENTS))
                return {"$ref": f"{_COMPONENTS}{name}", **rest}
            case dict():
                return {key: self._renamed(it) for key, it in schema.items() if not _noise(key, it)}
            case list() | tuple():
                return [self._renamed(it) for it in schema]
            case _:
                return schema


def _noise(key: str, value: Any) -> bool:
    """Tell whether a keyword says nothing: a class's name, or that what is absent is null."""
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield a type and what it is made of: of `list[X] | None` also `X`."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _nested(structs: Iterable[type[Struct]]) -> list[type[Struct]]:
    """Return the Structs, and those inside them, each once."""
    known: dict[type[Struct], None] = {}
    waiting = list(structs)
    while waiting:
        struct = waiting.pop(0)
        if struct not in known:
            known[struct] = None
            parts = (part for field in fields(struct) for part in _parts(field.type))
            waiting += [part for part in parts if _is_struct(part)]
    return list(known)


def _is_struct(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, Struct)


def _structs(shape: Shape) -> Iterator[type[Struct]]:
    match shape:
        case type():
            yield shape
        case Mapping():
            for part in shape.values():
                yield from _structs(part)
        case list() | tuple():
            for part in shape:
                yield from _structs(part)


def _replaced(shape: Shape, references: Mapping[type[Struct], Schema]) -> Any:
    match shape:
        case type():
            return references[shape]
        case Mapping():
            return {key: _replaced(part, references) for key, part in shape.items()}
        case list() | tuple():
            return [_replaced(part, references) for part in shape]
        case _:
            return shape
