"""The tables of docs/translation.md, word for word, as the code does it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from adapters.dialects.anthropic.inbound.chat import NAMES as ANTHROPIC
from adapters.dialects.ollama.losses import NAMES as OLLAMA
from adapters.dialects.openai.inbound.vendor import dropped_names
from adapters.dialects.openai.responses.losses import NAMES as RESPONSES
from adapters.dialects.replies.dropping import in_own_words
from ports.chat import NO_EXTENSIONS
from tests.contracts.loss_cases import CHAT, EMBEDDINGS, PROMPTS, Case
from tests.contracts.outcomes import KINDS, SERVERS, Outcome, offline

Outcomes = Mapping[str, Mapping[str, str]]
"""By label and kind of backend."""

NOTHING = "no matter"
"""Taken, and nothing comes of it: there is no model to steer."""

TABLES: Mapping[str, Sequence[Case]] = {
    "Chats": CHAT,
    "Raw prompts, and gaps to fill": PROMPTS,
    "Texts to embed": EMBEDDINGS,
}


async def tables() -> dict[str, str]:
    """Write each table, by its heading."""
    return {heading: _table(cases, await outcomes(cases)) for heading, cases in TABLES.items()}


async def outcomes(cases: Sequence[Case]) -> Outcomes:
    """See what becomes of each case."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for kind, opened in KINDS.items():
        async with opened() as backend:
            for case in cases:
                found[case.label][kind] = await backend.outcome(case)
    async with offline() as backend:
        for case in cases:
            try:
                found[case.label]["offline"] = await backend.outcome(case)
            except AssertionError:
                found[case.label]["offline"] = NOTHING
    return found


def _table(cases: Sequence[Case], found: Outcomes) -> str:
    head = "| asked for | openrouter | openai-compatible | ollama | offline | because |"
    return "\n".join((head, "|---|---|---|---|---|---|", *(_row(case, found) for case in cases)))


def _row(case: Case, found: Outcomes) -> str:
    row = found[case.label]
    servers = {name: row[f"openai-compatible, {name}"] for name in SERVERS}
    cells = (row["openrouter"], _by_server(servers), row["ollama"], row["offline"], case.why)
    name, bracket, rest = case.label.partition(" (")
    return f"| {' | '.join((f'`{name}`{bracket}{rest}', *cells))} |".replace("|  |", "| |")


def _by_server(servers: Mapping[str, str]) -> str:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name, outcome in servers.items():
        groups[outcome].append(name)
    if len(groups) == 1:
        return next(iter(groups))
    most = max(groups, key=lambda outcome: len(groups[outcome]))
    said = [
        f"{outcome}: {', '.join(groups[outcome])}"
        for outcome in map(str, Outcome)
        if outcome in groups and outcome != most
    ]
    return f"{'; '.join(said)}; else {most}"


def names() -> str:
    """Write by which names clients are told of losses, where that is not the plain one."""
    losses = dict.fromkeys(case.loss for cases in TABLES.values() for case in cases)
    rows = [(loss, *_names(loss)) for loss in losses if ".parts:" not in loss]
    told = [row for row in rows if any(name not in _plain(row[0]) for name in row[1:])]
    head = "| | Ollama | OpenAI | Responses | Anthropic |\n|---|---|---|---|---|"
    return "\n".join((head, *(f"| {' | '.join(f'`{name}`' for name in row)} |" for row in told)))


def _names(loss: str) -> tuple[str, str, str, str]:
    (ollama,) = in_own_words((), (loss,), OLLAMA)
    (openai,) = dropped_names((), (loss,), NO_EXTENSIONS)
    (responses,) = dropped_names((), (loss,), NO_EXTENSIONS, RESPONSES)
    (anthropic,) = in_own_words((), (loss,), ANTHROPIC)
    return ollama, openai, responses, anthropic


def _plain(loss: str) -> tuple[str, str]:
    for prefix in ("options.", "openai.", "ollama.", "anthropic."):
        if loss.startswith(prefix):
            return loss, loss.removeprefix(prefix)
    return loss, loss
