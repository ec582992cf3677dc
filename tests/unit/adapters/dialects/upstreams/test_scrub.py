"""What an upstream says is cleaned before a client sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.dialects.upstreams.scrub import MAX_LENGTH, is_clean, scrub
from tests.cost import LINEAR, growth

SECRETS = {
    "an OpenAI key": ("Incorrect API key provided: sk-proj-abcDEF123456789.", "abcDEF"),
    "a masked key": ("Incorrect API key provided: sk-abcd*******wxyz.", "wxyz"),
    "an OpenRouter key": ("No auth: sk-or-v1-0123456789abcdef0123456789abcdef", "0123456789abcdef"),
    "a Groq key": ("Invalid key gsk_abcdefghijklmnop1234", "abcdefghijklmnop"),
    "a Google key": ("bad AIzaSyA1234567890abcdefghijk", "SyA123"),
    "a bearer": ("got Bearer abc.def-ghi123 instead", "abc.def"),
    "an authorization header": ('{"Authorization": "Bearer tokentoken"}', "tokentoken"),
    "a basic login": ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    "a key as a parameter": ("GET /v1?api_key=verysecret&x=1 failed", "verysecret"),
    "a key in a query": ("https://example.com/v1?key=verysecret", "verysecret"),
    "a hex token": ("key provided: 0123456789abcdef0123", "0123456789abcdef"),
    "a base64 token": ("your API key (QUJDREVGR0hJSktMTU5PUFFS1==) is wrong", "QUJDREVGR0hJ"),
    "a password": ("password=hunter2 rejected", "hunter2"),
    "a JSON web token": ("token eyJhbGciOiJIUzI1NiJ9.e30.abc expired", "eyJhbGci"),
    "a URL with a user": ("cannot reach https://ada:pw@models.example.com/v1", "ada:pw"),
    "a URL with a token for a user": ("at https://tok3n@models.example.com", "tok3n"),
    "a private address": ("dial tcp 10.1.2.3:8000: refused", "10.1.2.3"),
    "a home address": ("connect to 192.168.1.20 failed", "192.168"),
    "another private address": ("connect to 172.20.0.5:80 failed", "172.20"),
    "a loopback address": ('Post "http://127.0.0.1:46123/completion": EOF', "127.0.0.1"),
    "a v6 loopback": ("dial tcp [::1]:11434: refused", "::1"),
    "a v6 address of one's own": ("dial [fd00:1::2]:8000", "fd00"),
    "localhost": ("http://localhost:8000/v1 is down", "localhost"),
    "localhost without a port": ("localhost said no", "localhost"),
    "a container's name": ("Cannot connect to host vllm-7b:8000 ssl:default", "vllm-7b"),
    "a container's URL": ("http://backend/v1/chat failed", "backend"),
    "a host of the cluster": ("https://llm.prod.svc.cluster.local/v1", "cluster"),
    "a host with a port": ("upstream gpu01.corp.example.com:9000 reset", "gpu01"),
    "a host that begins with a digit": ("upstream 7b.models.corp:9000 reset", "models"),
    "urllib3's words": ("HTTPConnectionPool(host='gpu01', port=8000): refused", "gpu01"),
    "a traceback": ('boom\nTraceback (most recent call last):\n  File "/srv/a.py", line 1', "srv"),
    "a line of a trace": ('boom File "/srv/app/a.py", line 12, in main', "srv"),
    "a JavaScript trace": ("boom\n    at run (/srv/app/a.js:10:3)\n", "srv"),
    "a basic login alone": ("sent Basic dXNlcjpwYXNz to it", "dXNlcjpwYXNz"),
    "a padded basic login": ("basic dXNlcjpwYQ== refused", "dXNlcjpwYQ"),
    "a named token": ("token: abcdefgh refused", "abcdefgh"),
    "a token as a parameter": ("session_token=abcdefgh&x", "abcdefgh"),
    "a token in JSON": ('{"token": "abcdefgh"}', "abcdefgh"),
    "a key that is": ("the api_key is 0123456789abcdef0123456789abcdef", "0123456789abcdef"),
    "a GitLab token": ("glpat-abcdefghij1234567890 expired", "abcdefghij"),
    "a Slack token": ("xoxb-1234567890-abcdef", "1234567890"),
    "an AWS key": ("bad AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    "a Google key in a name": ("KEY_AIzaSyA1234567890abcdefghijk", "SyA123"),
    "a Hugging Face token": ("HF_TOKEN=hf_abcdefghijklmn", "abcdefghijklmn"),
    "a GitHub token": ("ghp_abcdefghijklmnop1234", "abcdefghijklmnop"),
    "a service of the cluster": ("no answer from vllm.models.svc today", "vllm.models"),
    "a full name in the cluster": ("at vllm.models.svc.cluster.local.", "vllm.models"),
    "an internal name": ("lookup of gpu-01.internal failed", "gpu-01"),
    "a local name": ("studio.local is asleep", "studio"),
    "a name of the LAN": ("box.lan:8000 is asleep", "box"),
    "a host in a connect message": ("connect to db01:5432", "db01"),
    "a host that was dialled": ("dial tcp: gpu01:8000", "gpu01"),
    "a host behind its error": ("connect ECONNREFUSED gpu01:8000", "gpu01"),
    "a host before its error": ("gpu01:8000: connection refused", "gpu01"),
    "a host that was looked up": ("lookup vllm on 8.8.8.8:53: no such host", "vllm"),
    "a Go trace": (
        "boom\ngoroutine 17 [running]:\nmain.main()\n\t/srv/app/main.go:7 +0x1d",
        "main",
    ),
    "a Java trace": (
        "boom\n\tat com.acme.Chat.run(Chat.java:42)\n\t... 3 more\nCaused by: acme.Secret",
        "acme",
    ),
    "a native Java frame": ("boom\n\tat com.acme.Chat.run(Native Method)\n", "acme"),
    "a Node trace": (
        "boom\n    at async Chat.run (file:///srv/app/a.js:10:3)\n    at node:internal/x:1:2",
        "srv",
    ),
    "a Node frame without a name": ("boom\n    at /srv/app/a.js:10:3", "srv"),
    "a .NET trace": ("boom\n   at Acme.Run() in C:\\acme\\a.cs:line 12\n", "cme"),
    "a Rust trace": ("boom\nstack backtrace:\n   0: acme::run", "acme"),
}

HARMLESS = [
    "model 'qwen3:8b' not found",
    "The model `gpt-5` does not exist or you do not have access to it.",
    "request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it",
    "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
    "Unrecognized request argument supplied: stream_options",
    "You can find your API key at https://platform.openai.com/account/api-keys.",
    "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29999",
    "Expecting value: line 1 column 2 (char 1)",
    "version 1.2.3.4 of 12:30",
    "'messages' must contain the word 'json' in some form",
    "the basic structure is wrong",
    "unknown model gemini-exp:1206",
    "model 'gemini-exp:1206' is overloaded",
    "pull qwen3:0414 first",
    "Basic Authentication is not enough",
    "Unexpected token: '<'",
    "Missing token: required",
    "max_tokens: 1000000 is too large",
    "the locale of the host is not en_US",
    "try again at 10:30",
    "Größe 3 < 4 & 5 😀",
]


@pytest.mark.parametrize(("message", "secret"), SECRETS.values(), ids=SECRETS)
def test_secrets_and_addresses_are_cut_out(message: str, secret: str) -> None:
    assert secret in message
    assert secret not in scrub(message)


@pytest.mark.parametrize("message", HARMLESS)
def test_what_helps_the_client_stays(message: str) -> None:
    assert scrub(message) == message


@pytest.mark.parametrize("message", [message for message, _ in SECRETS.values()])
def test_a_text_with_a_secret_anywhere_is_not_clean(message: str) -> None:
    assert not is_clean(f"{'word ' * 1000}{message}")


@pytest.mark.parametrize("message", HARMLESS)
def test_a_text_of_what_helps_is_clean(message: str) -> None:
    assert is_clean(f"{'word ' * 1000}{message}")


def test_the_rest_of_a_cleaned_message_stays() -> None:
    assert scrub("Bad API key provided: sk-abcdef123456. Check it.") == (
        "Bad API key provided: [hidden] Check it."
    )


def test_control_characters_are_removed_and_lines_joined() -> None:
    assert scrub("a\x00b\r\n\tc\x1b[31md\u2028e\x85f") == "a b c [31md e f"


def test_a_message_is_never_longer_than_the_bound() -> None:
    assert len(scrub("word " * 10_000)) == MAX_LENGTH
    assert scrub("x" * MAX_LENGTH) == "x" * MAX_LENGTH


def test_half_characters_are_made_fit_to_be_written() -> None:
    assert scrub("a\ud83d").encode() == b"a?"


@pytest.mark.parametrize("message", [message for message, _ in SECRETS.values()])
def test_a_clean_message_stays_as_it_is(message: str) -> None:
    assert scrub(scrub(message)) == scrub(message)


HOSTILE = ["a", "a.", "a-", "key ", "token", "connect to ", "\n at ", "at a:1:", "x://", "basic A"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_message_is_dear_to_clean(piece: str) -> None:
    def prepare(many: int) -> Callable[[], object]:
        message = piece * many
        return lambda: (scrub(message), is_clean(message))

    assert growth(prepare, 10_000) < LINEAR
