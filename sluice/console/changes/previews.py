"""The mail rules' results for changes, from the notifier's own code, run as a process in its folder."""

import json
import subprocess
import tempfile
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sluice.aws_errors import AWS_ERRORS
from sluice.console.changes.changes import KEPT, Change
from sluice.console.changes.notifiers import RULES, Notifier, RuleFiles
from sluice.console.outbox import content_of
from sluice.program_code import OWN, has_module, run_module

_SECONDS = 60
"""How long it may take: thousands of records take one second."""


class Outcome(NamedTuple):
    """A mail that a rule asks for, or why there is none."""

    to: str
    template: str
    """The name in SES."""
    data: str
    mark: str
    reason: str
    """The notifier's reason why there is no mail; empty if there is one."""
    attributes: tuple[str, ...]
    """The attributes that the reason is about."""
    content: bytes
    """The mail's `content_of`, to find it in the outbox; empty if there is no mail."""


class Ruling(NamedTuple):
    """The result of one rule for a change."""

    template: str
    """The name in the program."""
    events: tuple[str, ...]
    changed: tuple[str, ...]
    to: str
    """The attribute that holds the address; empty if addresses are fixed."""
    outcomes: tuple[Outcome, ...]

    @property
    def is_about(self) -> bool:
        """Whether the rule applies to changes of this kind at all."""
        return any(outcome.reason != "event_not_handled" for outcome in self.outcomes)


class Previews:
    """The rules' results for a stack's changes; when the rules change, changes are judged again."""

    def __init__(self, program: Path | None) -> None:
        self._program, self._files = program, RuleFiles()
        self._lock = threading.Lock()
        self._rulings: dict[str, tuple[str, list[Ruling]]] = {}
        self._by_content: dict[bytes, list[str]] = {}

    def known(self, change: Change, notifier: Notifier) -> list[Ruling] | None:
        """Returns the known results; None if the change has not been judged by the current rules."""
        with self._lock:
            version, rulings = self._rulings.get(change.id, ("", []))
        return rulings if version == notifier.version else None

    def asking_for(self, content: bytes) -> list[str]:
        """Returns the ids of the changes judged so far that ask for a mail with this `content_of`."""
        with self._lock:
            return list(self._by_content.get(content, ()))

    def judge(self, changes: Iterable[Change], notifier: Notifier) -> str:
        """Judges those changes of a notifier's tables that were not judged yet.

        Returns:
            Why that is not possible, in a sentence; empty if it is.
        """
        waiting = [change for change in changes if self.known(change, notifier) is None]
        if not waiting:
            return ""
        try:
            rules = self._files.of(notifier)
        except (*AWS_ERRORS, ValueError) as error:
            return f"The rules are in the function's code, which cannot be read: {error}"
        if rules is None or RULES not in notifier.variables:
            return (
                f"{notifier.function} has no rule file: it is not Sluice's notifier, and only its code knows the rules."
            )
        module = f"{notifier.handler.rpartition('.')[0].rpartition('.')[0]}.preview"
        folders = [self._program, OWN] if self._program else [OWN]  # a program of installed components has no such code
        folder = next((folder for folder in folders if has_module(folder, module)), None)
        if folder is None:
            return f"Only the notifier's code knows which rule mails whom, and there is no {module} in {folders[0]}."
        try:
            said = self._ask(folder, module, notifier.variables, rules, waiting)
        except (subprocess.TimeoutExpired, OSError, ValueError) as error:
            return f"The notifier's code could not say which rule mails whom: {error}"
        self._keep(waiting, said, notifier.version)
        return ""

    def forget_others(self, ids: Collection[str]) -> None:
        """Forgets the results for changes that are no longer kept, once there are many."""
        with self._lock:
            if len(self._rulings) <= 2 * KEPT:
                return
            self._rulings = {id_: ruling for id_, ruling in self._rulings.items() if id_ in ids}
            self._by_content = {
                content: kept
                for content, found in self._by_content.items()
                if (kept := [id_ for id_ in found if id_ in ids])
            }

    @staticmethod
    def _ask(
        folder: Path, module: str, variables: Mapping[str, str], rules: str, changes: Sequence[Change]
    ) -> list[list[Ruling]]:
        """Raises ValueError if the code fails, or its output has another form."""
        given = f"[{','.join(change.record for change in changes)}]".encode()
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            file.write(rules)
            file.flush()
            ended = run_module(folder, module, variables={**variables, RULES: file.name}, given=given, seconds=_SECONDS)
        if ended.returncode:
            trace = ended.stderr.decode(errors="replace").strip()
            raise ValueError(trace.splitlines()[-1] if trace else f"it ended with {ended.returncode}")
        said = json.loads(ended.stdout)
        if len(said) != len(changes):
            raise ValueError(f"it answered for {len(said)} of {len(changes)} changes")
        try:
            return [[_ruling(rule) for rule in of_change] for of_change in said]
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"its answer has another form: {type(error).__name__}: {error}") from None

    def _keep(self, changes: Sequence[Change], said: Sequence[list[Ruling]], version: str) -> None:
        with self._lock:
            for change, rulings in zip(changes, said, strict=True):
                self._rulings[change.id] = version, rulings
                for outcome in (each for ruling in rulings for each in ruling.outcomes if not each.reason):
                    found = self._by_content.setdefault(outcome.content, [])
                    if change.id not in found:
                        found.append(change.id)


def _ruling(said: Mapping[str, Any]) -> Ruling:
    outcomes = tuple(map(_outcome, said["outcomes"]))
    return Ruling(said["template"], tuple(said["events"]), tuple(said["changed"]), said["to"] or "", outcomes)


def _outcome(said: Mapping[str, Any]) -> Outcome:
    to, template, data = (said.get(name, "") for name in ("to", "template", "data"))
    reason = said.get("reason", "")
    content = b"" if reason else content_of([to], template, data)
    return Outcome(to, template, data, said.get("mark", ""), reason, tuple(said.get("attributes", ())), content)
