"""nginx and systemd: what their files say fits what llamaport does."""

from __future__ import annotations

import re
from pathlib import Path

from adapters.backends.config import TimeoutConfig
from app.settings.tree import Server
from tests.programs import CHECKOUT, program, run

NGINX = (CHECKOUT / "deploy" / "nginx" / "llamaport.conf").read_text()
UNIT = (CHECKOUT / "deploy" / "systemd" / "llamaport.service").read_text()


def number(pattern: str, text: str) -> int:
    [found] = re.findall(pattern, text, re.MULTILINE)
    return int(found)


def test_nginx_takes_bodies_as_long_as_llamaport_does() -> None:
    assert number(r"client_max_body_size (\d+)m;", NGINX) * 2**20 == Server().max_body


def test_nginx_waits_longer_for_an_answer_than_llamaport() -> None:
    assert number(r"proxy_read_timeout (\d+)m;", NGINX) * 60 > TimeoutConfig().first_byte


def test_systemd_gives_it_longer_to_end_than_it_takes_to_drain() -> None:
    # And 3 seconds for the last spans.
    assert number(r"^TimeoutStopSec=(\d+)s$", UNIT) > Server().drain + 3


def test_systemd_does_not_start_it_again_with_settings_that_are_wrong() -> None:
    assert number(r"^RestartPreventExitStatus=(\d+)$", UNIT) == 2


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    there = tmp_path / "llamaport.service"
    there.write_text(UNIT.replace("/opt/llamaport/bin/llamaport", "/bin/true"))

    done = run(program("systemd-analyze", "systemd"), "verify", "--man=no", there)

    complaints = [line for line in done.stderr.splitlines() if there.name in line]
    assert complaints == []
