"""What the README and the other pages say is true: their examples run, their names exist."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from msgspec import Struct

from app import __version__, cli
from app.settings import load
from tests.e2e.server import scrubbed, serve
from tests.unit.adapters.web.test_golden import DIFFERENT, EXCHANGES

TOP = Path(__file__).parents[2]
README = (TOP / "README.md").read_text()
COMPATIBILITY = (TOP / "docs" / "compatibility.md").read_text()
DEPENDENCIES = (TOP / "docs" / "dependencies.md").read_text()
PAGES = (TOP / "README.md", TOP / "CHANGELOG.md", *sorted((TOP / "docs").glob("*.md")))

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")
FILE = re.compile(
    r"(?<![\w./-])(?:adapters|app|docs|domain|ports|requirements|tests)/[\w./-]*\.(?:json|md|py|txt)\b"
)
ADDRESS = "http://127.0.0.1:11434"


class Command(Struct, frozen=True):
    """A line of an example: the variables set for it, its program and the words behind it."""

    variables: dict[str, str]
    program: str
    words: list[str]


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of the README in one language."""
    return [text for kind, text in FENCE.findall(README) if kind == language]


def commands(program: str) -> list[Command]:
    """Return every line of the README's shell examples that runs a program."""
    found = [command(line) for block in blocks("bash") for line in whole_lines(block)]
    return [one for one in found if one.program == program]


def whole_lines(block: str) -> Iterator[str]:
    """Yield the lines of a block; one that ends inside a quoted word goes on."""
    line = ""
    for part in block.splitlines():
        line = f"{line}\n{part}" if line else part
        if line.count("'") % 2 == 0:
            yield line
            line = ""


def command(line: str) -> Command:
    words = shlex.split(line, comments=True)
    variables = {}
    while re.match(r"[A-Z_]+=", words[0]):
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    return Command(variables, Path(words[0]).name, words[1:])


def promised_answer() -> str:
    found = re.search(r"Both answer `([^`]+)`", README)
    assert found
    return found[1]


async def test_the_python_example_prints_what_is_promised() -> None:
    [example] = blocks("python")
    async with serve() as served:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            example,
            env=scrubbed(os.environ) | {"OLLAMA_HOST": served.url},
            stdout=asyncio.subprocess.PIPE,
        )
        printed, _ = await process.communicate()

    assert printed.decode() == promised_answer()


async def test_the_curl_example_gets_what_is_promised() -> None:
    example, _ = commands("curl")
    address, flag, body = example.words
    assert address.startswith(ADDRESS)
    assert flag == "-d"

    async with serve() as served, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(address.replace(ADDRESS, served.url), content=body)

    assert answer.json()["message"] == {"role": "assistant", "content": promised_answer()}


async def test_the_request_that_is_looked_for_in_jaeger_is_answered() -> None:
    _, example = commands("curl")
    address, _, header, _, body = example.words
    name, _, value = header.replace("$LLAMAPORT_API_KEY", "k").partition(": ")

    async with (
        serve(env={"LLAMAPORT_API_KEY": "k"}) as served,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        where = address.replace(ADDRESS, served.url)
        answer = await client.post(where, content=body, headers={name: value})

    assert promised_answer().split()[-1] in answer.text
    assert answer.status_code == 200


def test_the_configuration_example_makes_an_alias_and_a_key(tmp_path: Path) -> None:
    [example] = blocks("toml")
    (tmp_path / "llamaport.toml").write_text(example)

    settings = load({}, {"ADA_KEY": "made-up", "OPENROUTER_API_KEY": "k"}, tmp_path).settings

    assert settings.aliases["llama3.2"].target == "box/qwen3:8b"
    assert [(key.name, key.key.reveal()) for key in settings.keys] == [("ada", "made-up")]
    assert [backend.name for backend in settings.backends] == ["box", "cloud"]


@pytest.mark.parametrize("example", commands("llamaport"), ids=str)
def test_every_llamaport_command_is_one(
    example: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if example.words == ["--version"]:
        with pytest.raises(SystemExit):
            cli.main(example.words)
        assert capsys.readouterr().out == f"llamaport {__version__}\n"
        return

    cli._parser().parse_args(example.words)

    assert load({}, example.variables, tmp_path).settings.backends


def test_the_flags_of_serve_are_all_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["serve", "--help"])

    [line] = [line for line in README.splitlines() if line.startswith("llamaport serve  ")]
    assert flags(line) == flags(capsys.readouterr().out) - {"--help"}


def flags(text: str) -> set[str]:
    return set(re.findall(r"--[a-z-]+", text))


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^(\w[\w-]*):", (TOP / "Makefile").read_text(), re.MULTILINE))

    named = {one.words[0] for one in commands("make")} | set(re.findall(r"`make ([\w-]+)", README))

    assert named
    assert named <= targets


def test_the_wheel_has_the_name_it_is_installed_by() -> None:
    assert re.findall(r"dist/(\S+\.whl)", README) == [f"llamaport-{__version__}-py3-none-any.whl"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()

    missing = [
        *(link for link in LINK.findall(text) if not (page.parent / link).exists()),
        *(name for name in FILE.findall(text) if not (TOP / name).exists()),
    ]

    assert missing == []


def test_every_dependency_has_its_row_and_no_row_is_left_over() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["dependencies"]
    lines = "\n".join(file.read_text() for file in (TOP / "requirements").glob("*.in")).splitlines()
    required = {re.split(r"[^\w.-]", line.strip())[0] for line in (*project, *lines)} - {"", "-c"}
    above, _, _ = DEPENDENCIES.partition("## The HTTP client")

    rows = set(re.findall(r"^\| ([a-z][\w.-]*) \|", above, re.MULTILINE)) - {"dependency"}

    assert rows == required


def test_the_count_of_recorded_exchanges_at_the_door_is_right() -> None:
    found = re.search(r"against (\d+) recorded exchanges, of which (\d+) differ", COMPATIBILITY)

    assert found
    assert (int(found[1]), int(found[2])) == (len(EXCHANGES), len(DIFFERENT))


def test_the_changelog_has_this_version() -> None:
    assert f"\n## [{__version__}]" in (TOP / "CHANGELOG.md").read_text()
