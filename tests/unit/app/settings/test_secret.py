"""Secrets are never shown."""

from __future__ import annotations

import pickle

import msgspec
import pytest

from adapters.backends.secret import Secret, masked
from app.settings import describe
from tests.unit.app.settings.folder import Folder

SECRETS = """\
[[backends]]
name = "up"
kind = "openai-compatible"
api_key = "sk-secret"
headers = { Authorization = "Bearer sk-secret" }
proxy = "http://user:sk-secret@proxy"
[[keys]]
name = "a"
key = "sk-secret"
"""


def test_it_reveals_its_text_only_when_asked() -> None:
    secret = Secret("sk-secret")

    assert secret.reveal() == "sk-secret"
    assert (str(secret), repr(secret), f"{secret}") == ("***", "Secret('***')", "***")


def test_it_compares_by_text_and_is_false_if_empty() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert (bool(Secret("a")), bool(Secret(""))) == (True, False)


def test_msgspec_refuses_to_encode_it_or_masks_it() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode(Secret("sk-secret"))
    assert msgspec.json.encode([Secret("sk-secret")], enc_hook=masked) == b'["***"]'
    with pytest.raises(NotImplementedError):
        masked(object())


def test_settings_show_none_of_theirs(folder: Folder) -> None:
    loaded = folder.loaded(SECRETS)

    shown = [
        repr(loaded),
        str(describe(loaded)),
        msgspec.json.encode(loaded, enc_hook=masked).decode(),
    ]

    assert all("sk-secret" not in text for text in shown)
    assert all("***" in text for text in shown)


def test_settings_survive_the_way_into_another_process(folder: Folder) -> None:
    settings = folder.settings(SECRETS)

    assert pickle.loads(pickle.dumps(settings)) == settings
