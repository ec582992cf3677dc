"""`/v1/models` and `/v1/models/{id}`, served over each kind of backend."""

from __future__ import annotations

import pytest

from tests.integration.kinds import KINDS, OLLAMA, Kind
from tests.integration.served import backend, serving
from tests.upstream.server import Upstream

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)

SLASHED = "org/sub/model:free"
ALIAS = f'[aliases]\n"fast" = "up/{SLASHED}"\n'


@each_kind
async def test_every_model_is_listed_as_openais_clients_read_it(
    upstream: Upstream, kind: Kind
) -> None:
    async with serving(kind.settings(upstream)) as served:
        answer = await served.client.get("/v1/models")
        asked = [await served.client.get(f"/v1/models/{it['id']}") for it in answer.json()["data"]]

    said = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert (list(said), said["object"]) == (["object", "data"], "list")
    assert said["data"]
    for model, one in zip(said["data"], asked, strict=True):
        assert list(model) == ["id", "object", "created", "owned_by"]
        assert (model["object"], type(model["created"])) == ("model", int)
        assert model["owned_by"]
        assert (one.status_code, one.json()) == (200, model)


async def test_aliases_come_first_and_a_model_without_an_owner_has_its_namespaces(
    upstream: Upstream,
) -> None:
    upstream.tags = ("plain:latest", SLASHED)
    async with serving(OLLAMA.settings(upstream) + ALIAS) as served:
        models = (await served.client.get("/v1/models")).json()["data"]

    assert [(model["id"], model["owned_by"]) for model in models] == [
        ("fast", "library"),
        ("plain:latest", "library"),
        (SLASHED, "org/sub"),
    ]
    assert models[1]["created"] == 1789996399


async def test_an_unknown_model_is_told_in_this_dialect(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url)) as served:
        answer = await served.client.get("/v1/models/no/such")

    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "message": "model 'no/such' not found",
        "type": "not_found_error",
        "param": None,
        "code": "model_not_found",
    }


async def test_a_key_sees_its_own_models_only(upstream: Upstream) -> None:
    upstream.models = ("mine", "yours")
    keys = '[[keys]]\nname = "ada"\nkey = "k-1"\nmodels = ["mine"]\n'
    async with serving(backend(upstream.base_url) + keys) as served:
        headers = {"authorization": "Bearer k-1"}
        listed = await served.client.get("/v1/models", headers=headers)
        hidden = await served.client.get("/v1/models/yours", headers=headers)
        nobody = await served.client.get("/v1/models")

    assert [model["id"] for model in listed.json()["data"]] == ["mine"]
    assert (hidden.status_code, nobody.status_code) == (403, 401)
    assert hidden.json()["error"]["type"] == "permission_error"
