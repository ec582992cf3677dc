"""`/api/show` (docs/wire/ollama-api.md 3.7), of models here and of an Ollama server's."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Decoder

from adapters.dialects.ollama import names
from adapters.dialects.ollama.library import modelfile
from adapters.dialects.ollama.library.listing import (
    Details,
    Listed,
    capabilities_of,
    details_of,
    modified_at,
)
from adapters.dialects.ollama.relay.exchange import raise_error
from adapters.dialects.ollama.replies import WireCall, encode, encode_calls
from adapters.dialects.relaying.exchange import Conceal
from ports.chat import Audio, Image, Message, Text
from ports.errors import BackendProtocolError
from ports.models import ModelInfo

_COPILOT = "GitHubCopilotChat/"
_PLAIN = "{{ .Prompt }}"
_MEMBERS = Decoder(dict[str, Raw])


class ShowCall(Struct, frozen=True, kw_only=True):
    """A decoded `/api/show`. `system` and `options` are shown in place of the model's own."""

    model: str
    verbose: bool = False
    system: str = ""
    options: Mapping[str, Raw] = {}


class WireShownMessage(Struct, frozen=True, kw_only=True):
    """A message of the model's own conversation."""

    role: str
    content: str
    thinking: str | UnsetType = UNSET
    images: tuple[bytes, ...] | UnsetType = UNSET
    tool_calls: tuple[WireCall, ...] | UnsetType = UNSET
    tool_name: str | UnsetType = UNSET
    tool_call_id: str | UnsetType = UNSET


class WireShown(Struct, frozen=True, kw_only=True):
    """The answer."""

    license: str | UnsetType
    modelfile: str
    parameters: str | UnsetType
    template: str
    system: str | UnsetType
    details: Details
    messages: tuple[WireShownMessage, ...] | UnsetType
    model_info: dict[str, str | int]
    capabilities: tuple[str, ...]
    modified_at: str


class _Told(Struct, frozen=True, kw_only=True):
    """What an Ollama server says and a name of ours adds to."""

    license: str | None = None
    parameters: str | None = None


_TOLD = Decoder(_Told)


def encode_show(listed: Listed, call: ShowCall, *, user_agent: str = "") -> bytes:
    """Encode a model that no Ollama server describes, and what its name brings.

    GitHub Copilot Chat takes the base name for what it shows, so it gets what it asked for.
    """
    info, own, name = listed.info, listed.overrides, names.with_tag(listed.name)
    parameters = modelfile.parameters_of(own.options)
    copilot = user_agent.startswith(_COPILOT)
    shown = WireShown(
        license="\n".join(own.licenses) or UNSET,
        modelfile=_modelfile(listed, call, parameters),
        parameters=modelfile.lines(parameters) or UNSET,
        template=own.template or _PLAIN,
        system=call.system or own.system or UNSET,
        details=details_of(listed),
        messages=tuple(map(_message, own.messages)) or UNSET,
        model_info=_model_info(info, call.model if copilot else names.basename(name)),
        capabilities=capabilities_of(info),
        modified_at=modified_at(listed),
    )
    return encode(shown)


def overlaid(
    told: bytes, listed: Listed, call: ShowCall, *, user_agent: str = "", conceal: Conceal = str
) -> bytes:
    """Return what an Ollama server says of a model, with what our name for it brings.

    Every other member stays as it is. Raises the error that it is instead, or
    `BackendProtocolError` if this is no answer.
    """
    try:
        members = _MEMBERS.decode(told)
        raise_error(members, conceal)
        said = _TOLD.decode(told)
        info = _MEMBERS.decode(members.get("model_info", Raw(b"null"))) if user_agent else {}
    except (ValueError, RecursionError) as error:
        raise BackendProtocolError("invalid response from upstream") from error
    if "model_info" not in members:
        raise BackendProtocolError("invalid response from upstream")
    patches: dict[str, object] = _overrides(listed, call, said)
    if user_agent.startswith(_COPILOT):
        patches["model_info"] = {**info, "general.basename": call.model}
    if not patches:
        return told
    return encode(_in_order({**members, **patches}))


def _overrides(listed: Listed, call: ShowCall, said: _Told) -> dict[str, object]:
    """Return the members that our name changes."""
    own = listed.overrides
    patches: dict[str, object] = {}
    if own.made:
        patches["modified_at"] = modified_at(listed)
    parameters = modelfile.parameters_of(own.options)
    texts = own.system or own.template or own.licenses or own.messages
    if not (texts or parameters):
        return patches
    shadowed = {name for name, _ in parameters}
    base = modelfile.parameters_in(said.parameters or "")
    both = (*(it for it in base if it[0] not in shadowed), *parameters)
    if both:
        patches["parameters"] = modelfile.lines(both)
    if own.system or call.system:
        patches["system"] = call.system or own.system
    if own.template:
        patches["template"] = own.template
    if own.licenses:
        patches["license"] = "\n".join(filter(None, (said.license, *own.licenses)))
    if own.messages:
        patches["messages"] = tuple(map(_message, own.messages))
    patches["modelfile"] = _modelfile(listed, call, parameters)
    return patches


def _modelfile(listed: Listed, call: ShowCall, parameters: tuple[modelfile.Parameter, ...]) -> str:
    own = listed.overrides
    # A made model can be made again from what it stands on, also where it is not.
    origin = own.target if own.made else names.with_tag(listed.name)
    return modelfile.write(
        modelfile.Modelfile(
            origin=origin,
            template=own.template,
            system=call.system or own.system,
            parameters=modelfile.merged(parameters, call.options),
            licenses=own.licenses,
            messages=[(message.role, _text(message)) for message in own.messages],
        )
    )


def _message(message: Message) -> WireShownMessage:
    return WireShownMessage(
        role=message.role,
        content=_text(message),
        thinking=message.thinking or UNSET,
        images=tuple(part.data for part in message.parts if isinstance(part, Image | Audio))
        or UNSET,
        tool_calls=encode_calls(message.tool_calls) or UNSET,
        tool_name=message.tool_name or UNSET,
        tool_call_id=message.tool_call_id or UNSET,
    )


def _text(message: Message) -> str:
    return "".join(part.text for part in message.parts if isinstance(part, Text))


def _model_info(info: ModelInfo, basename: str) -> dict[str, str | int]:
    """Collect the keys that clients read, sorted as Go sorts a map."""
    architecture = info.family or "unknown"
    facts: dict[str, str | int | None] = {
        **info.facts,
        "general.architecture": architecture,
        "general.basename": basename,
        "general.parameter_count": info.parameter_count,
        f"{architecture}.context_length": info.context_length,
        f"{architecture}.embedding_length": info.embedding_length,
    }
    return {key: fact for key, fact in sorted(facts.items()) if fact is not None}


_ORDER = (
    "license",
    "modelfile",
    "parameters",
    "template",
    "system",
    "renderer",
    "parser",
    "details",
    "messages",
)


def _in_order(members: dict[str, object]) -> dict[str, object]:
    """Put the members that may be new where the server would have put them."""
    first = {key: members[key] for key in _ORDER if key in members}
    return {**first, **members}
