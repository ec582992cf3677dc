"""What a model is made of (docs/wire/ollama-api.md 2.8)."""

from __future__ import annotations

import re

from msgspec import Struct

from domain.aliases import merged
from domain.names import canonical
from domain.target import Target
from ports.backend import Backend
from ports.chat import Message, Options
from ports.errors import InvalidRequest
from ports.library import MadeModel

PLAIN = "{{ .Prompt }}"
"""The template that adds nothing."""

_ACTION = re.compile(r"\{\{-?\s*\.(?P<name>System|Prompt)\s*-?\}\}")


class Recipe(Struct, frozen=True, kw_only=True):
    """What a client wants made: `name` from `source`, with what is not empty in its place."""

    name: str
    source: str = ""
    options: Options = Options()
    system: str = ""
    template: str = ""
    licenses: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    uploads: bool = False
    """Whether it is made of uploaded files."""
    rebuilds: bool = False
    """Whether it asks for something else that only the holder of the weights can do."""


def make(recipe: Recipe, base: Target, now_ns: int) -> MadeModel:
    """Make a model over what the base stands for; what the base brings itself is kept.

    What the recipe says replaces it, but parameters are completed and licences added to.
    Raises `InvalidRequest` for a template that nobody would apply.
    """
    over = base.alias
    template = recipe.template or (over.template if over else "")
    require_template(template, base.backend)
    licenses = (*(over.licenses if over else ()), *recipe.licenses)
    return MadeModel(
        name=canonical(recipe.name.strip()),
        target=base.qualified,
        options=merged(over.options, recipe.options) if over else recipe.options,
        system=recipe.system or (over.system if over else ""),
        template="" if template.strip() == PLAIN else template,
        licenses=tuple(dict.fromkeys(licenses)),
        messages=recipe.messages or (over.messages if over else ()),
        modified_ns=now_ns,
    )


def require_template(template: str, backend: Backend) -> None:
    """Raise `InvalidRequest` for a template that the upstream of a model would not apply.

    Whoever is sent messages puts them into a template of its own: there only one that adds
    nothing to them means what it says.
    """
    if not template or backend.renders_prompts or passes_through(template):
        return
    raise InvalidRequest(
        f"TEMPLATE is not supported over backend '{backend.name}', which applies the model's own; "
        f"leave it out or use {PLAIN}"
    )


def passes_through(template: str) -> bool:
    """Tell whether a template is nothing but the prompt, perhaps behind the system text."""
    names = [action["name"] for action in _ACTION.finditer(template)]
    return names in (["Prompt"], ["System", "Prompt"]) and not _ACTION.sub("", template).strip()
