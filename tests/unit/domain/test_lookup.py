"""In which order a name is looked up: each rule of `domain.lookup` before the next."""

from __future__ import annotations

import pytest

from domain.aliases import Alias
from domain.index import Index
from ports.models import ModelInfo
from tests.fakes.backend import backend

Models = tuple[str, ...]


def index(up: Models, other: Models, aliases: dict[str, str], *, complete: bool = True) -> Index:
    first = backend("up", variants=(":nitro",))
    second = backend("other", any_model=True)
    return Index(
        [(first, [ModelInfo(id=it) for it in up]), (second, [ModelInfo(id=it) for it in other])],
        [Alias(name=name, target=target) for name, target in aliases.items()],
        short_names=True,
        complete=complete,
    )


@pytest.mark.parametrize(
    ("asked", "found", "up", "other", "aliases"),
    [
        # Listed: in each spelling aliases, models, `backend/id`.
        ("up/a", "up/b", ("a", "b"), (), {"up/a": "b"}),
        ("up/a", "up/a", ("a",), ("up/a",), {}),
        ("a:latest", "up/a:latest", ("a:latest", "b"), (), {"A": "b"}),
        ("a:latest", "up/b", ("a:latest", "b"), (), {"a": "b"}),
        ("a", "up/a:latest", ("a:latest", "b"), (), {"A": "b"}),
        ("A", "up/b", ("a", "b"), (), {"a:latest": "b"}),
        ("A", "up/A:latest", ("a", "A:latest"), (), {}),
        # Before a variant.
        ("a:nitro", "other/a:nitro", ("a",), ("a:nitro",), {}),
        ("A:NITRO", "other/a:nitro", ("a",), ("a:nitro",), {}),
        # That before a short name.
        ("a:nitro", "up/a:nitro", ("a",), ("z/a:nitro",), {}),
        # A name that begins with a backend's goes to nobody else.
        ("up/new", None, (), (), {}),
        ("other/new", "other/new", (), (), {"new": "up/gone"}),
        ("other/library/a", "other/a", (), ("a",), {}),
        # An alias that leads nowhere is nobody's, and that before a plain spelling.
        ("gone", None, (), (), {"gone": "up/none"}),
        ("library/gone:latest", None, (), (), {"Gone": "up/none"}),
        # A plain spelling before whoever takes it.
        ("library/a:local", "up/a", ("a",), (), {}),
        ("library/new:local", "other/new", ("a",), (), {}),
    ],
)
def test_the_first_rule_that_finds_something_decides(
    asked: str, found: str | None, up: Models, other: Models, aliases: dict[str, str]
) -> None:
    target = index(up, other, aliases).find(asked)

    assert (target and target.qualified) == found


def test_while_a_list_is_missing_nobody_takes_what_may_be_in_it() -> None:
    assert index((), (), {}, complete=False).find("new") is None
    assert index((), (), {}, complete=False).find("other/new") is not None


def test_an_alias_leads_to_no_other_alias() -> None:
    aliases = {"one": "a", "two": "one"}

    assert [it.name for it in index(("a",), (), aliases).targets] == ["one", "two", "a"]
