"""Model lists are read for what they say, and nothing is added."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.openai.outbound import decode_models
from ports.errors import BackendProtocolError
from ports.models import Capability, ModelInfo


def decoded(said: Any) -> list[ModelInfo]:
    return decode_models(json.dumps(said).encode())


def test_a_plain_list_says_who_owns_what_and_since_when() -> None:
    entry = {"id": "gpt-5", "object": "model", "created": 1700000000, "owned_by": "openai"}

    assert decoded({"object": "list", "data": [entry]}) == [
        ModelInfo(id="gpt-5", created=1700000000, owned_by="openai")
    ]


@pytest.mark.parametrize("wrap", [lambda x: {"data": x}, lambda x: x, lambda x: {"models": x}])
def test_the_list_may_be_wrapped_in_several_ways(wrap: Any) -> None:
    assert [model.id for model in decoded(wrap([{"id": "b"}, {"id": "a"}]))] == ["b", "a"]


def test_entries_without_an_id_are_left_out_and_each_id_comes_once() -> None:
    entries = [{"id": "a", "created": 1}, {}, {"id": 7}, {"id": ""}, "x", None, {"id": "a"}]

    assert decoded({"data": entries}) == [ModelInfo(id="a", created=1)]


def test_vllm_tells_its_context_length() -> None:
    (model,) = decoded({"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 8192}]})

    assert model.context_length == 8192
    assert model.capabilities is None


def test_llamacpp_tells_the_measures_of_its_file() -> None:
    meta = {"n_ctx_train": 131072, "n_embd": 4096, "n_params": 8030261248, "size": 4912898304}

    (model,) = decoded({"data": [{"id": "m", "meta": meta}]})

    assert model == ModelInfo(
        id="m",
        context_length=131072,
        embedding_length=4096,
        parameter_count=8030261248,
        size=4912898304,
    )


def test_a_rich_list_tells_what_models_can_do() -> None:
    chat = {
        "id": "a/chat",
        "context_length": 200000,
        "top_provider": {"context_length": 128000},
        "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
        "supported_parameters": ["tools", "reasoning", "seed"],
    }
    embed = {
        "id": "a/embed",
        "architecture": {"input_modalities": ["text"], "output_modalities": ["embeddings", "text"]},
        "supported_parameters": [],
    }

    first, second = decoded({"data": [chat, embed]})

    assert first.context_length == 128000
    assert first.capabilities == {
        *(Capability.COMPLETION, Capability.TOOLS, Capability.VISION, Capability.THINKING),
    }
    assert second.capabilities == {Capability.EMBEDDING}


def test_odd_values_are_treated_as_absent() -> None:
    entry = {"id": "m", "created": "now", "owned_by": None, "max_model_len": True, "meta": [1]}

    assert decoded([entry]) == [ModelInfo(id="m")]


def test_an_empty_list_is_a_list_also_as_null() -> None:
    assert decoded({"object": "list", "data": []}) == []
    assert decoded({"object": "list", "data": None}) == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'"x"', b"null", b'{"data":{"id":"a"}}'])
def test_what_is_no_list_is_an_error(body: bytes) -> None:
    with pytest.raises(BackendProtocolError, match="model list"):
        decode_models(body)
