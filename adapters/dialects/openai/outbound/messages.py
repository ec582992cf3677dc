"""Neutral messages as OpenAI's (docs/wire/dialects.md 1.2, 1.11, 2.2 and 2.6)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from itertools import takewhile
from typing import assert_never

from msgspec import UNSET, Raw
from msgspec.structs import replace

from adapters.dialects.history.tool_pairing import pair
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.reasoning_details import REASONING_DETAILS, signed
from adapters.dialects.openai.outbound.replay import Replay, Replays
from adapters.dialects.openai.outbound.schema import (
    AudioPart,
    CalledFunction,
    ContentPart,
    FilePart,
    ImagePart,
    InputAudio,
    InputFile,
    SentCall,
    SentImageUrl,
    SentMessage,
    TextPart,
)
from ports.chat import Audio, Document, ForeignPart, Image, ImageUrl, Message, Part, Text
from ports.errors import InvalidRequest


def encode_messages(
    messages: Sequence[Message], profile: Profile, replays: Replays | None = None
) -> list[SentMessage]:
    """Return the messages as they are sent: system first and once, every call with its result.

    What came with earlier calls goes back with them as it came. Parts of OpenAI's dialect that
    are unknown here are the server's to judge. Raises `InvalidRequest` for those of another,
    and for files where the server takes none: it might pass them over in silence.
    """
    paired = pair(messages, short_ids=profile.short_ids)
    return [_encode(message, profile, replays) for message in _with_one_system(paired)]


def _with_one_system(messages: Sequence[Message]) -> Sequence[Message]:
    # Many chat templates allow only one system message, at the start.
    leading = list(takewhile(lambda message: message.role == "system", messages))
    if len(leading) < 2:  # noqa: PLR2004 - two are needed to merge
        return messages
    texts = [part.text for message in leading for part in message.parts if isinstance(part, Text)]
    others = [part for message in leading for part in message.parts if not isinstance(part, Text)]
    merged = replace(leading[0], parts=(Text(text="\n\n".join(filter(None, texts))), *others))
    return [merged, *messages[len(leading) :]]


def _encode(message: Message, profile: Profile, replays: Replays | None) -> SentMessage:
    sent = SentMessage(role=message.role, content=_content(message.parts, profile))
    if message.author and profile.authors:
        sent.name = message.author
    if message.role == "assistant":
        _add_turn(sent, message, profile)
        # Pairing keeps all messages with calls, and in their order.
        if replays is not None and message.tool_calls and (replay := next(replays, None)):
            _add_replay(sent, replay, own=REASONING_DETAILS in message.extensions)
    elif message.role == "tool":
        sent.tool_call_id = message.tool_call_id
        sent.name = message.tool_name or UNSET
    return sent


def _add_turn(sent: SentMessage, message: Message, profile: Profile) -> None:
    if message.tool_calls:
        sent.tool_calls = [
            SentCall(id=call.id, function=CalledFunction(name=call.name, arguments=call.arguments))
            for call in message.tool_calls
        ]
        if profile.null_content and sent.content == "":
            sent.content = None
    details = _details(message) if profile.reasoning_details else None
    if details is not None:
        sent.reasoning_details = details
    elif message.thinking and profile.reasoning_field:
        setattr(sent, profile.reasoning_field, message.thinking)


def _details(message: Message) -> Raw | None:
    """Return what the server wants back, as the client kept it or as far as it can be made."""
    kept = message.extensions.get(REASONING_DETAILS)
    if kept is None and message.thinking_signature:
        return signed(message.thinking, message.thinking_signature)
    return kept


def _add_replay(sent: SentMessage, replay: Replay, *, own: bool) -> None:
    """Add what is remembered; the client's `own` details are as good and stay."""
    if replay.reasoning_details is not None and not own:
        # They hold the same words once more.
        sent.reasoning = sent.reasoning_content = UNSET
        sent.reasoning_details = replay.reasoning_details
    for call, extra in zip(sent.tool_calls or (), replay.extra_content, strict=False):
        call.extra_content = UNSET if extra is None else extra


def _content(parts: Sequence[Part], profile: Profile) -> str | list[ContentPart]:
    if not parts:
        return ""
    first = parts[0]
    if len(parts) == 1 and isinstance(first, Text):
        return first.text
    if all(isinstance(part, Text) for part in parts):
        return "\n".join(part.text for part in parts if isinstance(part, Text))
    return [_part(part, profile) for part in parts if not isinstance(part, Text) or part.text]


def _part(part: Part, profile: Profile) -> ContentPart:
    match part:
        case Text():
            return TextPart(text=part.text)
        case Image():
            return _image(_data_url(part.data, part.media_type), part.detail)
        case ImageUrl():
            return _image(part.url, part.detail)
        case Audio():
            data = b64encode(part.data).decode()
            return AudioPart(input_audio=InputAudio(data=data, format=part.format))
        case Document():
            if not profile.files:
                raise InvalidRequest("file inputs are not supported by this model's backend")
            data = _data_url(part.data, part.media_type)
            return FilePart(file=InputFile(file_data=data, filename=part.name or "file"))
        case ForeignPart():
            dialect, _, kind = part.kind.partition(".")
            if dialect != "openai":
                raise InvalidRequest(f"{kind} inputs are not supported by this model's backend")
            return part.raw
        case _:
            assert_never(part)


def _image(url: str, detail: str) -> ImagePart:
    return ImagePart(image_url=SentImageUrl(url=url, detail=detail or UNSET))


def _data_url(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{b64encode(data).decode()}"
