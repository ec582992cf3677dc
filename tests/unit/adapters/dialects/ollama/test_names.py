"""The grammar of model names (docs/wire/ollama-api.md 5.1)."""

import pytest

from adapters.dialects.ollama import names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x", "x:latest"),
        (" x ", "x:latest"),
        ("x:8b", "x:8b"),
        ("Nope:8b", "Nope:8b"),
        ("a/b", "a/b:latest"),
        ("deepseek/deepseek-r1:free", "deepseek/deepseek-r1:free"),
        ("hf.co/a/b:Q4_K_M", "hf.co/a/b:Q4_K_M"),
        ("h.com:5000/a/b:t", "h.com:5000/a/b:t"),
        ("https://h.com/a/b", "h.com/a/b:latest"),
        ("registry.ollama.ai/library/x:latest", "x:latest"),
        ("Registry.Ollama.AI/me/x", "me/x:latest"),
        ("library/x", "x:latest"),
    ],
)
def test_a_valid_name_is_shown_in_its_shortest_form(name, shown):
    assert names.is_valid(name)
    assert names.display(name) == shown


@pytest.mark.parametrize(
    "name",
    [
        *("", "  ", "x:", "/x", "x/", "a//b", ":t", "x y", "-x", "~x", "x@sha256:1", "a/b:c:d"),
        *("a.b/c", "a/b/c/d", "\u00e9", "x" * 81, "x:" + "t" * 81, "/a/b"),
    ],
)
def test_other_names_are_not_valid(name):
    assert not names.is_valid(name)


@pytest.mark.parametrize(
    ("name", "tagged"),
    [("x", "x:latest"), ("x:8b", "x:8b"), ("a/b:free", "a/b:free"), ("h:1/a/b", "h:1/a/b:latest")],
)
def test_a_tag_is_added_only_where_there_is_none(name, tagged):
    assert names.with_tag(name) == tagged


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("plain", "registry.ollama.ai/library/plain:latest"),
        (" plain ", "registry.ollama.ai/library/plain:latest"),
        ("me/ns:tag", "registry.ollama.ai/me/ns:tag"),
        ("hf.co/a/b", "hf.co/a/b:latest"),
        ("~author/x", "~author/x"),
        ("a.b/c", "a.b/c"),
    ],
)
def test_a_name_is_written_out_in_full_unless_it_is_outside_the_grammar(name, full):
    assert names.qualified(name) == full


def test_a_name_outside_the_grammar_is_shown_with_a_tag():
    assert names.display(" a.b/c ") == "a.b/c:latest"


@pytest.mark.parametrize(
    ("name", "base"), [("x:8b", "x"), ("a/b:free", "b"), ("h:1/a/b", "b"), ("x", "x")]
)
def test_the_base_name_has_neither_path_nor_tag(name, base):
    assert names.basename(name) == base
