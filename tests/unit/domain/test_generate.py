"""The generate use case, driven through fakes."""

from __future__ import annotations

import pytest
from msgspec import Raw
from msgspec.structs import replace

from adapters.backends.folding import fold
from domain.aliases import Alias
from domain.generate import Generate, as_chat
from domain.routing import Router
from ports.backend import Backend
from ports.caller import ANYONE, Caller
from ports.chat import ChatRequest, Image, JsonFormat, Message, Options, Text
from ports.errors import (
    BackendRejected,
    CapabilityMissing,
    InvalidRequest,
    ModelNotFound,
    NotAllowed,
)
from ports.generate import GenerateRequest
from ports.models import Capability, ModelInfo
from tests.fakes.backend import FakeChat, FakeGenerate, backend
from tests.fakes.catalog import FakeCatalog

HI = GenerateRequest(model="m", prompt="hi")
PICTURE = Image(data=b"\x89PNG", media_type="image/png")


def said(role, text: str, *parts) -> Message:
    return Message(role=role, parts=(Text(text=text), *parts))


def only(
    *,
    chat: FakeChat | None = None,
    generate: FakeGenerate | None = None,
    renders: bool = False,
    **info,
) -> Backend:
    return backend(
        "a",
        chat=chat,
        generate=generate,
        renders_prompts=renders,
        catalog=FakeCatalog(ModelInfo(id="m", **info)),
    )


async def asked_as(subject: Generate, request: GenerateRequest) -> ChatRequest | GenerateRequest:
    return (await subject.admit(request, ANYONE)).request


async def test_a_prompt_is_asked_as_a_chat_by_the_backends_own_id() -> None:
    fake = FakeChat()
    subject = Generate(Router([only(chat=fake, generate=FakeGenerate())]))

    admitted = await subject.admit(replace(HI, model="a/M:latest"), ANYONE)
    response = await subject.answer(admitted)

    assert fake.asked == [ChatRequest(model="m", messages=(said("user", "hi"),))]
    assert admitted.asked == "a/M:latest"
    assert response.text == "Hello world"


async def test_the_backend_is_told_whose_conversation_it_is() -> None:
    admitted = await Generate(Router([only(chat=FakeChat())])).admit(HI, Caller(name="ada"))

    assert isinstance(admitted.request, ChatRequest)
    assert admitted.request.caller == "ada"


async def test_a_backend_that_renders_prompts_gets_them_as_they_are() -> None:
    fake = FakeGenerate()
    subject = Generate(Router([only(chat=FakeChat(), generate=fake, renders=True)]))
    request = replace(HI, template="{{ .Prompt }}", context=(1, 2))

    response = await subject.answer(await subject.admit(request, ANYONE))

    assert fake.asked == [request]
    assert response.text == "Hello world"


@pytest.mark.parametrize("special", [{"raw": True}, {"suffix": "end"}])
async def test_what_is_no_chat_goes_to_the_port_for_prompts(special) -> None:
    subject = Generate(Router([only(chat=FakeChat(), generate=FakeGenerate())]))

    assert await asked_as(subject, replace(HI, **special)) == replace(HI, **special)


@pytest.mark.parametrize(
    ("special", "words"),
    [
        ({"raw": True}, "raw mode is not supported by this backend"),
        ({"suffix": "end"}, "suffix is not supported by this backend"),
    ],
)
async def test_what_is_no_chat_is_refused_where_there_is_no_such_port(special, words) -> None:
    subject = Generate(Router([only(chat=FakeChat())]))

    with pytest.raises(InvalidRequest, match=words):
        await subject.admit(replace(HI, **special), ANYONE)


@pytest.mark.parametrize("more", [{}, {"suffix": "end"}])
async def test_a_template_is_refused_where_nobody_would_apply_it(more) -> None:
    subject = Generate(Router([only(chat=FakeChat(), generate=FakeGenerate())]))

    with pytest.raises(InvalidRequest, match="template is not supported by this backend"):
        await subject.admit(replace(HI, template="Q: {{ .Prompt }} A:", **more), ANYONE)


@pytest.mark.parametrize(
    "request_",
    [
        replace(HI, template="{{ .Prompt }}"),
        replace(HI, template="{{ .System }} {{ .Prompt }}", context=(1, 2)),
        replace(HI, template="Q: {{ .Prompt }}", prompt=""),
    ],
    ids=["prompt", "system and prompt", "only a load"],
)
async def test_a_template_that_changes_nothing_is_no_matter(request_) -> None:
    subject = Generate(Router([only(chat=FakeChat())]))

    asked = await asked_as(subject, request_)

    assert isinstance(asked, ChatRequest)
    assert asked == as_chat(replace(request_, template="", context=()))


async def test_the_context_of_another_answer_is_lost_in_a_chat_and_that_is_told() -> None:
    subject = Generate(Router([only(chat=FakeChat())]))

    assert (await subject.admit(replace(HI, context=(1, 2)), ANYONE)).losses == ("context",)
    assert (await subject.admit(HI, ANYONE)).losses == ()


async def test_the_template_of_an_alias_is_not_the_clients_doing() -> None:
    alias = Alias(name="tuned", target="m", template="T {{ .Prompt }}")
    subject = Generate(Router([only(chat=FakeChat())], [alias]))

    assert await asked_as(subject, replace(HI, model="tuned")) == as_chat(HI)


@pytest.mark.parametrize("special", [{"raw": True}, {"suffix": "end"}])
async def test_without_a_prompt_nothing_is_asked_and_nothing_is_missing(special) -> None:
    subject = Generate(Router([only(chat=FakeChat())]))

    admitted = await subject.admit(GenerateRequest(model="m", **special), ANYONE)

    assert admitted.target.model.id == "m"


@pytest.mark.parametrize("way", ["chat", "generate"])
async def test_a_stream_is_what_the_plain_answer_is_and_is_closed_behind(way) -> None:
    fakes = {"chat": FakeChat(), "generate": FakeGenerate()}
    subject = Generate(Router([only(renders=True, **{way: fakes[way]})]))
    admitted = await subject.admit(HI, ANYONE)

    async with subject.open(admitted) as stream:
        streamed = await fold(stream)

    assert streamed == await subject.answer(admitted)
    assert (fakes["chat"].open, fakes["generate"].chat.open) == (0, 0)


@pytest.mark.parametrize("more", [{"system": "s"}, {"template": "t"}, {"context": (1,)}])
async def test_a_raw_prompt_comes_alone(more) -> None:
    subject = Generate(Router([only(generate=FakeGenerate())]))

    with pytest.raises(InvalidRequest, match="does not support template, system, or context"):
        await subject.admit(replace(HI, raw=True, **more), ANYONE)


COMPLETES = {Capability.COMPLETION}


@pytest.mark.parametrize(
    ("capabilities", "request_", "missing"),
    [
        (COMPLETES, replace(HI, think=True), "thinking"),
        (COMPLETES, replace(HI, think="low", suffix="x"), "thinking"),
        (COMPLETES, replace(HI, think=True, prompt=""), "thinking"),
        (COMPLETES, replace(HI, suffix="x"), "insert"),
        (COMPLETES, replace(HI, suffix="x", prompt=""), "insert"),
        ({Capability.EMBEDDING}, HI, "generate"),
        ({Capability.EMBEDDING}, replace(HI, prompt=""), "generate"),
        ({Capability.EMBEDDING}, replace(HI, suffix="x"), "generate"),
    ],
)
async def test_what_a_model_is_known_not_to_do_is_refused(capabilities, request_, missing) -> None:
    known = only(chat=FakeChat(), generate=FakeGenerate(), capabilities=frozenset(capabilities))

    with pytest.raises(CapabilityMissing) as caught:
        await Generate(Router([known])).admit(request_, ANYONE)

    assert (caught.value.model, caught.value.capability) == ("m", missing)


async def test_raw_with_more_is_refused_before_what_the_model_cannot_do() -> None:
    subject = Generate(Router([only(generate=FakeGenerate(), capabilities=frozenset())]))

    with pytest.raises(InvalidRequest, match="raw mode"):
        await subject.admit(replace(HI, raw=True, system="s", think=True), ANYONE)


async def test_what_nobody_knows_of_a_model_is_left_to_the_upstream() -> None:
    subject = Generate(Router([only(generate=FakeGenerate())]))
    request = replace(HI, think=True, suffix="x")

    assert await asked_as(subject, request) == request


async def test_a_backend_that_takes_neither_cannot_generate() -> None:
    with pytest.raises(CapabilityMissing, match='"m" does not support generate'):
        await Generate(Router([only(generate=FakeGenerate())])).admit(HI, ANYONE)


async def test_a_caller_gets_only_the_models_it_may_use() -> None:
    with pytest.raises(NotAllowed):
        await Generate(Router([only(chat=FakeChat())])).admit(HI, Caller(models=("n",)))


@pytest.mark.parametrize("way", ["plain", "stream"])
async def test_a_model_the_upstream_does_not_know_is_named_as_the_client_named_it(way) -> None:
    fake = FakeGenerate()
    fake.chat.error = BackendRejected("no m", status=404, upstream_code="model_not_found")
    subject = Generate(Router([only(generate=fake)]))
    admitted = await subject.admit(replace(HI, model="a/m", raw=True), ANYONE)

    with pytest.raises(ModelNotFound, match="model 'a/m' not found"):
        if way == "plain":
            await subject.answer(admitted)
        else:
            async with subject.open(admitted):
                pass


ALIAS = Alias(
    name="tuned",
    target="m",
    options=Options(seed=1, top_k=2),
    system="Be brief.",
    template="T {{ .Prompt }}",
    messages=(said("user", "1?"), said("assistant", "1!")),
)


async def test_an_alias_fills_in_what_the_client_left_open() -> None:
    subject = Generate(Router([only(generate=FakeGenerate(), renders=True)], [ALIAS]))
    asked = replace(HI, model="tuned")

    filled = await asked_as(subject, replace(asked, options=Options(seed=9)))
    own = await asked_as(subject, replace(asked, system="Mine", template="M"))

    assert filled == replace(
        HI, options=Options(seed=9, top_k=2), system="Be brief.", template="T {{ .Prompt }}"
    )
    assert own == replace(HI, options=ALIAS.options, system="Mine", template="M")


async def test_a_raw_prompt_takes_only_the_options_of_an_alias() -> None:
    subject = Generate(Router([only(generate=FakeGenerate())], [ALIAS]))

    asked = await asked_as(subject, replace(HI, model="tuned", raw=True))

    assert asked == replace(HI, raw=True, options=ALIAS.options)


async def test_the_conversation_of_an_alias_comes_between_system_and_prompt() -> None:
    subject = Generate(Router([only(chat=FakeChat())], [ALIAS]))

    asked = await asked_as(subject, replace(HI, model="tuned", system="Mine"))

    assert isinstance(asked, ChatRequest)
    assert asked.messages == (said("system", "Mine"), *ALIAS.messages, said("user", "hi"))
    assert asked.options == ALIAS.options


async def test_a_text_to_go_on_with_goes_to_the_port_for_prompts() -> None:
    subject = Generate(Router([only(chat=FakeChat(), generate=FakeGenerate())]))

    assert await asked_as(subject, replace(HI, continues=True)) == replace(HI, continues=True)


async def test_a_text_to_go_on_with_is_asked_as_a_chat_where_there_is_no_such_port() -> None:
    subject = Generate(Router([only(chat=FakeChat())]))

    assert await asked_as(subject, replace(HI, continues=True)) == as_chat(HI)


@pytest.mark.parametrize("words", [{"system": "s"}, {"messages": (said("user", "1?"),)}])
async def test_what_an_alias_says_is_not_lost_beside_a_text_to_go_on_with(words) -> None:
    alias = Alias(name="tuned", target="m", **words)
    subject = Generate(Router([only(chat=FakeChat(), generate=FakeGenerate())], [alias]))

    asked = await asked_as(subject, replace(HI, model="tuned", continues=True))

    assert isinstance(asked, ChatRequest)
    assert len(asked.messages) == 2


def test_everything_that_a_chat_can_say_survives() -> None:
    request = GenerateRequest(
        model="m",
        prompt="what is this",
        system="Be brief.",
        images=(PICTURE,),
        format=JsonFormat(),
        options=Options(seed=1),
        think="high",
        logprobs=True,
        top_logprobs=2,
        extensions={"ollama.keep_alive": Raw(b'"5m"')},
    )

    assert as_chat(request) == ChatRequest(
        model="m",
        messages=(said("system", "Be brief."), said("user", "what is this", PICTURE)),
        format=JsonFormat(),
        options=Options(seed=1),
        think="high",
        logprobs=True,
        top_logprobs=2,
        extensions={"ollama.keep_alive": Raw(b'"5m"')},
    )
