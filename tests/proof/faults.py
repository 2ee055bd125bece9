"""What the proofs make fail: the calls of functions, and the processes in which they run."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sluice.cloud.faults.rules import Rule

_MARKING = ("BatchWriteItem", "PutObject")
"""What the notifier and the reporter mark with."""


def faults_of(*services: str, scale: float = 1) -> list[Rule]:
    """Each kind of fault, on what the functions call; as often as usual, or less."""
    kinds = [
        Rule("throttle", rate=0.08 * scale),
        Rule("error", rate=0.04 * scale),
        Rule("error", rate=0.04 * scale, status=503),
        Rule("delay", rate=0.05 * scale, seconds=(0.05, 0.3)),
        Rule("drop", rate=0.04 * scale),
        Rule("expired", rate=0.03 * scale, limit=1),
    ]
    for rule in kinds:
        rule.when = lambda request: request.service in services
    return [Rule("unprocessed", service="dynamodb", rate=0.1 * scale), *kinds]


def spare_marks(faults: Sequence[Rule]) -> None:
    """Has no credentials expire as a mail is marked: it is sent, told as not marked, and may be sent again."""
    (expired,) = (rule for rule in faults if rule.action == "expired")
    concerned = expired.when or (lambda _: True)
    expired.when = lambda request: request.operation not in _MARKING and concerned(request)


def lost_answers(*services: str, scale: float = 1) -> list[Rule]:
    """Work that is done and whose answer is lost: only what can be repeated without harm meets it."""
    return [Rule("drop", rate=0.05 * scale, after_work=True, when=lambda request: request.service in services)]


def workers(emulator: int) -> list[int]:
    """The processes of functions: those of the emulator's group that are not it."""
    found, own = [], Path(f"/proc/{emulator}/cmdline").read_bytes()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getpgid(int(path.name)) == emulator and (path / "cmdline").read_bytes() != own:
                found.append(int(path.name))
    return found
