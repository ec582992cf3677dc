"""The wheel: what is in it, and that it serves where nothing else is. And what it is made from."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import httpx
import pytest

from app import __version__
from tests.e2e.server import CHECKOUT, serve

PACKAGES = {"app", "domain", "adapters", "ports"}
METADATA = f"llamaport-{__version__}.dist-info"

# In pieces, or this file would name them itself.
PACKAGE_HOSTS = tuple(
    ".".join(parts)
    for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("yarnpkg", "com"))
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with what the test environment has, without the network."""
    folder = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", folder)
    assert done.returncode == 0, done.stderr
    [built] = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel and what it is locked to into an empty environment; return its programs."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    made = run(sys.executable, "-m", "venv", folder)
    assert made.returncode == 0, made.stderr
    programs = folder / "bin"
    pip_install(programs, "--require-hashes", "-r", str(CHECKOUT / "requirements" / "runtime.txt"))
    pip_install(programs, "--no-deps", "--no-index", str(wheel))
    return programs


def pip_install(programs: Path, *words: str) -> None:
    """Run pip; skip if it cannot reach an index, unless nothing may be skipped."""
    pip = [programs / "python", "-m", "pip", "install", "--quiet", "--retries", "1"]
    done = run(*pip, *words)
    unreachable = "Retrying (" in done.stderr
    if done.returncode and unreachable and os.environ.get("REQUIRE_ALL") != "1":
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, done.stderr


def run(*words: str | Path, cwd: Path = CHECKOUT) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and keep what it says."""
    return subprocess.run(words, cwd=cwd, check=False, capture_output=True, text=True)


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    sources = {
        path.relative_to(CHECKOUT).as_posix()
        for package in PACKAGES
        for path in (CHECKOUT / package).rglob("*.py")
    }
    assert {PurePosixPath(name).parts[0] for name in names} == {*PACKAGES, METADATA}
    assert {name for name in names if not name.startswith(METADATA)} == sources
    assert f"{METADATA}/licenses/LICENSE" in names


def test_the_wheel_says_what_it_needs_and_how_it_is_started(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"{METADATA}/METADATA").decode()
        commands = archive.read(f"{METADATA}/entry_points.txt").decode()

    assert f"\nVersion: {__version__}\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
    assert "\nRequires-Dist: litestar" in metadata
    assert "# llamaport\n" in metadata
    assert commands.split() == ["[console_scripts]", "llamaport", "=", "app.cli:main"]


@pytest.mark.slow
async def test_the_installed_wheel_chats_in_an_empty_environment(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("LLAMAPORT_COMMAND", str(installed / "llamaport"))
    body = {"model": "offline", "messages": [{"role": "user", "content": "Say hello"}]}

    async with serve(deadline=30) as served, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{served.url}/api/chat", json=body | {"stream": False})

    assert answer.status_code == 200
    assert answer.json()["message"]["content"] == "hello"


@pytest.mark.slow
def test_the_installed_packages_are_the_wheels_own_and_fit_together(
    installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)

    found = run(installed / "python", "-c", "import app; print(app.__file__)", cwd=tmp_path)
    checked = run(installed / "python", "-m", "pip", "check", cwd=tmp_path)

    assert found.stdout.startswith(str(installed.parent))
    assert checked.returncode == 0, checked.stdout


def test_no_file_names_a_package_host() -> None:
    naming = [
        f"{path}: {host}"
        for path, text in committed_texts()
        for host in PACKAGE_HOSTS
        if host in text
    ]

    assert naming == []


def committed_texts() -> Iterator[tuple[str, str]]:
    """Yield every text file that is committed, or would be."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    assert listed.returncode == 0, listed.stderr
    for name in filter(None, listed.stdout.split("\0")):
        path = CHECKOUT / name
        if path.is_file():
            yield name, path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize(
    "name", sorted(file.stem for file in (CHECKOUT / "requirements").glob("*.txt"))
)
def test_locked_requirements_have_hashes_and_no_addresses(name: str) -> None:
    text = (CHECKOUT / "requirements" / f"{name}.txt").read_text()

    entries = re.split(r"\n(?=\S)", text.strip())
    pin = re.compile(
        r"[a-z0-9][\w.-]*==[^\n]+\n(?: +--hash=sha256:[0-9a-f]{64}[^\n]*\n?)+(?: +#[^\n]*\n?)*"
    )
    assert entries
    assert [entry for entry in entries if not pin.fullmatch(entry)] == []
    assert "://" not in text


def test_locked_npm_packages_have_hashes_and_no_addresses() -> None:
    lock = json.loads((CHECKOUT / "tests" / "e2e" / "js" / "package-lock.json").read_text())

    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages.values())


def test_the_hooks_before_a_commit_are_the_linters_of_make() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    recipe = re.search(r"^lint:.*\n((?:\t.+\n)+)", makefile, re.MULTILINE)
    hooks = (CHECKOUT / ".pre-commit-config.yaml").read_text()
    assert recipe

    linting = [shlex.split(line) for line in recipe[1].splitlines()]
    hooked = [shlex.split(entry) for entry in re.findall(r"entry: (.+)", hooks)]

    # pre-commit names the files itself, and leaves out what is excluded only if told to.
    assert [[word for word in words if word != "."] for words in linting] == [
        [word for word in words if word != "--force-exclude"] for words in hooked
    ]
    assert len(hooked) == 4


def test_what_make_run_loads_beforehand_to_have_it_compiled_is_all_that_serves() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    loading = re.search(r"-c '(import app\..+)'", makefile)
    assert loading

    done = run(sys.executable, "-c", f"{loading[1]}; import sys; print(*sys.modules)")

    assert {"aiohttp", "dishka", "litestar", "loguru", "uvicorn"} <= {*done.stdout.split()}
