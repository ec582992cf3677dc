"""The list of models as Anthropic's clients read it (docs/wire/dialects.md 7.10)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from adapters.dialects.anthropic.inbound.replies import encode
from adapters.dialects.wire.timestamps import known_time

_SECOND = 1_000_000_000
_DIGITS = 10
"""A number of so many digits is no limit of a list, and Python reads thousands of them in vain."""


class Listed(Struct, frozen=True, kw_only=True):
    """A model under the name that is shown, made at that Unix second; 0 if nobody knows."""

    name: str
    created: int


class Page(Struct, frozen=True, kw_only=True):
    """Which part of a list is asked for: so many, behind one model or in front of one."""

    limit: int | None = None
    after: str = ""
    before: str = ""


class WireModel(Struct, tag_field="type", tag="model", gc=False):
    """A model."""

    id: str
    display_name: str
    created_at: str


class WireModelList(Struct, gc=False):
    """A part of the list, and whether there is more of it."""

    data: list[WireModel]
    has_more: bool
    first_id: str | None
    last_id: str | None


def decode_page(limit: str = "", after: str = "", before: str = "") -> Page:
    """Read the parameters of a query. A limit that is no number above 0 is none."""
    is_number = limit.isascii() and limit.isdigit() and len(limit) < _DIGITS
    number = int(limit) if is_number else 0
    return Page(limit=number or None, after=after, before=before)


def encode_models(models: Sequence[Listed], page: Page) -> bytes:
    """Encode a part of a list, in the order given. Without a limit it is all of it."""
    rest = _rest(models, page)
    cut = len(rest) if page.limit is None else page.limit
    shown = rest[-cut:] if page.before and cut else rest[:cut]
    return encode(
        WireModelList(
            data=[_model(model) for model in shown],
            has_more=len(shown) < len(rest),
            first_id=shown[0].name if shown else None,
            last_id=shown[-1].name if shown else None,
        )
    )


def encode_model(model: Listed) -> bytes:
    """Encode one model."""
    return encode(_model(model))


def _rest(models: Sequence[Listed], page: Page) -> Sequence[Listed]:
    """Return what lies behind or in front of the model that a page begins or ends at."""
    names = [model.name for model in models]
    if page.after in names:
        return models[names.index(page.after) + 1 :]
    if page.before in names:
        return models[: names.index(page.before)]
    return models


def _model(listed: Listed) -> WireModel:
    return WireModel(listed.name, listed.name, known_time(listed.created * _SECOND))
