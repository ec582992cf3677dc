"""Members that only some servers act on go to those, and to no other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace

from adapters.dialects.openai.outbound.completions import encode_completion
from adapters.dialects.openai.outbound.embeddings import encode_embed
from adapters.dialects.openai.outbound.servers import PROFILES
from ports.chat import ChatRequest
from ports.embed import EmbedRequest
from ports.errors import InvalidRequest
from ports.generate import GenerateRequest
from tests.unit.adapters.dialects.openai.sending import HELLO, added


def asking(**members: str) -> ChatRequest:
    return replace(HELLO, extensions={f"openai.{k}": Raw(v.encode()) for k, v in members.items()})


EVERYTHING = asking(
    user='"u"',
    metadata='{"a":"b"}',
    logit_bias='{"50256":-100}',
    service_tier='"flex"',
    store="true",
    verbosity='"low"',
    prediction='{"type":"content","content":"x"}',
    modalities='["text","audio"]',
    audio='{"voice":"alloy"}',
    n="2",
    models='["a","b"]',
    preset='"p"',
    plugins='[{"id":"fusion","analysis_models":["b"]}]',
    transforms='["middle-out"]',
    min_tokens="3",
    grammar='"root ::= x"',
    chat_template_kwargs='{"a":1}',
    safe_prompt="true",
    ttl="5",
)
OPENAI = {"user", "metadata", "logit_bias", "service_tier", "store", "verbosity", "prediction"}
TAKEN = {
    "generic": set(),
    "openai": OPENAI,
    "vllm": {"user", "logit_bias", "min_tokens", "chat_template_kwargs"},
    "llamacpp": {"logit_bias", "grammar", "chat_template_kwargs"},
    "lmstudio": {"logit_bias", "ttl"},
    "litellm": OPENAI,
    "openrouter": OPENAI | {"transforms"},
    "groq": {"user", "service_tier"},
    "deepseek": set(),
    "gemini": set(),
    "mistral": {"prediction", "safe_prompt"},
}


@pytest.mark.parametrize("name", PROFILES)
def test_each_server_gets_the_members_it_knows(name: str) -> None:
    sent = added(EVERYTHING, profile=PROFILES[name])

    assert sent == {
        member: json.loads(bytes(EVERYTHING.extensions[f"openai.{member}"]))
        for member in TAKEN[name]
    }


def test_members_of_other_dialects_stay_here() -> None:
    asked = replace(HELLO, extensions={"ollama.keep_alive": Raw(b"5"), "user": Raw(b'"u"')})

    assert added(asked, profile=PROFILES["openai"]) == {}


@pytest.mark.parametrize(("name", "sent"), [("openai", True), ("groq", True), ("generic", False)])
def test_the_user_of_anthropics_clients_goes_by_openais_name(name: str, sent: bool) -> None:
    asked = replace(HELLO, extensions={"anthropic.user_id": Raw(b'"u"')})

    assert added(asked, profile=PROFILES[name]) == ({"user": "u"} if sent else {})


def test_a_template_is_told_what_the_client_says_and_whether_to_think() -> None:
    asked = asking(chat_template_kwargs='{"enable_thinking":true,"custom":1}')

    sent = added(replace(asked, think=False), profile=PROFILES["vllm"])

    assert sent["chat_template_kwargs"] == {"enable_thinking": False, "custom": 1}


def test_what_is_no_object_cannot_be_told_more() -> None:
    asked = replace(asking(chat_template_kwargs="[1]"), think=True)

    with pytest.raises(InvalidRequest, match="chat_template_kwargs must be an object"):
        added(asked, profile=PROFILES["vllm"])


USER = {"openai.user": Raw(b'"u"'), "openai.metadata": Raw(b"{}")}


@pytest.mark.parametrize(("name", "sent"), [("openai", True), ("generic", False)])
def test_prompts_and_texts_to_embed_have_fewer_of_them(name: str, sent: bool) -> None:
    prompt = GenerateRequest(model="m", prompt="x", raw=True, extensions=USER)
    texts = EmbedRequest(model="m", inputs=("x",), extensions=USER)
    profile = PROFILES[name]

    bodies: list[dict[str, Any]] = [
        json.loads(encode_completion(prompt, stream=False, profile=profile)),
        json.loads(encode_embed(texts, profile=profile)),
    ]

    for body in bodies:
        assert ("user" in body) is sent
        assert "metadata" not in body
