"""`[aliases]`: short and long forms, and Ollama's options."""

from __future__ import annotations

import pytest
from msgspec import Raw

from domain.aliases import Alias
from ports.chat import Options
from tests.unit.app.settings.folder import Folder


@pytest.mark.parametrize("form", ['"b/m"', '["b/m"]', '{ targets = ["b/m"] }'])
def test_all_forms_of_one_target_are_the_same(folder: Folder, form: str) -> None:
    aliases = folder.settings(f'[aliases]\n"llama3.2" = {form}\n').aliases

    assert aliases == {"llama3.2": Alias(name="llama3.2", target="b/m")}


def test_options_go_by_ollamas_names(folder: Folder) -> None:
    alias = folder.settings(
        '[aliases.brief]\ntargets = ["m"]\nsystem = "Be brief."\n[aliases.brief.options]\n'
        'temperature = 1\ntop_k = 40\nrepeat_penalty = 1.1\nnum_predict = 99\nstop = ["."]\n'
        "seed = 7\nnum_ctx = 4096\n"
    ).aliases["brief"]

    assert alias == Alias(
        name="brief",
        target="m",
        system="Be brief.",
        options=Options(
            temperature=1.0,
            top_k=40,
            repeat_penalty=1.1,
            max_tokens=99,
            stop=(".",),
            seed=7,
            extensions={"num_ctx": Raw(b"4096")},
        ),
    )


def test_numbers_that_ask_for_nothing_are_kept_to_take_the_models_own_back(folder: Folder) -> None:
    options = (
        folder.settings(
            '[aliases]\na = { targets = ["m"], options = { num_predict = -1, seed = -1 } }\n'
        )
        .aliases["a"]
        .options
    )

    assert (options.max_tokens, options.seed) == (-1, -1)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('"" = "m"', 'aliases."": found an empty name'),
        ('a = ""', "aliases.a: found an empty model id"),
        ("a = []", "aliases.a: found an empty list, allowed one target"),
        ("a = [1]", "aliases.a: found [1], allowed a list of model ids"),
        ("a = 5", "aliases.a: found 5, allowed a target, a list of targets, or a table"),
        ('"a.b" = { }', 'aliases."a.b".targets: is missing'),
        ('a = { targets = "m" }', 'aliases.a.targets: found "m", allowed a list of model ids'),
        ("a = { targets = [] }", "aliases.a.targets: found an empty list, allowed one target"),
        ('a = { target = ["m"], targets = ["m"] }', 'unknown key; did you mean "targets"?'),
        (
            'a = { targets = ["m"], options = { temprature = 1 } }',
            'aliases.a.options.temprature: unknown option; did you mean "temperature"?',
        ),
        (
            'a = { targets = ["m"], options = { temperature = "hot" } }',
            'found "hot"; option "temperature" must be of type float32',
        ),
        (
            'a = { targets = ["m"], options = { stop = "." } }',
            'found "."; option "stop" must be of type array',
        ),
        (
            'a = { targets = ["m"], options = { top_p = nan } }',
            "found nan, allowed a number with an end",
        ),
    ],
)
def test_an_alias_that_makes_no_sense_is_refused(folder: Folder, line: str, problem: str) -> None:
    (found,) = folder.problems(f"[aliases]\n{line}\n")

    assert found.startswith("llamaport.toml:2: ")
    assert problem in found
