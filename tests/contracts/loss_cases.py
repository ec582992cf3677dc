"""One thing more than a plain request asks, for everything that a request may ask.

`test_losses` sees what becomes of each at every kind of backend, and docs/translation.md tells it.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct
from msgspec.structs import replace

from ports.chat import (
    Audio,
    ChatRequest,
    Document,
    ForeignPart,
    Image,
    ImageUrl,
    JsonFormat,
    Message,
    NamedTool,
    Options,
    Part,
    Text,
    Tool,
    ToolCall,
)
from ports.embed import EmbedRequest
from ports.generate import GenerateRequest

Request = ChatRequest | GenerateRequest | EmbedRequest


class Case(Struct, frozen=True, kw_only=True):
    """What is asked, and the same request without it.

    `loss` is how it is called where it is lost, `label` how the page calls it. `here` says that
    it may also be kept on our side, so that the upstream need not be told.
    """

    label: str
    loss: str
    base: Request
    asked: Request
    here: bool = False
    why: str = ""


def say(role: Any, text: str, *parts: Part, **more: Any) -> Message:
    return Message(role=role, parts=(Text(text=text), *parts), **more)


HELLO = ChatRequest(model="m", messages=(say("user", "hello"),))
TOOLS = replace(HELLO, tools=(Tool(name="f"), Tool(name="g")))
SCHEMA = Raw(b'{"type":"object","properties":{"a":{"type":"string"}}}')
SHAPED = replace(HELLO, format=JsonFormat(schema=SCHEMA))
PICTURE = Image(data=b"\x89PNG", media_type="image/png")
CALLED = Message(role="assistant", tool_calls=(ToolCall(id="call_1", name="f", arguments="{}"),))
TURN = (say("user", "hello"), CALLED, say("tool", "22", tool_call_id="call_1", tool_name="f"))
RAW = GenerateRequest(model="m", prompt="hello", raw=True)
TEXTS = EmbedRequest(model="m", inputs=("hello",))


def case(label: str, base: Any, why: str = "", *, loss: str = "", here: bool = False, **more: Any):
    """A case that changes fields of a request."""
    asked = replace(base, **more)
    return Case(label=label, loss=loss or label, base=base, asked=asked, here=here, why=why)


def option(name: str, value: Any, why: str = "", *, base: Any = HELLO) -> Case:
    return case(f"options.{name}", base, why, options=Options(**{name: value}))


def vendor_option(name: str, value: bytes, why: str = "", *, base: Any = HELLO) -> Case:
    options = Options(extensions={name: Raw(value)})
    return case(f"options.{name}", base, why, options=options)


def extension(
    name: str,
    value: bytes,
    why: str = "",
    *,
    base: Any = HELLO,
    label: str = "",
    here: bool = False,
) -> Case:
    extensions = {name: Raw(value)}
    return case(label or name, base, why, loss=name, here=here, extensions=extensions)


def part(kind: str, found: Part, why: str) -> Case:
    return case(f"messages.parts: {kind}", HELLO, why, messages=(say("user", "hello", found),))


def turn(label: str, why: str = "", *, here: bool = False, **more: Any) -> Case:
    """A case about what an assistant said in a turn that still goes on."""
    thought = replace(CALLED, **more)
    base = replace(HELLO, messages=TURN)
    return case(label, base, why, here=here, messages=(TURN[0], thought, TURN[2]))


_STRICT = "servers that are strict refuse the whole request for a name they do not know"
_CHOICE = "Ollama cannot force a call: the model is told in a line of system text"
_BUDGET = "elsewhere the effort that comes nearest is told"
_OPENAIS = "for servers that know it"
_SOUND = "an answer in sound has no place here, and its text would be missing"
_CACHE = "a hint: who has a cache uses it unasked, and no answer depends on it"
_MODELS = "a client could name models that its key may not use"
_RUNNER = "the model is on another server, and is loaded as that one likes"

CHAT: tuple[Case, ...] = (
    option("temperature", 0.25),
    option("top_p", 0.5),
    option("presence_penalty", 0.5),
    option("frequency_penalty", 0.5),
    option("seed", 7),
    option("max_tokens", 2, "left out where the server says that it has less room"),
    option("stop", ("offline",)),
    case(
        "options.stop (twenty)",
        HELLO,
        "what a server does not take is watched for here",
        loss="options.stop",
        here=True,
        options=Options(stop=tuple(f"<{number}>" for number in range(20))),
    ),
    option("top_k", 7, _STRICT),
    option("min_p", 0.125, _STRICT),
    option("typical_p", 0.75, _STRICT),
    option("repeat_penalty", 1.5, _STRICT),
    option("repeat_last_n", 33, _STRICT),
    vendor_option("num_ctx", b"4096", "none where the model is known to have that much context"),
    vendor_option("num_gpu", b"1", f"{_RUNNER}; so for every option of a runner"),
    vendor_option("num_keep", b"4", _STRICT),
    vendor_option("mirostat", b"2", _STRICT),
    vendor_option("top_a", b"0.5", "OpenRouter's own"),
    vendor_option("provider", b'{"sort":"price"}', "OpenRouter's own"),
    case("think (true)", HELLO, "no word for it is known", loss="think", think=True),
    case(
        "think (false)",
        HELLO,
        "what comes as thinking all the same is left out of the answer",
        loss="think",
        here=True,
        think=False,
    ),
    case("think (medium)", HELLO, "no word for it is known", loss="think", think="medium"),
    case("think (minimal)", HELLO, "the nearest level is told", loss="think", think="minimal"),
    case("think (max)", HELLO, "the nearest level is told", loss="think", think="max"),
    case("thinking_budget", replace(HELLO, think="medium"), _BUDGET, thinking_budget=5),
    case("tools", HELLO, tools=TOOLS.tools),
    case("tools.strict", TOOLS, _OPENAIS, tools=(Tool(name="f", strict=True), Tool(name="g"))),
    case("tool_choice (none)", TOOLS, loss="tool_choice", tool_choice="none"),
    case("tool_choice (auto)", TOOLS, loss="tool_choice", here=True, tool_choice="auto"),
    case("tool_choice (required)", TOOLS, _CHOICE, loss="tool_choice", tool_choice="required"),
    case(
        "tool_choice (a name)",
        TOOLS,
        f"{_CHOICE}; where names are no choice that tool is the only one",
        loss="tool_choice",
        tool_choice=NamedTool(name="g"),
    ),
    case(
        "parallel_tool_calls (false)",
        TOOLS,
        "only the first call of an answer is read",
        loss="parallel_tool_calls",
        here=True,
        parallel_tool_calls=False,
    ),
    case(
        "parallel_tool_calls (true)",
        TOOLS,
        "a permission, which is given anyway",
        loss="parallel_tool_calls",
        here=True,
        parallel_tool_calls=True,
    ),
    case("format (JSON)", HELLO, loss="format", format=JsonFormat()),
    case(
        "format (a schema)",
        HELLO,
        "a server without schemas is asked for JSON, and the model told the schema",
        loss="format",
        format=SHAPED.format,
    ),
    case(
        "format.name",
        SHAPED,
        "a label; the model reads the schema",
        here=True,
        format=JsonFormat(schema=SCHEMA, name="Answer"),
    ),
    case(
        "format.description",
        SHAPED,
        "the model reads the schema",
        format=JsonFormat(schema=SCHEMA, description="an answer"),
    ),
    case(
        "format.strict",
        SHAPED,
        "Ollama always holds the output to the schema",
        here=True,
        format=JsonFormat(schema=SCHEMA, strict=True),
    ),
    case("logprobs", HELLO, "the answer has none", logprobs=True),
    case("top_logprobs", replace(HELLO, logprobs=True), "the answer has none", top_logprobs=3),
    case("messages.author", HELLO, _STRICT, messages=(say("user", "hello", author="ada"),)),
    part("image", PICTURE, ""),
    part(
        "image address",
        ImageUrl(url="https://example.org/a.png"),
        "the upstream fetches it; this server never does",
    ),
    case(
        "messages.parts.detail",
        replace(HELLO, messages=(say("user", "hello", PICTURE),)),
        "Ollama looks as closely as the model does",
        messages=(say("user", "hello", replace(PICTURE, detail="low")),),
    ),
    part("sound", Audio(data=b"RIFF", format="wav"), ""),
    part(
        "file",
        Document(data=b"%PDF", media_type="application/pdf", name="a.pdf"),
        "a server that takes none might pass over it in silence",
    ),
    part(
        "another of OpenAI's",
        ForeignPart(kind="openai.video_url", raw=Raw(b'{"type":"video_url"}')),
        "the server knows, or refuses it",
    ),
    turn("messages.thinking", "strict servers refuse unknown members of messages", thinking="hm"),
    case(
        "messages.thinking (earlier)",
        replace(HELLO, messages=(*TURN, say("user", "and now?"))),
        "models' own templates leave out what was thought before the last word of the user",
        loss="messages.thinking",
        here=True,
        messages=(TURN[0], replace(CALLED, thinking="hm"), TURN[2], say("user", "and now?")),
    ),
    turn("messages.thinking_signature", "who signs nothing reads none", thinking_signature="s"),
    turn(
        "messages.openai.reasoning_details",
        "OpenRouter's own, which go back unmodified",
        extensions={"openai.reasoning_details": Raw(b'[{"type":"reasoning.encrypted"}]')},
    ),
    extension(
        "ollama.keep_alive",
        b'"5m"',
        "acted on here: how long a model stands in the list of those that run",
        here=True,
    ),
    extension(
        "ollama.truncate", b"true", "a prompt that is too long is refused elsewhere, and not cut"
    ),
    extension("ollama.shift", b"true", "the same for an answer"),
    extension(
        "ollama.truncate",
        b"false",
        "so it is anyway; the same for shift",
        label="ollama.truncate (false)",
        here=True,
    ),
    extension("openai.user", b'"u"', _OPENAIS),
    extension("openai.metadata", b'{"a":"b"}', _OPENAIS),
    extension("openai.logit_bias", b'{"1":-100}', f"{_OPENAIS}; tokens are those of one model"),
    extension("openai.service_tier", b'"flex"', _OPENAIS),
    extension("openai.verbosity", b'"low"', _OPENAIS),
    extension("openai.prediction", b'{"type":"content"}', _OPENAIS),
    extension("openai.store", b"true", f"{_OPENAIS}; so for OpenAI's other members"),
    extension("anthropic.user_id", b'"u"', "no answer depends on it", here=True),
    extension("openai.cache_control", b'{"type":"ephemeral"}', _CACHE, here=True),
    extension("openai.prompt_cache_key", b'"k"', f"{_CACHE}; so for its relatives", here=True),
    extension("openai.modalities", b'["text","audio"]', _SOUND),
    extension("openai.audio", b'{"voice":"alloy"}', _SOUND),
    extension("openai.chat_template_kwargs", b'{"a":1}', "vLLM's and llama.cpp's"),
    extension("openai.min_tokens", b"3", "vLLM's; so for its other members"),
    extension("openai.grammar", b'"root ::= x"', "llama.cpp's; so for its other members"),
    extension("openai.transforms", b'["a"]', "OpenRouter's; so for its other members"),
    extension("openai.plugins", b'[{"id":"fusion"}]', _MODELS),
    extension("openai.models", b'["a"]', _MODELS),
)

PROMPTS: tuple[Case, ...] = (
    option("temperature", 0.25, base=RAW),
    option("stop", ("END",), base=RAW),
    option("top_k", 7, _STRICT, base=RAW),
    vendor_option("num_ctx", b"4096", "as with chats", base=RAW),
    case("suffix", replace(RAW, raw=False, continues=True), suffix="end"),
    case(
        "system",
        replace(RAW, raw=False, suffix="end"),
        "no template is applied that had a place for it",
        system="Be brief.",
    ),
    case(
        "context",
        replace(RAW, raw=False, suffix="end"),
        "tokens mean something only to the model that made them",
        context=(1, 2),
    ),
    case("think (true)", RAW, "no template is applied that could say it", loss="think", think=True),
    case("format (a schema)", RAW, loss="format", format=SHAPED.format),
    case("logprobs", RAW, "the answer has none", logprobs=True),
    case("images", RAW, "they have no place beside a bare prompt", images=(PICTURE,)),
    extension("ollama.keep_alive", b'"5m"', "acted on here", base=RAW, here=True),
    extension("ollama.truncate", b"true", "as with chats", base=RAW),
    extension("openai.user", b'"u"', _OPENAIS, base=RAW),
    extension("openai.logit_bias", b'{"1":-100}', _OPENAIS, base=RAW),
)
"""Raw ones, and gaps to fill. Others are asked as chats, but of an Ollama server."""

EMBEDDINGS: tuple[Case, ...] = (
    case("dimensions", TEXTS, "longer vectors are cut here, where a server refuses", dimensions=2),
    case(
        "truncate (false)",
        TEXTS,
        "a text that is too long is refused",
        loss="truncate",
        here=True,
        truncate=False,
    ),
    case(
        "options.temperature",
        TEXTS,
        "nothing is sampled, so no sampling option is lost",
        here=True,
        options=Options(temperature=0.5),
    ),
    vendor_option("num_ctx", b"4096", "as with chats", base=TEXTS),
    extension("ollama.keep_alive", b'"5m"', "acted on here", base=TEXTS, here=True),
    extension("openai.user", b'"u"', _OPENAIS, base=TEXTS),
)
