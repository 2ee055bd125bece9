"""Where MiniStack differs from AWS and what is done about it: every deviation that is worked around stands here."""

import os
from pathlib import Path
from typing import Any

_PASSED_ON = ("PATH", "LANG", "HOME", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE")


def server_environment(port: int, scratch: Path) -> dict[str, str]:
    """The environment of the emulator's process. Little is passed on: it leaks into every function."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **kept,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",  # its default is every interface
        "AUTH": "true",  # its default is to let everyone in
        "TMPDIR": str(scratch),  # it leaves the folders of functions behind
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL": "WARNING",
    }


def registered_disabled(mapping: dict[str, Any]) -> dict[str, Any]:
    """The mapping of a stream as the emulator gets it: its own poller loses failed records, so it must not run."""
    return {**mapping, "Enabled": False}
