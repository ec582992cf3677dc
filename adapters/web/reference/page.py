"""The same document for people: one page that loads nothing from anywhere and runs nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from adapters.web.reference.shapes import Schema

_METHODS = ("get", "head", "post", "put", "patch", "delete")
_CODE = re.compile(r"`([^`]+)`")
_SCHEMAS = "#/components/schemas/"
_RESPONSES = "#/components/responses/"

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h4 { margin: 1rem 0 .3rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .88em; }
pre { background: var(--soft); padding: .7rem; overflow-x: auto; border-radius: 4px; }
details { border: 1px solid var(--line); border-radius: 4px; }
details { margin: .4rem 0; padding: .3rem .8rem; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.8em; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .25rem .8rem .25rem 0; vertical-align: top; }
td:first-child { white-space: nowrap; }
"""


def render(document: Schema) -> str:
    """Return the page of a document that `document.build` has made."""
    info = document["info"]
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        _text(info["description"]),
        '<p>The same for programs, as OpenAPI: <a href="/schema">/schema</a></p>',
        *(part for tag in document["tags"] for part in _dialect(document, tag)),
        "<h2>Bodies</h2>",
        *(_component(name, it) for name, it in document["components"]["schemas"].items()),
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _dialect(document: Schema, tag: Schema) -> Iterator[str]:
    name = tag["name"]
    yield f"<h2>{escape(name)}</h2>"
    yield _text(tag["description"])
    for path, methods in document["paths"].items():
        for method in _METHODS:
            # What can be read has a head as well, of which there is no more to say.
            is_only_head = method == "head" and "get" in methods
            if method in methods and name in methods[method]["tags"] and not is_only_head:
                yield _operation(name, method, path, methods[method])
    for shared, response in document["components"]["responses"].items():
        if shared.startswith(f"{name.lower()}."):
            yield _shared(shared, response)


def _operation(tag: str, method: str, path: str, operation: Schema) -> str:
    head = f"<b>{method.upper()}</b> <code>{escape(path)}</code> {_words(operation['summary'])}"
    parts = [
        f'<details id="{escape(tag)}.{operation["operationId"]}"><summary>{head}</summary>',
        _text(operation.get("description", "")),
    ]
    if operation["parameters"]:
        parts += ["<h4>Parameters</h4>", _rows(map(_parameter, operation["parameters"]))]
    if "requestBody" in operation:
        parts += ["<h4>Request</h4>", *_contents(operation["requestBody"]["content"])]
    responses = operation["responses"].items()
    for status, response in responses:
        if "$ref" not in response:
            parts += [f"<h4>{status}</h4>", *_response(response)]
    links = [_link(it["$ref"].removeprefix(_RESPONSES)) for _, it in responses if "$ref" in it]
    parts += [f"<h4>Errors</h4><p>{', '.join(links)}</p>"] if links else []
    return "\n".join([*parts, "</details>"])


def _shared(name: str, response: Schema) -> str:
    status = name.rpartition(".")[2]
    head = f"<b>{status}</b> {_words(response['description'])}"
    title = f'<details id="{escape(name)}"><summary>{head}</summary>'
    return "\n".join([title, *_response(response), "</details>"])


def _link(name: str) -> str:
    return f'<a href="#{escape(name)}">{escape(name.rpartition(".")[2])}</a>'


def _parameter(parameter: Schema) -> tuple[str, str, str]:
    name = f"<code>{escape(parameter['name'])}</code>"
    return name, escape(parameter["in"]), _words(parameter["description"])


def _response(response: Schema) -> Iterator[str]:
    yield _text(response["description"])
    if "headers" in response:
        names = ", ".join(f"<code>{escape(name)}</code>" for name in response["headers"])
        yield f"<p>Headers: {names}</p>"
    yield from _contents(response.get("content", {}))


def _contents(contents: Mapping[str, Schema]) -> Iterator[str]:
    for media_type, content in contents.items():
        schema, of_each = _schema_of(content)
        yield f"<p><code>{escape(media_type)}</code>{of_each}: {_kind(schema)}</p>"
        yield _members(schema)
        for example in content.get("examples", {}).values():
            yield f"<pre>{escape(_written(example['value']))}</pre>"


def _schema_of(content: Schema) -> tuple[Schema, str]:
    """Return the schema of a body, or of each piece of a stream and how to say that."""
    if "schema" in content:
        return content["schema"], ""
    item: Schema = content["itemSchema"]
    data = item.get("properties", {}).get("data", {})
    json_data = data.get("anyOf", [data])[0]
    return json_data.get("contentSchema", item), ", each"


def _component(name: str, schema: Schema) -> str:
    title = f'<details open id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
    text = _text(schema.get("description", ""))
    return "\n".join([title, text, _members(schema), "</details>"])


def _members(schema: Schema) -> str:
    """Return the table of an object's members, if the schema has any."""
    required = schema.get("required", ())
    return _rows(
        (
            f"<code>{escape(name)}</code>{'*' if name in required else ''}",
            _kind(member),
            _words(member.get("description", "")),
        )
        for name, member in schema.get("properties", {}).items()
    )


def _kind(schema: Schema) -> str:
    """Say in a few words what a schema takes."""
    match schema:
        case {"$ref": str(reference)}:
            name = reference.removeprefix(_SCHEMAS)
            return f'<a href="#{escape(name)}">{escape(name)}</a>'
        case {"anyOf": list(kinds)} | {"oneOf": list(kinds)}:
            return " or ".join(dict.fromkeys(map(_kind, kinds)))
        case {"allOf": [dict(kind), {"required": [*names]}]}:
            needed = ", ".join(f"<code>{escape(name)}</code>" for name in names)
            return f"{_kind(kind)} with {needed}"
        case {"enum": list(values)}:
            return " or ".join(f"<code>{escape(json.dumps(value))}</code>" for value in values)
        case {"const": value}:
            return f"<code>{escape(json.dumps(value))}</code>"
        case {"type": "array", "items": dict(items)}:
            return f"list of {_kind(items)}"
        case {"type": list(names)}:
            return " or ".join(escape(name) for name in names)
        case {"type": str(name)}:
            return escape(name)
        case _:
            return "anything"


def _rows(rows: Any) -> str:
    cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>" if cells else ""


def _text(text: str) -> str:
    return "".join(f"<p>{_words(paragraph)}</p>" for paragraph in text.split("\n\n") if paragraph)


def _words(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _written(example: Any) -> str:
    return example if isinstance(example, str) else json.dumps(example, indent=2)
