"""Making an upstream's words fit for a client.

Upstreams put keys, addresses of their own network and tracebacks into error messages. What
goes out is one line without any of them; when in doubt a piece is cut rather than shown.
"""

from __future__ import annotations

import re

MAX_LENGTH = 500
"""Characters of a message that a client sees."""

_READ = 4 * MAX_LENGTH
"""Characters that are looked at, so that a huge message costs no more than a long one."""

_HIDDEN = "[hidden]"

_TRACE = re.compile(
    r"(?:Traceback \(most recent call last\)|goroutine \d+ \[[^\]\n]{0,99}\]:|stack backtrace:"
    # frames of Java, Node and .NET, each on a line of its own
    r"|(?:^|\n)[ \t]*at [^\n]{1,300}?(?::\d+:\d+\)?|\.\w+:\d+\)|(?:Native Method|Unknown Source)\)"
    r"|<anonymous>\)|:line \d+)(?=\s|$)).*",
    re.DOTALL,
)
"""A trace and all behind it: only what comes before one is meant for people."""
_TRACE_LINE = re.compile(
    r' ?File "[^"]*", line \d+(?:, in \S+)?| at \S+ ?\([^()\s]+:\d+(?::\d+)?\)'
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

_PRIVATE_V4 = (
    r"(?:127|10)(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|169\.254(?:\.\d{1,3}){2}"
    r"|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|0\.0\.0\.0"
    r"|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])(?:\.\d{1,3}){2}"
)
# Bounded, and from the start of a word only: a message must not cost more than its length.
_WORD_START = r"(?<![\w.-])"
_SCHEME = r"\b[a-z][a-z0-9+]{0,15}://"
_INTERNAL = (
    rf"(?:{_PRIVATE_V4}|localhost|\[[0-9a-f:.]+\]"
    r"|[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}\.(?:local|internal|lan|svc)|[\w-]+(?=[:/\s]|$))"
)
_PORT = r":[1-9]\d{1,4}\b(?![.\w])"
# A bare `name:1234` may be a model with its tag; only beside these words it is a host.
_CONNECTING = (
    r"\b(?:connect\w*|dial\w*|reach\w*|resolv\w*|lookup|contact\w*|hosts?|tcp|proxy"
    r"|econn\w*|etimedout|ehostunreach|enotfound)"
    r"(?:\s{1,3}(?:to|the|hosts?|server|at|upstream|backend|tcp|with)\b){0,4}[\s:='\"(\[]{1,4}"
)
_DISCONNECTED = (
    r"['\")\]]?[\s:,-]{1,3}(?:connect|refused|timed? ?out|unreachable|no route|i/o|reset|EOF\b)"
)
_NAMED = (
    r"(?:proxy-)?authorization|(?:x-)?api[-_ ]?key"
    r"|client[-_ ]?secret|secret[-_ ]?key|secret|password|passwd"
)
_NO_COMPLAINT = r"(?!(?:required|missing|invalid|expired)\b)"
_MAKERS = r"sk|pk|rk|gsk|xai|hf|gh[oprsu]|github_pat|glpat|xox[abeoprs]|r8|nvapi|pplx|fw"

_REPLACEMENTS = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        # `Authorization: Bearer abc`, `api_key=abc`, `"password": "abc"`
        (
            rf"\b({_NAMED})([\"']?\s*[:=]\s*[\"']?)(?:(?:bearer|basic)\s+)?[^\s\"',;&]+",
            rf"\1\2{_HIDDEN}",
        ),
        # `token: abc123`, `HF_TOKEN=abc123`
        (
            rf"({_WORD_START}[\w-]{{0,40}}token[\"']?\s?[:=]\s?[\"']?){_NO_COMPLAINT}[\w.+/=*~-]{{6,}}",
            rf"\1{_HIDDEN}",
        ),
        (r"\bbearer\s+(?!token|auth|key)[^\s\"',;]{6,}", rf"Bearer {_HIDDEN}"),
        # a login in base64, which no English word looks like
        (
            r"\bbasic\s+(?-i:(?=\w*(?:[a-z][A-Z]|[0-9+/=])))[\w+/-]{8,}={0,2}",
            rf"Basic {_HIDDEN}",
        ),
        # keys by the prefixes of their makers, also the ones already masked by stars
        (
            rf"(?<![a-z0-9])(?:{_MAKERS})[-_][\w*.-]{{6,}}",
            _HIDDEN,
        ),
        (r"(?<![a-z0-9])(?:AIza|AKIA|ASIA|eyJ)[\w*.-]{12,}", _HIDDEN),
        # a long token a few words after "key" or "token": `key provided: 0a1b…`
        (
            r"(?<![a-z0-9])((?:api)?key|token)\b([^\n]{0,24}?[\s:='\"(])(?=[\w+/=*-]*\d)[\w+/*-]{16,}={0,2}",
            rf"\1\2{_HIDDEN}",
        ),
        # any URL with a user in it, or to a host that is nobody's business
        (rf"{_SCHEME}[^\s/@\"']+@[^\s\"'<>)]*", _HIDDEN),
        (rf"{_SCHEME}{_INTERNAL}(?::\d+)?(?:/[^\s\"'<>)]*)?", _HIDDEN),
        (r"([?&](?:key|token|sig|signature|code)=)[^\s&\"'<>)]+", rf"\1{_HIDDEN}"),
        # addresses without a scheme
        (rf"(?<![\w.])(?:{_PRIVATE_V4})(?::\d+)?(?![\w.]*\d)", _HIDDEN),
        (
            r"\[?(?<![\w:])(?:::1|f[cd][0-9a-f]{2}:[0-9a-f:]+|fe80:[0-9a-f:]+)(?:%\w+)?\]?(?::\d+)?",
            _HIDDEN,
        ),
        (r"\blocalhost(?::\d+)?\b", _HIDDEN),
        (
            rf"{_WORD_START}[a-z0-9][\w-]{{0,62}}(?:\.[\w-]{{1,63}}){{1,9}}{_PORT}",
            _HIDDEN,
        ),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}:\d{2,5}\b", _HIDDEN),
        (rf"({_CONNECTING})[a-z0-9][\w-]{{0,62}}{_PORT}", rf"\1{_HIDDEN}"),
        (rf"{_WORD_START}[a-z0-9][\w-]{{0,62}}{_PORT}(?={_DISCONNECTED})", _HIDDEN),
        # Go's resolver: `lookup vllm on 10.0.0.10:53: no such host`
        (r"\b(lookup )[\w.-]{1,255}(?= on |: no such host)", rf"\1{_HIDDEN}"),
        # names of a private network
        (
            rf"{_WORD_START}(?:[\w-]{{1,63}}\.){{1,9}}(?:svc|internal|local|lan)\b(?!-|\.\w)(?::\d+)?",
            _HIDDEN,
        ),
        (r"\bhost='[^']*', port=\d+", _HIDDEN),
    )
)

_ESCAPED = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|(.))")
"""A character of a string in JSON, or of one in JSON in such a string."""
_WHITE = {"n": "\n", "r": "\r", "t": "\t"}


def unescaped(json: str) -> str:
    """Return JSON, of which nobody knows the shape, with its strings as they read."""
    return _ESCAPED.sub(_meant, json)


def _meant(escaped: re.Match[str]) -> str:
    code, letter = escaped.groups()
    return chr(int(code, 16)) if code else _WHITE.get(letter, letter)


def is_clean(text: str) -> bool:
    """Tell whether there is nothing in a text, however long, that `scrub` would take out of it."""
    secrets = (_TRACE, _TRACE_LINE, *(pattern for pattern, _ in _REPLACEMENTS))
    return not any(pattern.search(text) for pattern in secrets)


def scrub(message: str) -> str:
    """Return the message without keys, internal addresses and traces, on one line.

    At most `MAX_LENGTH` characters, no control characters; may be empty.
    """
    text = _TRACE.sub("", message[:_READ])
    text = _CONTROL.sub(" ", text)
    text = _TRACE_LINE.sub("", text)
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    # Halves of characters cannot be written as UTF-8.
    text = text.encode("utf-8", "replace").decode().strip()
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"
