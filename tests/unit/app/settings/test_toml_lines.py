"""Finding the line of a key in a TOML text."""

from __future__ import annotations

import tomllib

import pytest

from app.settings.paths import Path
from app.settings.toml_lines import lines

TEXT = '''\
top = 1 # a = 2

[server]
host = "# not = a comment"
text = """
a = 1
[[b]] \\""" "
"""
raw = \'\'\'
[c]\'\'\'\'
list = [
  "]", # ]
  { x = 1 },
]
after = 1
"quo.ted" . 'key' = { in = "line" }
[[rows]]
a = 1
[rows.deep]
b = "\\"["
[[rows]]
a = 2
[[rows.more]]
c = 3
[[rows.more]]
[ x . "y z" ]
k = '\\'
end = 1'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("server",), 3),
        (("server", "host"), 4),
        (("server", "text"), 5),
        (("server", "raw"), 9),
        (("server", "list"), 11),
        (("server", "after"), 15),
        (("server", "quo.ted"), 16),
        (("server", "quo.ted", "key"), 16),
        (("rows", 0), 17),
        (("rows", 0, "a"), 18),
        (("rows", 0, "deep"), 19),
        (("rows", 0, "deep", "b"), 20),
        (("rows", 1), 21),
        (("rows", 1, "a"), 22),
        (("rows", 1, "more", 0, "c"), 24),
        (("rows", 1, "more", 1), 25),
        (("x", "y z"), 26),
        (("x", "y z", "k"), 27),
        (("x", "y z", "end"), 28),
    ],
)
def test_each_key_is_found_on_its_line(path: Path, line: int) -> None:
    assert lines(TEXT)[path] == line


def test_every_table_of_the_standard_parser_is_found() -> None:
    found = lines(TEXT)

    assert {path[0] for path in found} == set(tomllib.loads(TEXT))


def test_nothing_inside_a_value_is_taken_for_a_key() -> None:
    found = lines(TEXT)

    assert ("b", 0) not in found
    assert ("c",) not in found
    assert ("server", "a") not in found
