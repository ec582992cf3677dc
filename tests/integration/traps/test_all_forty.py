"""Every trap of docs/wire/dialects.md 10 has its module here, and each number stands once."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
WIRE = HERE.parents[2] / "docs" / "wire" / "dialects.md"


def test_each_number_is_found_exactly_once() -> None:
    section = WIRE.read_text().split("\n## 10. Forty traps\n")[1].split("\n## ")[0]
    traps = [int(number) for number in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)]
    modules = sorted(HERE.glob("test_[0-9][0-9]_*.py"))

    assert [int(module.name[5:7]) for module in modules] == traps == list(range(1, 41))
    for number, module in zip(traps, modules, strict=True):
        text = module.read_text()
        assert text.startswith(f'"""Trap {number}: ')
        assert re.search(r"^(async )?def test_", text, re.MULTILINE)
