"""docs/clients.md: which client makes which call on which kind of upstream, from a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from tests.e2e.clients import calls, test_cli, test_editor, test_sdk_requests
from tests.e2e.clients.gateways import ANOTHER, KINDS, Kind
from tests.e2e.clients.ledger import Cell, Ledger
from tests.e2e.clients.running import CLIENTS
from tests.e2e.server import CHECKOUT

FILE = CHECKOUT / "docs" / "clients.md"
HEAD = """\
# Clients

What was run: real clients, in processes of their own, over sockets, against the served process on
each kind of upstream. `make clients-doc` generates the table from that run; a test compares them.

*Three rounds of two tools* is a conversation in which the model calls two tools at once, three
times, and checks that each result belongs to its call. The requests of the `ollama` command and of
the SDKs were recorded against Ollama's own server and are sent again in their order: each answer
must have the recorded status and shape, but for the differences that the tests list with reasons.

Where an upstream is relayed to in the client's own dialect, each call was made twice: by the
model's name, so that its bytes went through, and by an alias with options, so that they were
decoded. Clients of Responses and of Anthropic's messages were also run before another llamaport, to
which their bytes went through (`native`). What makes an upstream fail was asked of upstreams; a key
is wanted before any of them is asked, so that was run once.

What had to be said to a client, besides address, key and model:

"""
TOLD = (
    ("ai, @ai-sdk/openai Responses", "`store: false`", "or it sends references to what is stored"),
    (
        "ai, @ai-sdk/openai Responses",
        "`forceReasoning: true`, to think",
        "it knows by name which models do",
    ),
    (
        "ai, @ai-sdk/openai-compatible",
        "`supportsStructuredOutputs`, `includeUsage`",
        "it supposes neither",
    ),
    (
        "langchain-openai",
        "`stream_usage=True`",
        "in streams it asks only OpenAI's own address for usage",
    ),
    (
        "langchain-openai, embeddings",
        "`check_embedding_ctx_length=False`",
        "or it fetches the tables of OpenAI's tokens",
    ),
    (
        "pydantic-ai",
        "a profile with JSON schemas and thinking",
        "it knows by name which models have them",
    ),
    ("pydantic-ai, Anthropic", "`anthropic_thinking`, to think not at all", "it leaves that out"),
)
"""What had to be said to which client, and why."""
COLUMNS: Sequence[Kind] = (*KINDS, ANOTHER)
TITLES = {client: known.title for client, known in CLIENTS.items()} | {
    test_cli.CLIENT: "`ollama` command, recorded",
    "ollama-python-recorded": "ollama (Python), recorded",
    "ollama-js-recorded": "ollama (npm), recorded",
    "editors": "as recorded from its source",
}


class Line(Struct, frozen=True, kw_only=True):
    """A line of the table: the tests that it stands for, by kind."""

    client: str
    call: str
    cells: Mapping[Kind, Sequence[Cell]]


def cells() -> list[Cell]:
    """Return every cell that a whole run fills."""
    return [*calls.cells(), *test_cli.cells(), *test_sdk_requests.cells(), *test_editor.cells()]


def render(ledger: Ledger) -> str:
    """Write the document."""
    told = _table(("client", "said", "why"), TOLD)
    calls = _table(
        ("client", "version", "call", *COLUMNS), [_row(line, ledger) for line in _lines()]
    )
    return f"{HEAD}{told}\n{calls}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _row(line: Line, ledger: Ledger) -> list[str]:
    version = ledger.versions.get(line.client, "not run")
    marks = [_mark(line.cells[kind], ledger) for kind in COLUMNS]
    return [TITLES[line.client], version, line.call, *marks]


def _mark(found: Sequence[Cell], ledger: Ledger) -> str:
    if not found:
        return ""
    return "yes" if all(cell in ledger.passed for cell in found) else "**no**"


def _lines() -> Iterator[Line]:
    grouped: dict[tuple[str, str], dict[Kind, list[Cell]]] = {}
    for cell in cells():
        by_kind = grouped.setdefault((cell.client, _label(cell)), {kind: [] for kind in COLUMNS})
        by_kind[cell.kind].append(cell)
    clients = list(TITLES)
    for client, call in sorted(grouped, key=lambda row: clients.index(row[0])):
        yield Line(client=client, call=call, cells=grouped[client, call])


def _label(cell: Cell) -> str:
    """Name a row: a command of the CLI without its arguments, however often it was recorded."""
    if cell.client != test_cli.CLIENT:
        return cell.call
    first = test_cli.commands()[cell.call][0]
    return " ".join(test_cli.RECORDED[first]["command"].split()[:2])
