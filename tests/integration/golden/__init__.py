"""The recorded traffic of the real server (tests/golden/README.md), replayed against this one."""
