"""`/api/version`, `/api/tags` and `/api/show` (docs/wire/ollama-api.md 3.5, 3.7)."""

import hashlib
import json
import re

import pytest
from msgspec import Raw

from adapters.dialects.ollama.library.listing import Listed, Overrides, encode_tags, encode_version
from adapters.dialects.ollama.library.shown import ShowCall, encode_show
from ports.chat import Options
from ports.models import Capability, ModelInfo
from tests.unit.adapters.dialects.ollama.golden import exchanges

KNOWN = ModelInfo(
    id="meta/llama",
    created=1_760_000_000,
    family="llama",
    context_length=8192,
    embedding_length=4,
    parameter_count=8_000_000_000,
    parameter_size="8.0B",
    quantization="Q4_K_M",
    size=4_700_000_000,
    capabilities=frozenset({Capability.TOOLS, Capability.COMPLETION}),
)
UNKNOWN = ModelInfo(id="x")
OPTIONS = Options(temperature=0.5, top_p=1.0, stop=("a", "b"), extensions={"num_ctx": Raw(b"2048")})


def listed(info, name="a/b"):
    return Listed(name=name, info=info, backend="cloud")


def entry(info, name="a/b"):
    return json.loads(encode_tags([listed(info, name)]))["models"][0]


def shown(info=KNOWN, call=None, user_agent="", **brings):
    call = call or ShowCall(model="a/b")
    model = Listed(name="a/b", info=info, backend="cloud", overrides=Overrides(**brings))
    return json.loads(encode_show(model, call, user_agent=user_agent))


def test_the_version_is_the_only_member():
    assert encode_version("0.33.0") == b'{"version":"0.33.0"}'


def test_no_models_are_an_empty_list():
    assert encode_tags([]) == b'{"models":[]}'


def test_an_entry_has_the_recorded_keys_in_their_order():
    recorded = (
        '"name","model","modified_at","size","digest","details","parent_model","format","family",'
        '"families","parameter_size","quantization_level","context_length","embedding_length",'
        '"capabilities"'
    )

    encoded = encode_tags([listed(KNOWN)]).decode().removeprefix('{"models":[')

    assert ",".join(re.findall(r'("\w+"):', encoded)) == recorded


def test_an_entry_tells_what_is_known():
    assert entry(KNOWN) == {
        "name": "a/b:latest",
        "model": "a/b:latest",
        "modified_at": "2025-10-09T08:53:20Z",
        "size": 4_700_000_000,
        "digest": hashlib.sha256(b"cloud/meta/llama").hexdigest(),
        "details": {
            "parent_model": "",
            "format": "",
            "family": "llama",
            "families": ["llama"],
            "parameter_size": "8.0B",
            "quantization_level": "Q4_K_M",
            "context_length": 8192,
            "embedding_length": 4,
        },
        "capabilities": ["completion", "tools"],
    }


def test_an_entry_invents_nothing_and_leaves_no_key_out():
    unknown = entry(UNKNOWN, "x:free")

    assert unknown["name"] == unknown["model"] == "x:free"
    assert unknown["modified_at"] == "1970-01-01T00:00:00Z"
    assert unknown["size"] == 0
    assert re.fullmatch("[0-9a-f]{64}", unknown["digest"])
    assert unknown["details"] == {
        "parent_model": "",
        "format": "",
        "family": "",
        "families": [],
        "parameter_size": "",
        "quantization_level": "",
    }
    assert unknown["capabilities"] == ["completion"]


@pytest.mark.parametrize("created", [1_760_000_000_000, 10**30, -(10**30)])
def test_a_time_that_no_calendar_holds_is_unknown(created):
    assert entry(ModelInfo(id="x", created=created))["modified_at"] == "1970-01-01T00:00:00Z"


def test_the_same_model_at_two_backends_has_two_digests():
    there = Listed(name="a/b", info=KNOWN, backend="elsewhere")

    assert json.loads(encode_tags([there]))["models"][0]["digest"] != entry(KNOWN)["digest"]


def test_show_has_the_recorded_keys_in_their_order():
    (recorded,) = (e for e in exchanges("/api/show") if e.name == "show: show mymodel:v1")
    never = {"license", "messages", "tensors"}

    body = shown(options=OPTIONS, system="Be brief.")

    assert list(body) == [key for key in json.loads(recorded.raw) if key not in never]
    assert list(body["details"]) == list(json.loads(recorded.raw)["details"])


def test_show_tells_what_is_known():
    body = shown()

    assert body["model_info"] == {
        "general.architecture": "llama",
        "general.basename": "b",
        "general.parameter_count": 8_000_000_000,
        "llama.context_length": 8192,
        "llama.embedding_length": 4,
    }
    assert body["capabilities"] == ["completion", "tools"]
    assert body["template"] == "{{ .Prompt }}"
    assert body["modelfile"] == "FROM a/b:latest\n"
    assert "parameters" not in body
    assert "system" not in body


def test_show_of_an_unknown_family_says_so_and_invents_no_length():
    assert shown(UNKNOWN)["model_info"] == {
        "general.architecture": "unknown",
        "general.basename": "b",
    }


def test_facts_are_sorted_whatever_the_family_is_called():
    facts = shown(ModelInfo(id="x", family="command-r", context_length=1))["model_info"]

    assert list(facts) == sorted(facts)


def test_show_tells_whatever_else_the_catalog_does():
    info = ModelInfo(
        id="a/b", family="z", facts={"pricing.prompt": "0.0000010", "general.basename": "no"}
    )

    told = shown(info)["model_info"]

    assert told["pricing.prompt"] == "0.0000010"
    assert told["general.basename"] == "b"
    assert list(told) == sorted(told)


def test_copilot_sees_the_name_it_asked_for():
    call = ShowCall(model="A/B:latest")

    asked = shown(call=call, user_agent="GitHubCopilotChat/0.35.0")
    other = shown(call=call, user_agent="ollama/0.33.0")

    assert asked["model_info"]["general.basename"] == "A/B:latest"
    assert other["model_info"]["general.basename"] == "b"


def test_options_and_system_are_shown_in_the_layout_of_ollama():
    body = shown(options=OPTIONS, system="You are <x>")

    assert body["system"] == "You are <x>"
    assert body["parameters"] == (
        "temperature                    0.5\n"
        "top_p                          1\n"
        'stop                           "a"\n'
        'stop                           "b"\n'
        "num_ctx                        2048"
    )
    assert body["modelfile"] == (
        "FROM a/b:latest\n"
        "SYSTEM You are <x>\n"
        "PARAMETER temperature 0.5\n"
        "PARAMETER top_p 1\n"
        "PARAMETER stop a\n"
        "PARAMETER stop b\n"
        "PARAMETER num_ctx 2048\n"
    )


def test_what_the_request_says_is_shown_in_its_place():
    asked = {"temperature": b"0.1", "top_k": b"7", "top_p": b"null", "stop": b'["c"]'}
    call = ShowCall(
        model="a/b",
        system="Other",
        options={name: Raw(value) for name, value in asked.items()},
    )

    body = shown(call=call, options=OPTIONS, system="You are <x>")

    assert body["system"] == "Other"
    assert body["parameters"] == shown(options=OPTIONS)["parameters"]
    assert body["modelfile"] == (
        "FROM a/b:latest\n"
        "SYSTEM Other\n"
        "PARAMETER temperature 0.1\n"
        "PARAMETER top_p 1\n"
        "PARAMETER stop c\n"
        "PARAMETER num_ctx 2048\n"
        "PARAMETER top_k 7\n"
    )


@pytest.mark.parametrize(
    ("system", "quoted"),
    [("a b", "a b"), (" a", '" a"'), ("a\nb", '"a\nb"'), ('a "b"\n', '"""a "b"\n"""')],
)
def test_a_text_is_quoted_where_it_must_be(system, quoted):
    assert f"SYSTEM {quoted}\n" in shown(system=system)["modelfile"]
