"""Model lists are read for what they say, and nothing is added."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.openai.outbound.model_profile import profile_of
from adapters.dialects.openai.outbound.request import decode_models
from adapters.dialects.openai.outbound.servers import PROFILES
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


RICH = {
    "id": "meta/llama-3.3-70b-instruct:free",
    "architecture": {"tokenizer": "Llama3", "output_modalities": ["text"]},
    "supported_parameters": [],
    "pricing": {"prompt": "0.0000010", "completion": "0", "image": None, "tiers": [1]},
}


def test_a_rich_list_tells_prices_as_they_are_spelled_and_who_made_what() -> None:
    (model,) = decoded([RICH])

    assert model.facts == {"pricing.prompt": "0.0000010", "pricing.completion": "0"}
    assert (model.owned_by, model.family, model.parameter_size) == ("meta", "llama3", "70B")


@pytest.mark.parametrize(
    ("name", "tokenizer", "family", "size"),
    [
        ("x/y", "Other", "x", ""),
        ("x/y", None, "x", ""),
        ("~x/y-latest", "Router", "x", ""),
        ("x/y", "GPT", "gpt", ""),
        ("x/mixtral-8x7b", "Mistral", "mistral", "8x7B"),
        ("x/qwen3-235b-a22b", "Qwen3", "qwen3", "235B"),
        ("x/phi-3.5b", "Other", "x", "3.5B"),
        ("70b/x", "Other", "70b", ""),
        ("x/gpt-4b2", "Other", "x", ""),
        ("bare", "Other", "", ""),
    ],
)
def test_family_and_size_are_what_the_list_names_and_nothing_else(
    name: str, tokenizer: str | None, family: str, size: str
) -> None:
    (model,) = decoded([{"id": name, "architecture": {"tokenizer": tokenizer}}])

    assert (model.family, model.parameter_size) == (family, size)


def test_a_plain_list_names_no_family_whatever_the_ids_look_like() -> None:
    assert decoded([{"id": "meta/llama-70b"}]) == [ModelInfo(id="meta/llama-70b")]


def test_how_a_model_reasons_is_kept_for_the_requests_to_it() -> None:
    reasoning = {"mandatory": True, "supported_efforts": ["high", "medium", "none"]}
    thinking, plain = decoded([RICH | {"reasoning": reasoning}, RICH | {"id": "x/plain"}])
    profile = PROFILES["openrouter"]

    assert thinking.capabilities == {Capability.COMPLETION, Capability.THINKING}
    assert profile_of(thinking, profile).efforts == ("medium", "high")
    assert profile_of(thinking, profile).always_thinks
    assert profile_of(plain, profile) is profile


@pytest.mark.parametrize("reasoning", [None, [], "yes", {}, {"supported_efforts": None}])
def test_a_model_that_does_not_say_how_it_reasons_is_like_the_others(reasoning: Any) -> None:
    (model,) = decoded([RICH | {"reasoning": reasoning}])

    assert profile_of(model, PROFILES["openrouter"]) is PROFILES["openrouter"]


def test_lmstudio_tells_more_in_its_own_list() -> None:
    chat = {
        "id": "qwen2.5-7b",
        "type": "llm",
        "arch": "qwen2",
        "quantization": "Q4_K_M",
        "max_context_length": 32768,
    }

    first, second = decoded({"data": [chat, {"id": "nomic", "type": "embeddings"}]})

    assert first == ModelInfo(
        id="qwen2.5-7b", family="qwen2", quantization="Q4_K_M", context_length=32768
    )
    assert second.capabilities == {Capability.EMBEDDING}


def test_groq_tells_its_context_length() -> None:
    assert decoded([{"id": "m", "context_window": 131072}])[0].context_length == 131072


def test_odd_values_are_treated_as_absent() -> None:
    entry = {"id": "m", "created": "now", "owned_by": None, "max_model_len": True, "meta": [1]}

    assert decoded([entry]) == [ModelInfo(id="m")]


@pytest.mark.parametrize("odd", [rb'"a\ud800"', b'"a\xff"'], ids=["half a character", "bytes"])
def test_names_that_cannot_be_written_are_mended(odd: bytes) -> None:
    models = decode_models(b'{"data":[{"id":%b,"owned_by":%b},{"id":"b"}]}' % (odd, odd))

    mended = ModelInfo(id="a\ufffd", owned_by="a\ufffd")
    assert models == [mended, ModelInfo(id="b")]


def test_numbers_without_bounds_cost_nothing_but_themselves() -> None:
    models = decode_models(b'{"data":[{"id":"a","created":1e400,"max_model_len":NaN}]}')

    assert models == [ModelInfo(id="a")]


def test_an_empty_list_is_a_list_also_as_null() -> None:
    assert decoded({"object": "list", "data": []}) == []
    assert decoded({"object": "list", "data": None}) == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'"x"', b"null", b'{"data":{"id":"a"}}'])
def test_what_is_no_list_is_an_error(body: bytes) -> None:
    with pytest.raises(BackendProtocolError, match="model list"):
        decode_models(body)
