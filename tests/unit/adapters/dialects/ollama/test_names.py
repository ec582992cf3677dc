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


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("library/x", "x:latest"),
        ("registry.ollama.ai/library/x:8b", "x:8b"),
        ("https://Registry.Ollama.AI/Library/x", "x:latest"),
        ("registry.ollama.ai/me/x", "me/x:latest"),
        ("x:local", "x:latest"),
        (" x:8b:LOCAL ", "x:8b"),
        ("library/x:local", "x:latest"),
    ],
)
def test_a_name_is_shortened_by_what_may_be_left_out(name, short):
    assert names.shortened(name) == short


@pytest.mark.parametrize(
    "name", ["x", " x ", "x:latest", "X:8b", "me/x:t", "h.com/library/x", "a.b/c", "a/b/c/d", ""]
)
def test_a_name_that_is_short_is_not_shortened(name):
    assert names.shortened(name) is None


@pytest.mark.parametrize("name", ["x:cloud", " x:CLOUD ", "a/x:8b-cloud", "x:-cloud"])
def test_a_name_leads_to_the_cloud_by_its_tag(name):
    assert names.is_cloud(name)


@pytest.mark.parametrize("name", ["x", "x-cloud", "cloud", "x:cloudy", "x:local", ""])
def test_another_name_does_not(name):
    assert not names.is_cloud(name)


@pytest.mark.parametrize("name", ["x:local:cloud", "x:cloud:local", "x:8b-cloud:local"])
def test_a_name_is_not_of_here_and_of_the_cloud(name):
    assert names.is_local_and_cloud(name)


@pytest.mark.parametrize("name", ["x", "x:local", "x:cloud", "x:local:local", "x-cloud:local"])
def test_a_name_is_of_one_of_them(name):
    assert not names.is_local_and_cloud(name)
