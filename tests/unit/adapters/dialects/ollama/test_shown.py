"""`/api/show` of made models, and of an Ollama server's models under our names."""

import json

import pytest
from msgspec import Raw

from adapters.dialects.ollama.library.listing import Listed, Overrides, encode_tags
from adapters.dialects.ollama.library.running import Loaded, encode_ps
from adapters.dialects.ollama.library.shown import ShowCall, encode_show, overlaid
from ports.chat import Image, Message, Options, Text, ToolCall
from ports.errors import BackendProtocolError
from ports.models import ModelInfo
from ports.residence import RunningModel
from tests.unit.adapters.dialects.ollama.golden import exchanges

CALL = ShowCall(model="mine")
MORNING_NS = 1_787_392_800_500_000_000
FULL = Overrides(
    target="cloud/gpt",
    options=Options(temperature=0.25, stop=("x",), extensions={"num_ctx": Raw(b"1024")}),
    system="Be nice",
    template="{{ .System }} {{ .Prompt }}",
    licenses=("MIT", "Two\nlines"),
    messages=(
        Message(role="user", parts=(Text(text="hi"), Image(data=b"\x01", media_type="image/png"))),
        Message(role="assistant", tool_calls=(ToolCall(name="f", arguments='{"a": 1}', id="c"),)),
    ),
    modified_ns=MORNING_NS,
)
TOLD = next(e for e in exchanges("/api/show") if e.name == "show: show mymodel:v1").raw


def listed(overrides=FULL, info=None):
    info = info or ModelInfo(id="gpt", family="gpt", created=1_760_000_000)
    return Listed(name="mine", info=info, backend="cloud", overrides=overrides)


def test_a_made_model_shows_all_it_was_made_with():
    shown = json.loads(encode_show(listed(), CALL))

    assert shown["license"] == "MIT\nTwo\nlines"
    assert shown["system"] == "Be nice"
    assert shown["template"] == "{{ .System }} {{ .Prompt }}"
    assert shown["modified_at"] == "2026-08-22T10:00:00.5Z"
    assert shown["details"]["parent_model"] == "cloud/gpt:latest"
    assert shown["messages"] == [
        {"role": "user", "content": "hi", "images": ["AQ=="]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "c", "function": {"index": 0, "name": "f", "arguments": {"a": 1}}}
            ],
        },
    ]
    assert shown["modelfile"] == (
        "FROM cloud/gpt\n"
        "TEMPLATE {{ .System }} {{ .Prompt }}\n"
        "SYSTEM Be nice\n"
        "PARAMETER temperature 0.25\n"
        "PARAMETER stop x\n"
        "PARAMETER num_ctx 1024\n"
        "LICENSE MIT\n"
        'LICENSE "Two\nlines"\n'
        "MESSAGE user hi\n"
        "MESSAGE assistant \n"
    )


def test_its_members_have_the_recorded_order():
    recorded = [key for key in json.loads(TOLD) if key != "tensors"]

    assert list(json.loads(encode_show(listed(), CALL))) == recorded


def test_what_an_ollama_server_says_goes_on_as_it_is():
    told = TOLD.encode()

    assert overlaid(told, listed(Overrides()), CALL) == told
    assert overlaid(told, listed(Overrides()), CALL, user_agent="curl/8") == told


def test_what_our_name_brings_is_laid_over_it():
    before = json.loads(TOLD)

    after = json.loads(overlaid(TOLD.encode(), listed(), CALL))

    assert after["system"] == "Be nice"
    assert after["license"] == "MIT\nTwo\nMIT\nTwo\nlines"
    assert after["parameters"] == (
        "temperature                    0.25\n"
        'stop                           "x"\n'
        "num_ctx                        1024"
    )
    assert after["messages"][0]["content"] == "hi"
    assert after["modified_at"] == "2026-08-22T10:00:00.5Z"
    assert after["modelfile"].startswith("FROM cloud/gpt\n")
    for key in ("details", "model_info", "tensors", "capabilities"):
        assert after[key] == before[key]
    assert list(after) == list(before)


def test_an_alias_with_options_keeps_the_servers_other_parameters():
    alias = Overrides(target="box/mymodel:v1", options=Options(temperature=1.0))

    after = json.loads(overlaid(TOLD.encode(), listed(alias), CALL))

    assert after["parameters"].splitlines() == [
        'stop                           "a"',
        'stop                           "b"',
        "num_ctx                        2048",
        "temperature                    1",
    ]
    assert after["system"] == "You are <x>"
    assert after["modified_at"] == json.loads(TOLD)["modified_at"]


def test_new_members_stand_where_the_server_would_put_them():
    told = b'{"modelfile":"m","template":"t","details":{},"model_info":{},"odd":1.50}'

    after = overlaid(told, listed(), CALL)

    assert list(json.loads(after)) == [
        "license", "modelfile", "parameters", "template", "system", "details", "messages",
        "model_info", "odd", "modified_at",
    ]  # fmt: skip
    assert b'"odd":1.50' in after


def test_copilot_sees_the_name_it_asked_for():
    call = ShowCall(model="MINE")

    after = overlaid(
        TOLD.encode(), listed(Overrides()), call, user_agent="GitHubCopilotChat/0.35.0"
    )

    info = json.loads(after)["model_info"]
    assert info.pop("general.basename") == "MINE"
    assert info == {k: v for k, v in json.loads(TOLD)["model_info"].items() if "basename" not in k}


@pytest.mark.parametrize("told", [b"", b"[]", b"oops", b'{"parameters":5}'])
def test_what_is_no_description_is_an_error(told):
    with pytest.raises(BackendProtocolError):
        overlaid(told, listed(), CALL)


ENTRY = Raw(
    b'{"name":"plain:latest","model":"plain:latest","modified_at":"2026-09-21T09:13:19.75-04:00",'
    b'"size":880,"digest":"cfcd","details":{"format":"gguf","odd":1.50},"new":"<"}'
)
TOLD_OF = ModelInfo(id="plain:latest", extensions={"ollama.tags": ENTRY})


def test_an_entry_of_an_ollama_server_is_shown_with_all_it_has():
    entry = encode_tags([listed(Overrides(), TOLD_OF)])

    renamed = bytes(ENTRY).replace(b"plain:latest", b"mine:latest").replace(b"<", rb"\u003c")
    assert entry == b'{"models":[' + renamed + b"]}"


def test_a_made_model_over_it_has_a_time_and_a_digest_of_its_own():
    (entry,) = json.loads(encode_tags([listed(FULL, TOLD_OF)]))["models"]

    assert entry["modified_at"] == "2026-08-22T10:00:00.5Z"
    assert len(entry["digest"]) == 64
    assert entry["size"] == 880


def test_made_models_that_differ_have_digests_that_differ():
    others = [Overrides(system=system, modified_ns=1) for system in ("a", "b")]

    digests = {
        entry["digest"]
        for entry in json.loads(encode_tags([listed(it) for it in others]))["models"]
    }

    assert len(digests) == 2


def test_a_loaded_model_has_the_recorded_keys():
    info = ModelInfo(id="gpt", context_length=4096, size=7)

    encoded = encode_ps([Loaded(listed=listed(Overrides(), info), expires_ns=MORNING_NS)])
    (entry,) = json.loads(encoded)["models"]

    assert list(entry) == [
        "name", "model", "size", "digest", "details", "expires_at", "size_vram", "context_length",
    ]  # fmt: skip
    assert "context_length" not in entry["details"]
    assert (entry["name"], entry["model"]) == ("mine:latest", "mine:latest")
    assert (entry["size"], entry["size_vram"], entry["context_length"]) == (7, 0, 4096)
    assert entry["expires_at"] == "2026-08-22T10:00:00.5Z"


def test_a_model_that_stays_for_ever_has_a_time_that_can_be_written():
    encoded = encode_ps([Loaded(listed=listed(), expires_ns=MORNING_NS + 2**63 - 1)])

    assert json.loads(encoded)["models"][0]["expires_at"].startswith("2318-")


def test_what_an_ollama_server_has_loaded_is_shown_with_all_it_says():
    told = RunningModel(
        id="plain:latest",
        expires_ns=1,
        extensions={"ollama.ps": Raw(b'{"name":"plain:latest","model":"p","size_vram":9,"x":1.0}')},
    )

    encoded = encode_ps([Loaded(listed=listed(), expires_ns=1, told=told)])

    assert encoded == (
        b'{"models":[{"name":"mine:latest","model":"mine:latest","size_vram":9,"x":1.0}]}'
    )
