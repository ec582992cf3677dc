"""`/schema` and `/docs`: they tell of every route that is served, and what they say is true."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator
from litestar.routes import HTTPRoute

from app.asgi import create_app
from app.described import reference
from tests.fuzz.lines import lines_of, schema_of
from tests.integration.served import Served, serving, settings_of
from tests.programs import CHECKOUT

OFFLINE = '[[backends]]\nname = "offline"\nkind = "offline"\n'
KEY = '[[keys]]\nname = "ada"\nkey = "ada-key"\n'
RELAY_PATHS = ("/v1/ocr", "/v1/batches/*", "/v1/audio/*")
RELAYING = f"[routing]\nrelay_paths = {[*RELAY_PATHS]}\n"
PARAMETER = re.compile(r"\{(\w+):\w+\}")
BEYOND_OFFLINE = {
    "/api/push",
    "/api/experimental/web_search",
    "/api/experimental/web_fetch",
    "/v1/images/{rest}",
    "/v1/audio/{rest}",
    "/v1/moderations",
    "/v1/rerank",
    "/v1/responses/compact",
}
"""What the offline backend cannot do."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    file: Path = tmp_path_factory.mktemp("models") / "models.json"
    async with serving(f'{OFFLINE}[models]\nfile = "{file}"\n') as served:
        yield served


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:

    decoded: dict[str, Any] = msgspec.json.decode(reference().document)
    return decoded


def routes(config: str = OFFLINE) -> set[tuple[str, str]]:
    """Every method and path of the application."""
    return {
        (method.lower(), PARAMETER.sub(r"{\1}", route.path))
        for route in create_app(settings_of(config)).routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    }


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def pieces(content: dict[str, Any], example: Any) -> tuple[dict[str, Any], list[Any]]:
    """Return the schema of what is inside a body, and every such value."""
    if "schema" in content:
        return content["schema"], [example]
    item = content["itemSchema"]
    kind = "text/event-stream" if "data" in item.get("properties", {}) else "application/x-ndjson"
    return schema_of(item), list(lines_of(example.encode(), kind))


def test_every_route_that_is_served_is_described_and_no_other(
    document: dict[str, Any],
) -> None:
    described = {(method, path) for method, path, _ in operations(document)}

    assert described == routes()


@pytest.mark.asyncio(loop_scope="module")
async def test_routes_that_the_configuration_adds_are_described_as_well() -> None:
    config = OFFLINE + RELAYING
    async with serving(config) as served:
        document = (await served.client.get("/schema")).json()

    described = {(method, path) for method, path, _ in operations(document)}
    assert described == routes(config)
    assert {("get", "/v1/ocr"), ("post", "/v1/batches/{rest}")} <= described


def test_every_body_in_json_has_an_example(document: dict[str, Any]) -> None:
    without = [
        (method, path)
        for method, path, operation in operations(document)
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
        if media_type == "application/json" and not content.get("examples")
    ]

    assert without == []


@pytest.mark.parametrize("path", ["/v1/images/{rest}", "/v1/audio/{rest}"])
def test_what_comes_as_json_or_as_a_form_is_described_as_both(
    document: dict[str, Any], path: str
) -> None:
    body = document["paths"][path]["post"]["requestBody"]["content"]

    assert list(body) == ["application/json", "multipart/form-data"]


def test_the_templates_that_operators_are_told_are_those_of_routes() -> None:
    page = (CHECKOUT / "docs" / "monitoring.md").read_text()
    told = set(re.findall(r"`(/[\w/]*\{[^`]*)`", page))

    assert told
    assert told <= {path.replace(":path", "") for _, path in routes()}


def test_every_reference_leads_to_a_component(document: dict[str, Any]) -> None:
    for link in references(document):
        part: Any = document
        for name in link.removeprefix("#/").split("/"):
            part = part[name]


def test_every_name_of_an_operation_is_there_once(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(names) == len(set(names))


def test_every_schema_is_one(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_example_follows_its_schema(document: dict[str, Any]) -> None:
    contents = [
        content
        for _, _, operation in operations(document)
        for part in (operation.get("requestBody", {}), *operation["responses"].values())
        for content in part.get("content", {}).values()
    ]
    shared = document["components"]["responses"].values()
    contents += [content for response in shared for content in response["content"].values()]

    for content in contents:
        for example in content.get("examples", {}).values():
            schema, values = pieces(content, example["value"])
            validator = Draft202012Validator({**schema, "components": document["components"]})
            for value in values:
                validator.validate(value)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_examples_of_requests_are_answered(
    served: Served, document: dict[str, Any]
) -> None:
    asked = 0
    for method, path, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in content.get("examples", {}).values():
            asked += 1
            answer = await served.client.request(method, path, json=example["value"])
            if path in BEYOND_OFFLINE:
                assert str(answer.status_code) in operation["responses"], (path, answer.text)
                continue

            assert answer.status_code == 200, (path, answer.text)
            assert not re.search(r'"error":["{]', answer.text), path
    assert asked > 5


def test_an_internal_error_is_no_answer_that_is_described(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if "500" in operation["responses"]:
            # Ollama answers so to a model that cannot be fetched, and to a text that is too long.
            assert path in {"/api/pull", "/api/create", "/api/embeddings"}, method


@pytest.mark.asyncio(loop_scope="module")
async def test_programs_and_people_are_told(served: Served, document: dict[str, Any]) -> None:
    schema = await served.client.get("/schema")
    page = await served.client.get("/docs")

    assert (schema.headers["content-type"], schema.json()) == ("application/json", document)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.content == reference().page


@pytest.mark.parametrize("path", ["/schema", "/docs"])
@pytest.mark.asyncio(loop_scope="module")
async def test_the_head_is_that_of_the_whole(served: Served, path: str) -> None:
    whole, head = await served.client.get(path), await served.client.head(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]


@pytest.mark.parametrize("path", ["/schema", "/docs"])
async def test_with_keys_it_takes_one(path: str) -> None:
    async with serving(OFFLINE + KEY) as served:
        stranger = await served.client.get(path)
        ada = await served.client.get(path, headers={"x-api-key": "ada-key"})

    assert (stranger.status_code, ada.status_code) == (401, 200)


def test_nothing_of_it_is_imported_at_the_start() -> None:
    program = (
        "import sys\n"
        "from app.asgi import create_app\n"
        "from app.settings import Settings\n"
        "print(*sorted(name for name in sys.modules if 'describ' in name or 'reference' in name))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    names = said.stdout.decode().split()
    assert [name for name in names if name.endswith(("document", "page", "dialect"))] == []
