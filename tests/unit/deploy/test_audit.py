"""`make audit`: what cannot be asked about is never taken for harmless."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy import audit

HARMLESS = {"name": "anyio", "version": "4.16.0", "vulns": []}
VULNERABLE = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"], "aliases": []}],
}
UNKNOWN = {"name": "mylib", "skip_reason": "Dependency not found on PyPI and could not be audited"}


def pip_audit(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_package_without_vulnerabilities_is_nothing_to_tell() -> None:
    assert audit.of_python(pip_audit(HARMLESS), "") == []


def test_a_vulnerability_is_told_with_the_version_that_has_none() -> None:
    lines = audit.of_python(pip_audit(HARMLESS, VULNERABLE), "")

    assert lines == ["jinja2 2.4.1: PYSEC-2019-217, fixed in 2.10.1"]


@pytest.mark.parametrize(
    ("output", "errors", "why"),
    [
        (pip_audit(HARMLESS, UNKNOWN), "", "nothing is known of mylib"),
        ("", "ERROR:x\nConnectionError: no route\n", "ConnectionError: no route"),
        (pip_audit(), "", "no answer"),
    ],
    ids=["unknown package", "no connection", "an empty answer"],
)
def test_python_packages_that_nobody_knows_of_were_not_checked(
    output: str, errors: str, why: str
) -> None:
    with pytest.raises(audit.Unasked, match=why):
        audit.of_python(output, errors)


def test_a_vulnerable_npm_package_is_told() -> None:
    found = {"lodash": {"range": "<4.17.21", "severity": "high"}}
    report = {"auditReportVersion": 2, "vulnerabilities": found}

    assert audit.of_npm(json.dumps(report), "") == ["lodash <4.17.21: high"]


def test_npm_packages_without_vulnerabilities_are_nothing_to_tell() -> None:
    assert audit.of_npm(json.dumps({"auditReportVersion": 2, "vulnerabilities": {}}), "") == []


@pytest.mark.parametrize(
    ("output", "why"),
    [('{"message": "405 Method Not Allowed", "error": {}}', "405 Method"), ("", "refused")],
    ids=["an error", "nothing"],
)
def test_npm_packages_that_nobody_answered_for_were_not_checked(output: str, why: str) -> None:
    with pytest.raises(audit.Unasked, match=why):
        audit.of_npm(output, "npm error\nnpm error refused")
