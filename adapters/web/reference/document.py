"""The OpenAPI document, made of what the dialects say of themselves.

OpenAPI 3.2 (https://spec.openapis.org/oas/v3.2.0), which knows streams. Errors are shared: of
each dialect there is one response for each status, with every error that has it as an example.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus

import msgspec

from adapters.dialects.controlling.describing import (
    DROPPED,
    JSON,
    SSE,
    Answer,
    Content,
    Description,
    Operation,
    Parameter,
    Shape,
    Stream,
)
from adapters.dialects.replies.rendered import Rendered
from adapters.web.reference.shapes import Schema, Shapes
from adapters.web.reference.sharing import both

_TEXT = """\
One port for every program that speaks Ollama, OpenAI or Anthropic, in front of any backend.

Every error has the form of the dialect that its path belongs to: of Anthropic below
`/v1/messages`, and for whoever sends `anthropic-version` to `/v1/models` or to a path that is
not there; of OpenAI elsewhere below `/v1`; of Ollama anywhere else. A path that is not there is
404, a method that a path does not have is 405 with `Allow`. A foreign `Host` or `Origin` is
refused with 403 and without a body, a `Host` that cannot be read with 400 in plain text.

Every answer carries its request's id as `x-request-id`: the client's own, if it sends one of 1 to
128 letters, digits, `.`, `_` and `-`.

Where client keys are configured, all but the routes that say otherwise need one.
"""

_HEADERS: Mapping[str, Schema] = {
    DROPPED: {
        "description": "Fields of the request that the model's backend cannot be told, "
        "with commas between them. Absent if there are none.",
        "schema": {"type": "string"},
    },
    "accept-encoding": {
        "description": "The content codings that a request body may have.",
        "schema": {"type": "string"},
    },
    "allow": {"description": "The methods of this path.", "schema": {"type": "string"}},
    "x-llamaport-tokens": {
        "description": "`counted` by the backend, or `estimated` here.",
        "schema": {"enum": ["counted", "estimated"]},
    },
    "request-id": {"description": "The id of this request.", "schema": {"type": "string"}},
    "retry-after": {
        "description": "Seconds after which it is worth another try, if the backend said so.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "www-authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}},
}

_SECURITY_SCHEMES: Mapping[str, Schema] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
}
_ANY_KEY: list[Schema] = [{"bearer": []}, {"x-api-key": []}, {}]


def build(descriptions: Iterable[Description], *, version: str) -> Schema:
    """Return the document; `version` is that of this program."""
    told = [_Told(description) for description in descriptions]
    responses = _joined(one.errors() for one in told)
    paths: dict[str, Schema] = {}
    for one in told:
        for path, method, operation in one.operations():
            methods = paths.setdefault(path, {})
            shared = methods.get(method)
            methods[method] = operation if shared is None else both(shared, operation, responses)
    return {
        "openapi": "3.2.0",
        "info": {"title": "llamaport", "version": version, "description": _TEXT},
        "tags": [one.tag() for one in told],
        "security": _ANY_KEY,
        "paths": paths,
        "components": {
            "securitySchemes": _SECURITY_SCHEMES,
            "headers": _HEADERS,
            "responses": responses,
            "schemas": _joined(one.shapes.components() for one in told),
        },
    }


class _Told:
    """One dialect, in the words of OpenAPI."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._name = description.name.lower()
        shapes = [description.error, *map(_shapes_of, description.operations)]
        self.shapes = Shapes(self._name, shapes, description.words)

    def tag(self) -> Schema:
        """Return the dialect itself."""
        return {"name": self._description.name, "description": self._description.text}

    def operations(self) -> Iterator[tuple[str, str, Schema]]:
        """Yield path, method and operation of each route."""
        for described in self._description.operations:
            for method in described.methods:
                yield described.path, method.lower(), self._operation(described, method)

    def errors(self) -> dict[str, Schema]:
        """Return a response for each status that an error of any route has."""
        by_status: dict[int, dict[str, Rendered]] = {}
        for operation in self._description.operations:
            for error in operation.errors:
                rendered = self._description.render(error)
                by_status.setdefault(rendered.status, {})[error.code] = rendered
        return {
            f"{self._name}.{status}": self._error(status, examples)
            for status, examples in sorted(by_status.items())
        }

    def _operation(self, described: Operation, method: str) -> Schema:
        operation: Schema = {
            "tags": [self._description.name],
            "operationId": _operation_id(method, described.path),
            "summary": described.summary,
            "parameters": [self._parameter(it) for it in described.parameters],
            "responses": self._responses(described, with_bodies=method != "HEAD"),
        }
        if described.text:
            operation["description"] = described.text
        if described.is_open:
            operation["security"] = []
        if described.body is not None:
            operation["requestBody"] = {
                "required": True,
                "content": {
                    it.media_type: self._content(it)
                    for it in (described.body, *described.other_bodies)
                },
            }
        return operation

    def _parameter(self, parameter: Parameter) -> Schema:
        written: Schema = {
            "name": parameter.name,
            "in": parameter.place,
            "required": parameter.required,
            "description": parameter.text,
            "schema": self.shapes.of(parameter.shape or {"type": "string"}),
        }
        return {**written, "example": parameter.example} if parameter.example else written

    def _responses(self, described: Operation, *, with_bodies: bool) -> Schema:
        statuses = {self._description.render(error).status for error in described.errors}
        errors = {
            str(status): {"$ref": f"#/components/responses/{self._name}.{status}"}
            if with_bodies
            else {"description": HTTPStatus(status).phrase}
            for status in sorted(statuses - set(described.answers))
        }
        answers = {
            str(status): self._answer(answer, with_bodies=with_bodies)
            for status, answer in described.answers.items()
        }
        return answers | errors

    def _answer(self, answer: Answer, *, with_bodies: bool) -> Schema:
        written: Schema = {"description": answer.text}
        if answer.headers:
            written["headers"] = _headers(answer.headers)
        if answer.contents and with_bodies:
            written["content"] = {it.media_type: self._content(it) for it in answer.contents}
        return written

    def _content(self, content: Content | Stream) -> Schema:
        if isinstance(content, Stream):
            return self._stream(content)
        written: Schema = {"schema": self.shapes.of(content.shape)}
        if content.examples:
            written["examples"] = {name: {"value": it} for name, it in content.examples.items()}
        return written

    def _stream(self, stream: Stream) -> Schema:
        item = self.shapes.of(stream.shape)
        if stream.media_type == SSE:
            item = _event_of(item, stream)
        written: Schema = {"itemSchema": item}
        if stream.example:
            written["examples"] = {"stream": {"value": _spelled(stream)}}
        return written

    def _error(self, status: int, examples: Mapping[str, Rendered]) -> Schema:
        names = {
            name.decode()
            for rendered in examples.values()
            for name, _ in rendered.headers
            if name != b"content-type"
        }
        written: Schema = {
            "description": HTTPStatus(status).phrase,
            "content": {
                JSON: {
                    "schema": self.shapes.of(self._description.error),
                    "examples": {
                        name: {"value": msgspec.json.decode(rendered.body)}
                        for name, rendered in examples.items()
                    },
                }
            },
        }
        return {**written, "headers": _headers(sorted(names))} if names else written


def _shapes_of(operation: Operation) -> list[Shape]:
    contents = [content for answer in operation.answers.values() for content in answer.contents]
    bodies = [operation.body, *operation.other_bodies] if operation.body is not None else []
    parameters = [parameter.shape for parameter in operation.parameters]
    return [*parameters, *(content.shape for content in (*bodies, *contents))]


def _headers(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _event_of(item: Schema, stream: Stream) -> Schema:
    """Describe an event with such a value inside, as OpenAPI sees events."""
    data: Schema = {"type": "string", "contentMediaType": JSON, "contentSchema": item}
    if stream.ending:
        data = {"anyOf": [data, {"const": stream.ending}]}
    properties = {"event": {"type": "string"}, "data": data} if stream.named else {"data": data}
    return {"type": "object", "required": list(properties), "properties": properties}


def _spelled(stream: Stream) -> str:
    """Return the example as it is on the wire."""
    values = [msgspec.json.encode(value).decode() for value in stream.example]
    if stream.media_type != SSE:
        return "".join(f"{value}\n" for value in values)
    names = [f"event: {it['type']}\n" if stream.named else "" for it in stream.example]
    events = [f"{name}data: {value}\n\n" for name, value in zip(names, values, strict=True)]
    return "".join(events) + (f"data: {stream.ending}\n\n" if stream.ending else "")


def _operation_id(method: str, path: str) -> str:
    words = path.replace("{", "").replace("}", "").replace("-", "/").split("/")
    return method.lower() + "".join(word[:1].upper() + word[1:] for word in words)


def _joined(parts: Iterable[Mapping[str, Schema]]) -> Schema:
    return {name: it for part in parts for name, it in part.items()}
