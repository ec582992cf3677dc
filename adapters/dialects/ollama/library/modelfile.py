"""The Modelfile and the parameter lines that `/api/show` writes (docs/wire/ollama-api.md 3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Raw, Struct, UnsetType
from msgspec.json import Decoder

from adapters.dialects.requests.options import NAMES
from ports.chat import Options

Parameter = tuple[str, str]
"""A name and the JSON of one value. A list, such as `stop`, is as many of one name."""

_ITEMS = Decoder(list[Raw])
_STRING = Decoder(str)


def parameters_of(options: Options) -> tuple[Parameter, ...]:
    """List the options that are set, by Ollama's names."""
    values = ((wire, getattr(options, neutral)) for neutral, wire in NAMES.items())
    given = {name: Raw(_json(value)) for name, value in values if not isinstance(value, UnsetType)}
    return tuple(_spread({**given, **options.extensions}))


def merged(parameters: Sequence[Parameter], overrides: Mapping[str, Raw]) -> tuple[Parameter, ...]:
    """Put the options of a request in place of the model's own, and the others behind them."""
    own: dict[str, list[Parameter]] = {}
    for parameter in parameters:
        own.setdefault(parameter[0], []).append(parameter)
    asked = {name: list(_spread({name: raw})) for name, raw in overrides.items()}
    both = {**own, **{name: values for name, values in asked.items() if values}}
    return tuple(parameter for values in both.values() for parameter in values)


def lines(parameters: Iterable[Parameter]) -> str:
    """Write one parameter a line, in two columns, texts in quotes."""
    return "\n".join(f"{name:<30} {value}" for name, value in parameters)


def parameters_in(text: str) -> tuple[Parameter, ...]:
    """Read lines that an Ollama server wrote as `lines` does."""
    rows = (line.partition(" ") for line in text.splitlines())
    return tuple((name, value.lstrip()) for name, _, value in rows if name)


class Modelfile(Struct, frozen=True, kw_only=True):
    """What `ollama create` makes a model of. A message is a role and a text."""

    origin: str
    template: str = ""
    system: str = ""
    parameters: Sequence[Parameter] = ()
    licenses: Sequence[str] = ()
    messages: Sequence[tuple[str, str]] = ()


def write(file: Modelfile) -> str:
    """Write a Modelfile, in Ollama's order."""
    rows = [f"FROM {file.origin}"]
    if file.template:
        rows.append(f"TEMPLATE {_quoted(file.template)}")
    if file.system:
        rows.append(f"SYSTEM {_quoted(file.system)}")
    rows.extend(f"PARAMETER {key} {_plain(value)}" for key, value in file.parameters)
    rows.extend(f"LICENSE {_quoted(text)}" for text in file.licenses)
    rows.extend(f"MESSAGE {role} {_quoted(text)}" for role, text in file.messages)
    return "\n".join(rows) + "\n"


def _spread(options: Mapping[str, Raw]) -> Iterator[Parameter]:
    """Take lists apart and leave nulls out."""
    for name, raw in options.items():
        items = _ITEMS.decode(raw) if bytes(raw).startswith(b"[") else [raw]
        yield from ((name, bytes(item).decode()) for item in items if bytes(item) != b"null")


def _json(value: object) -> bytes:
    """Encode a value; a whole float loses its `.0`, as Go prints it. Nothing else ends so."""
    return msgspec.json.encode(value).removesuffix(b".0")


def _plain(value: str) -> str:
    return _quoted(_STRING.decode(value)) if value.startswith('"') else value


def _quoted(text: str) -> str:
    """Quote as Ollama does: only what would not survive as it is."""
    if "\n" not in text and text == text.strip(" "):
        return text
    return f'"""{text}"""' if '"' in text else f'"{text}"'
