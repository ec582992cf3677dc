"""What one upstream wants back with the calls it made, remembered for clients that cannot."""

from __future__ import annotations

from collections import OrderedDict

from adapters.dialects.openai.outbound.replay import Conversation, Replay, Replays
from ports.chat import ChatRequest, Message

MAX_COUNT = 4096
"""Answers of one upstream that are remembered."""

MAX_BYTES = 32 * 1024 * 1024
"""What they may weigh together."""

_ENTRY = 512
"""What an entry weighs beside its texts."""

_Key = tuple[bytes, str]
"""The conversation up to and including the calls, and the id of the first of them."""


class ReplayMemory:
    """Remembers the latest answers with calls, by the conversation and the calls in it.

    Ollama's clients drop what they do not know, and many drop the ids too (docs/wire/dialects.md
    8.6). What came with calls is found where the same client sends the same conversation with
    them, and nowhere else (`Conversation`); an id only chooses among answers that are alike in
    that. What was not used for longest is forgotten first. A restart forgets all: then the
    upstream gets the calls without it.
    """

    def __init__(self, max_count: int = MAX_COUNT, max_bytes: int = MAX_BYTES) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._entries: OrderedDict[_Key, Replay] = OrderedDict()
        self._latest: dict[bytes, _Key] = {}
        self.size = 0
        """Bytes, about."""

    def __len__(self) -> int:
        """Return how many answers are remembered."""
        return len(self._entries)

    def keep(self, request: ChatRequest, replay: Replay) -> None:
        """Remember what came with the calls of an answer; too large a one is passed over."""
        weight = _weight(replay)
        if weight > self._max_bytes:
            return
        conversation = Conversation(request.caller, request.model)
        for message in request.messages:
            conversation.add(message)
        conversation.add(Message(role="assistant", tool_calls=replay.calls))
        key = (conversation.digest, replay.calls[0].id)
        if key in self._entries:
            self._forget(key)
        self._entries[key] = replay
        self._latest[key[0]] = key
        self.size += weight
        while len(self._entries) > self._max_count or self.size > self._max_bytes:
            self._forget(next(iter(self._entries)))

    def recall(self, request: ChatRequest) -> Replays:
        """Find what came with the calls of each turn of a history, if it is still known.

        The work is done as the turns are asked for, at each message once.
        """
        conversation = Conversation(request.caller, request.model)
        for message in request.messages:
            conversation.add(message)
            if message.role == "assistant" and message.tool_calls:
                yield self._find(conversation.digest, message.tool_calls[0].id)

    def _find(self, digest: bytes, call_id: str) -> Replay | None:
        key = (digest, call_id)
        if key not in self._entries:
            # Many clients drop the ids or make their own.
            latest = self._latest.get(digest)
            if latest is None:
                return None
            key = latest
        self._entries.move_to_end(key)
        return self._entries[key]

    def _forget(self, key: _Key) -> None:
        self.size -= _weight(self._entries.pop(key))
        if self._latest.get(key[0]) == key:
            del self._latest[key[0]]


def _weight(replay: Replay) -> int:
    return replay.size + _ENTRY
