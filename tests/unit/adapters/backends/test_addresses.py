"""What is an address, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.backends.addresses import checked_endpoint, checked_proxy, split_address
from adapters.backends.secret import Secret


def proxy(text: str) -> Secret:
    return checked_proxy(Secret(text))


PLACES: tuple[Callable[[str], object], ...] = (split_address, proxy, checked_endpoint)


@pytest.mark.parametrize("check", PLACES)
@pytest.mark.parametrize("text", ["http://a", "https://a.example:8080/b", "http://[::1]:4318/"])
def test_an_address_is_one_everywhere(check: Callable[[str], object], text: str) -> None:
    assert check(text)


@pytest.mark.parametrize("check", PLACES)
@pytest.mark.parametrize(
    "text",
    [
        "a:8080",
        "ftp://a",
        "http://",
        "http://:8080",
        "http://[",
        "http://a:x",
        "http://a:0",
        "http://256.1.1.1",
        "http://a b",
        "http://a\n",
        "http://a\\b",
        "http://\u00e4",
    ],
)
def test_what_is_no_address_is_none_anywhere(check: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        check(text)


def test_only_a_proxy_may_have_a_user() -> None:
    with_user = "http://me:p\u00e4ss@a:3128"

    assert proxy(with_user).reveal() == with_user
    for check in (split_address, checked_endpoint):
        with pytest.raises(ValueError, match="URL with"):
            check("http://me:pass@a")


def test_neither_may_be_empty_but_where_there_need_be_none() -> None:
    assert not proxy("")
    assert not checked_endpoint("")
    with pytest.raises(ValueError, match="URL"):
        split_address("")
