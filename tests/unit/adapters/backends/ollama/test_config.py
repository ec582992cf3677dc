"""The settings of an Ollama server."""

from __future__ import annotations

import pytest

from adapters.backends.ollama.config import OllamaConfig, normal_base_url


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("http://127.0.0.1:11434/", "http://127.0.0.1:11434"),
        ("http://Box.local:11434///", "http://box.local:11434"),
        ("http://box/v1", "http://box"),
        ("http://box/v1/", "http://box"),
        ("http://box/api", "http://box"),
        ("https://box/ollama", "https://box/ollama"),
        ("https://box/ollama/api/", "https://box/ollama"),
        ("https://box/Team/v1", "https://box/Team"),
        ("https://box/api/ollama", "https://box/api/ollama"),
        ("http://[::1]:11434/api", "http://[::1]:11434"),
    ],
)
def test_an_address_is_put_right(written: str, used: str) -> None:
    assert normal_base_url(written) == used


@pytest.mark.parametrize(
    "written",
    [
        "",
        "127.0.0.1:11434",
        "ftp://box",
        "http://",
        "http://user:secret@box",
        "http://box?key=secret",
        "http://box#x",
        "http://box:0",
        "http://box:99999",
        "http://a b",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(ValueError, match="URL") as caught:
        normal_base_url(written)

    assert "secret" not in str(caught.value)


def test_without_an_address_it_is_this_machine() -> None:
    assert OllamaConfig(name="box").base_url == "http://127.0.0.1:11434"
