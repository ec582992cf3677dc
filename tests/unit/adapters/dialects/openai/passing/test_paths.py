"""A path means the same to whoever reads it next, or does not pass."""

from __future__ import annotations

import pytest

from adapters.dialects.openai.passing.paths import is_passable


@pytest.mark.parametrize(
    "path",
    [
        "/v1/rerank",
        "/v1/audio/speech",
        "/v1/images/generations/img_7",
        "/v1/x/a.b~c:d@e!f$g&h'i(j)k*l+m,n=o-p",
    ],
)
def test_plain_paths_pass(path: str) -> None:
    assert is_passable(path.encode(), path)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/v1/images/..", "/v1/images/.."),
        (b"/v1/images/../files", "/v1/images/../files"),
        (b"/v1/images/./a", "/v1/images/./a"),
        (b"/v1/images/%2e%2e/files", "/v1/images/../files"),
        (b"/v1/images%2Fgenerations", "/v1/images/generations"),
        (b"/v1/images/a%2fb", "/v1/images/a/b"),
        (b"/v1/images/a%5c..%5cb", "/v1/images/a\\..\\b"),
        (b"/v1/images/..;/files", "/v1/images/..;/files"),
        (b"/v1/images/a;b", "/v1/images/a;b"),
        (b"/v1/images/.hidden", "/v1/images/.hidden"),
        (b"/v1/images/a%00", "/v1/images/a\x00"),
        (b"/v1/images/a%0d%0ax:y", "/v1/images/a\r\nx:y"),
        (b"/v1/images/a%20b", "/v1/images/a b"),
        (b"/v1/images/a%3fb", "/v1/images/a?b"),
        (b"/v1/images/a%23b", "/v1/images/a#b"),
        (b"/v1/images/%C3%A9", "/v1/images/\u00e9"),
        (b"/v1/images/\xc3\xa9", "/v1/images/\u00e9"),
        (b"/v1/images/", "/v1/images/"),
        (b"/v1/images//a", "/v1/images//a"),
        (b"/v1", "/v1"),
        (b"/api/tags", "/api/tags"),
        (b"/v1/%61udio/speech", "/v1/audio/speech"),
    ],
)
def test_what_somebody_could_read_in_another_way_does_not(raw: bytes, path: str) -> None:
    assert not is_passable(raw, path)
