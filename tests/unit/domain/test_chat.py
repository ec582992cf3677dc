"""The chat use case, driven through fakes."""

from __future__ import annotations

import pytest
from msgspec import UNSET, Raw
from msgspec.structs import replace

from adapters.backends.folding import fold
from domain.aliases import Alias
from domain.chat import Chat
from domain.models import ListModels, ShowModel
from domain.routing import Router
from ports.backend import Backend
from ports.caller import ANYONE, Caller
from ports.chat import ChatRequest, Message, NamedTool, Options, Text, Tool
from ports.errors import (
    BackendProtocolError,
    BackendRejected,
    CapabilityMissing,
    InvalidRequest,
    ModelNotFound,
    NotAllowed,
)
from ports.models import Capability, ModelInfo
from tests.fakes.backend import FakeChat, backend
from tests.fakes.catalog import FakeCatalog


def user(text: str) -> Message:
    return Message(role="user", parts=(Text(text=text),))


HI = ChatRequest(model="m", messages=(user("hi"),))
TOOL = Tool(name="f")


def only(chat: FakeChat | None = None, **info) -> Backend:
    return backend("a", chat=chat or FakeChat(), catalog=FakeCatalog(ModelInfo(id="m", **info)))


async def test_the_backend_gets_its_own_id_and_the_answer_is_what_it_said() -> None:
    fake = FakeChat()
    subject = Chat(Router([only(fake)]))

    admitted = await subject.admit(replace(HI, model="a/M:latest"), ANYONE)
    response = await subject.answer(admitted)

    assert fake.asked[0].model == "m"
    assert admitted.asked == "a/M:latest"
    assert response.text == "Hello world"


async def test_the_backend_is_told_whose_conversation_it_is() -> None:
    subject = Chat(Router([only()], [Alias(name="team", target="a/m", system="s")]))

    for name in ("m", "team"):
        admitted = await subject.admit(replace(HI, model=name), Caller(name="ada"))
        assert admitted.request.caller == "ada"
    assert (await subject.admit(HI, ANYONE)).request.caller == ""


async def test_a_stream_is_what_the_plain_answer_is_and_is_closed_behind() -> None:
    fake = FakeChat()
    subject = Chat(Router([only(fake)]))
    admitted = await subject.admit(HI, ANYONE)

    async with subject.open(admitted) as stream:
        streamed = await fold(stream)

    assert streamed == await subject.answer(admitted)
    assert fake.open == 0


@pytest.mark.parametrize(
    ("capabilities", "request_", "missing"),
    [
        ({Capability.COMPLETION}, replace(HI, think=True), "thinking"),
        ({Capability.COMPLETION}, replace(HI, think="high"), "thinking"),
        ({Capability.COMPLETION}, replace(HI, think=True, tools=(TOOL,)), "thinking"),
        ({Capability.COMPLETION}, replace(HI, tools=(TOOL,)), "tools"),
        ({Capability.EMBEDDING}, HI, "chat"),
        ({Capability.EMBEDDING}, replace(HI, tools=(TOOL,)), "chat"),
    ],
)
async def test_what_a_model_is_known_not_to_do_is_refused(capabilities, request_, missing) -> None:
    subject = Chat(Router([only(capabilities=frozenset(capabilities))]))

    with pytest.raises(CapabilityMissing) as caught:
        await subject.admit(request_, ANYONE)

    assert (caught.value.model, caught.value.capability) == ("m", missing)


@pytest.mark.parametrize("request_", [replace(HI, think=True, tools=(TOOL,)), HI])
async def test_what_nobody_knows_of_a_model_is_left_to_the_upstream(request_) -> None:
    admitted = await Chat(Router([only()])).admit(request_, ANYONE)

    assert admitted.request == request_


async def test_thinking_off_is_no_demand() -> None:
    subject = Chat(Router([only(capabilities=frozenset({Capability.COMPLETION}))]))

    assert (await subject.admit(replace(HI, think=False), ANYONE)).request.think is False


@pytest.mark.parametrize("think", [True, "high"])
async def test_a_wish_to_think_is_left_out_where_a_model_cannot_and_that_is_told(think) -> None:
    wish = replace(HI, think=think, thinking_budget=2000, think_if_able=True)
    subject = Chat(Router([only(capabilities=frozenset({Capability.COMPLETION}))]))

    admitted = await subject.admit(wish, ANYONE)

    assert (admitted.request.think, admitted.request.thinking_budget) == (UNSET, UNSET)
    assert admitted.losses == ("think",)


@pytest.mark.parametrize("capabilities", [None, frozenset({"completion", "thinking"})])
async def test_a_wish_to_think_reaches_a_model_that_can_or_that_nobody_knows(capabilities) -> None:
    wish = replace(HI, think="high", thinking_budget=2000, think_if_able=True)

    admitted = await Chat(Router([only(capabilities=capabilities)])).admit(wish, ANYONE)

    assert (admitted.request.think, admitted.request.thinking_budget) == ("high", 2000)
    assert admitted.losses == ()


@pytest.mark.parametrize(
    ("choice", "tools", "said"),
    [
        ("required", (), "there are no tools"),
        (NamedTool(name="f"), (), "the tool 'f'"),
        (NamedTool(name="g"), (TOOL,), "the tool 'g'"),
    ],
)
async def test_a_call_that_cannot_be_made_is_not_demanded(choice, tools, said) -> None:
    with pytest.raises(InvalidRequest, match=said):
        await Chat(Router([only()])).admit(replace(HI, tool_choice=choice, tools=tools), ANYONE)


@pytest.mark.parametrize("choice", ["none", "auto", "required", NamedTool(name="f")])
async def test_any_other_choice_of_tools_is_the_backends_business(choice) -> None:
    asked = replace(HI, tools=(TOOL,), tool_choice=choice)

    assert (await Chat(Router([only()])).admit(asked, ANYONE)).request.tool_choice == choice


async def test_a_backend_without_chat_cannot_chat() -> None:
    with pytest.raises(CapabilityMissing):
        await Chat(Router([backend("a", "m", chat=None)])).admit(HI, ANYONE)


async def test_an_alias_fills_in_what_the_client_left_open() -> None:
    alias = Alias(
        name="team",
        target="a/m",
        options=Options(temperature=0.2, seed=1, extensions={"num_ctx": Raw(b"4096")}),
        system="Be brief.",
    )
    request = replace(HI, model="team", options=Options(seed=0, extensions={"num_gpu": Raw(b"1")}))

    admitted = await Chat(Router([only()], [alias])).admit(request, ANYONE)

    options = admitted.request.options
    assert (options.temperature, options.seed, options.top_k) == (0.2, 0, UNSET)
    assert set(options.extensions) == {"num_ctx", "num_gpu"}
    assert admitted.request.messages == (
        Message(role="system", parts=(Text(text="Be brief."),)),
        user("hi"),
    )


async def test_an_aliass_conversation_comes_first_and_its_system_text_before_that() -> None:
    alias = Alias(name="team", target="a/m", system="Be brief.", messages=(user("one"),))
    subject = Chat(Router([only()], [alias]))
    system = Message(role="system", parts=(Text(text="Be long."),))

    plain = await subject.admit(replace(HI, model="team"), ANYONE)
    own = await subject.admit(ChatRequest(model="team", messages=(system, user("hi"))), ANYONE)

    assert [message.role for message in plain.request.messages] == ["system", "user", "user"]
    assert own.request.messages == (user("one"), system, user("hi"))


async def test_a_clients_own_system_message_stands_instead_of_the_aliass() -> None:
    own = Message(role="system", parts=(Text(text="Be long."),))
    alias = Alias(name="team", target="a/m", system="Be brief.")

    admitted = await Chat(Router([only()], [alias])).admit(
        replace(HI, model="team", messages=(own, user("hi"))), ANYONE
    )

    assert admitted.request.messages == (own, user("hi"))


async def test_a_key_with_a_list_uses_nothing_else() -> None:
    subject = Router(
        [backend("a", "m", "n"), backend("b", "o")], [Alias(name="fast", target="b/o")]
    )
    caller = Caller(name="ada", models=("fast", "a/n"))

    listed = [target.name for target in await ListModels(subject).list(caller)]

    assert listed == ["fast", "n"]
    assert (await ShowModel(subject).show("N", caller)).qualified == "a/n"
    for name in ("m", "o", "b/o"):
        with pytest.raises(NotAllowed):
            await Chat(subject).admit(replace(HI, model=name), caller)
        with pytest.raises(NotAllowed):
            await ShowModel(subject).show(name, caller)


@pytest.mark.parametrize("way", ["plain", "stream"])
async def test_a_model_the_upstream_does_not_know_is_named_as_the_client_named_it(way) -> None:
    fake = FakeChat()
    fake.error = BackendRejected("no m", status=404, upstream_code="model_not_found")
    subject = Chat(Router([only(fake)]))
    admitted = await subject.admit(replace(HI, model="a/m"), ANYONE)

    with pytest.raises(ModelNotFound, match="model 'a/m' not found"):
        if way == "plain":
            await subject.answer(admitted)
        else:
            async with subject.open(admitted):
                pass


async def test_a_stream_without_an_end_does_not_fold() -> None:
    subject = Chat(Router([only(FakeChat(FakeChat().batches[:2]))]))

    with pytest.raises(BackendProtocolError):
        await subject.answer(await subject.admit(HI, ANYONE))
