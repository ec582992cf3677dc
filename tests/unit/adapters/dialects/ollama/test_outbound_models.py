"""Lists of models, what is known of one, and which are loaded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.ollama.outbound.models import decode_ps, decode_tags
from adapters.dialects.ollama.outbound.show import Shown, decode_show, encode_show, merged
from ports.errors import BackendProtocolError
from ports.models import Capability, ModelInfo
from tests.unit.adapters.dialects.ollama.golden import exchanges
from tests.unit.adapters.dialects.ollama.listings import recorded
from tests.upstream.ollama_answers import running, tag


def body(*entries: Any) -> bytes:
    return json.dumps({"models": entries}).encode()


def listed(**more: Any) -> ModelInfo:
    (tagged,) = decode_tags(body(tag("a:8b") | more))
    return tagged.info


def test_an_entry_tells_what_it_tells() -> None:
    details = {
        "family": "llama",
        "parameter_size": "8.0B",
        "quantization_level": "Q4_K_M",
        "context_length": 131072,
        "embedding_length": 4096,
    }
    entry = tag("a:8b", details=details, capabilities=["completion", "tools", "levitation"])

    (tagged,) = decode_tags(body(entry))

    info = tagged.info
    assert (info.id, info.created, info.size) == ("a:8b", 1789996399, 880)
    assert (info.family, info.parameter_size, info.quantization) == ("llama", "8.0B", "Q4_K_M")
    assert (info.context_length, info.embedding_length) == (131072, 4096)
    assert info.capabilities == {Capability.COMPLETION, Capability.TOOLS}
    assert tagged.digest == entry["digest"]


def test_the_entry_itself_stays_verbatim() -> None:
    entry = b'{"name":"a:8b","size": 1,"other": 1.50}'

    (tagged,) = decode_tags(b'{"models":[' + entry + b"]}")

    assert bytes(tagged.info.extensions["ollama.tags"]) == entry


def test_the_same_list_reads_the_same() -> None:
    text = body(tag("a:8b"), tag("b:latest"))

    assert decode_tags(text) == decode_tags(text)


def test_what_an_entry_does_not_tell_is_not_invented() -> None:
    (tagged,) = decode_tags(body({"name": "a"}))

    assert tagged.info == ModelInfo(id="a", extensions=tagged.info.extensions)
    assert tagged.digest == ""


@pytest.mark.parametrize(
    "more",
    [
        {"details": None},
        {"capabilities": None},
        {"capabilities": []},
        {"modified_at": "", "size": -5},
        {"modified_at": "yesterday"},
        {"modified_at": "2026-09-21T09:13:19"},
        {"size": None, "digest": None},
    ],
    ids=str,
)
def test_odd_entries_are_listed_all_the_same(more: dict[str, Any]) -> None:
    info = listed(**more)

    assert info.id == "a:8b"
    assert info.size >= 0
    assert "capabilities" not in more or info.capabilities is None
    assert "modified_at" not in more or info.created is None


def test_each_name_is_listed_once_in_the_servers_order() -> None:
    entries = [tag("b:1"), {"model": "a:1"}, tag("b:1", "other"), {"name": ""}, {}]

    assert [tagged.info.id for tagged in decode_tags(body(*entries))] == ["b:1", "a:1"]


@pytest.mark.parametrize(
    "garbage",
    [b"", b"[]", b"{}", b'{"models":null}', b'{"models":[5]}', b'{"error":"x"}', b"<html>"],
)
def test_what_is_no_list_is_no_answer(garbage: bytes) -> None:
    for decode in (decode_tags, decode_ps):
        with pytest.raises(BackendProtocolError):
            decode(garbage)


def test_show_is_asked_by_name() -> None:
    assert json.loads(encode_show("a:8b")) == {"model": "a:8b"}


def test_show_adds_what_the_list_lacks_and_knows_capabilities_better() -> None:
    shown = decode_show(
        json.dumps(
            {
                "details": {"family": "other", "quantization_level": "F16"},
                "model_info": {
                    "general.architecture": "llama",
                    "general.parameter_count": 8_000_000_000,
                    "llama.context_length": 8192,
                    "llama.embedding_length": 4,
                    "tokenizer.ggml.tokens": None,
                },
                "capabilities": ["tools", "completion"],
            }
        ).encode()
    )
    info = merged(ModelInfo(id="a", family="llama", context_length=99), shown)

    assert info == ModelInfo(
        id="a",
        family="llama",
        context_length=99,
        embedding_length=4,
        parameter_count=8_000_000_000,
        quantization="F16",
        capabilities=frozenset({Capability.TOOLS, Capability.COMPLETION}),
    )


@pytest.mark.parametrize(
    "silent",
    [
        {},
        {"model_info": None, "details": None, "capabilities": None},
        {"model_info": {"general.architecture": 5, "general.parameter_count": "many"}},
        {"model_info": {"llama.context_length": 8192}},
        {"capabilities": []},
    ],
    ids=str,
)
def test_where_show_is_silent_the_list_stands(silent: dict[str, Any]) -> None:
    shown = decode_show(json.dumps(silent).encode())
    info = listed()

    assert shown == Shown()
    assert merged(info, shown) == info


@pytest.mark.parametrize("garbage", [b"", b"[]", b'{"details":5}', b"<html>"])
def test_what_shows_nothing_is_no_answer(garbage: bytes) -> None:
    with pytest.raises(BackendProtocolError):
        decode_show(garbage)


@pytest.mark.parametrize(
    ("expires_at", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T01:00:00.25+01:00", 250_000_000),
        ("1970-01-01T00:00:00.123456789Z", 123_456_000),
        ("2318-09-21T09:13:19.75-04:00", 11_004_556_399_750_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000_000),
    ],
)
def test_a_loaded_model_has_its_end(expires_at: str, expected: int) -> None:
    entry = running("a:8b", expires_at)

    (model,) = decode_ps(body(entry))

    assert (model.id, model.expires_ns) == ("a:8b", expected)
    assert json.loads(bytes(model.extensions["ollama.ps"])) == entry


def test_nothing_loaded_is_an_empty_list() -> None:
    assert decode_ps(body()) == ()


@pytest.mark.parametrize("expires_at", ["", "later", None])
def test_a_loaded_model_without_an_end_is_no_answer(expires_at: Any) -> None:
    with pytest.raises(BackendProtocolError):
        decode_ps(body(running("a:8b") | {"expires_at": expires_at}))


def lists(path: str) -> list[dict[str, Any]]:
    return [found for found in recorded(path) if found["response"].get("body")]


@pytest.mark.parametrize("exchange", lists("/api/tags"), ids=lambda exchange: exchange["name"])
def test_a_recorded_list_is_read(exchange: dict[str, Any]) -> None:
    entries = exchange["response"]["body"]["models"]

    found = decode_tags(json.dumps(exchange["response"]["body"]).encode())

    assert [tagged.info.id for tagged in found] == [entry["name"] for entry in entries]
    for tagged, entry in zip(found, entries, strict=True):
        assert json.loads(bytes(tagged.info.extensions["ollama.tags"])) == entry
        assert tagged.info.created is not None
        assert tagged.info.size == entry["size"]
        assert sorted(tagged.info.capabilities or ()) == sorted(entry["capabilities"])


@pytest.mark.parametrize("exchange", lists("/api/ps"), ids=lambda exchange: exchange["name"])
def test_a_recorded_list_of_loaded_models_is_read(exchange: dict[str, Any]) -> None:
    entries = exchange["response"]["body"]["models"]

    found = decode_ps(json.dumps(exchange["response"]["body"]).encode())

    assert [model.id for model in found] == [entry["name"] for entry in entries]


SHOWN = [exchange for exchange in exchanges("/api/show") if exchange.status == 200]


@pytest.mark.parametrize("exchange", SHOWN, ids=lambda exchange: exchange.name)
def test_a_recorded_model_is_shown(exchange: Any) -> None:
    said = json.loads(exchange.raw)
    info = said["model_info"]
    architecture = info["general.architecture"]

    shown = decode_show(exchange.raw.encode())

    assert sorted(shown.capabilities or ()) == sorted(said["capabilities"])
    assert shown.family == said["details"]["family"]
    assert shown.context_length == info[f"{architecture}.context_length"]
    assert shown.embedding_length == info.get(f"{architecture}.embedding_length")
    assert shown.parameter_count == info.get("general.parameter_count")
