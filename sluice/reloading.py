"""`up --watch`: files saved in a program's folder are live at once, as far as a stack can be changed in place."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import watchfiles

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.program.changes import Change
from sluice.cloud.program.execution import ProgramError, forget_modules
from sluice.cloud.program.project import is_own
from sluice.cloud.resources.copies import Copies
from sluice.cloud.resources.deployment import DeploymentError
from sluice.cloud.resources.updating import ReplacementError
from sluice.cloud.triggers.runners import Runner
from sluice.terminal import Part, note, plural, say

_STEP_MS, _DEBOUNCE_MS = 20, 200
"""How long to wait for a further file of the same save, and for all of them together."""
_SHOWN = 5
"""How many changes have a line of their own."""


class Sources(watchfiles.DefaultFilter):
    """Files that may be a program's sources: not those in hidden folders, and not generated ones."""

    def __init__(self, root: Path) -> None:
        """Takes the folder of the program."""
        super().__init__()
        self._root = root

    def __call__(self, change: watchfiles.Change, path: str) -> bool:
        """Whether a file may be a source."""
        return all(map(is_own, Path(path).relative_to(self._root).parts)) and super().__call__(change, path)


class Reloader(Runner):
    """Changes a deployed stack whenever a file of its program is saved; what cannot be changed is reported and left."""

    def __init__(self, cloud: EmbeddedCloud, root: Path) -> None:
        """Prepares it. Call `start` before the program runs for the first time, or files saved meanwhile are missed.

        Args:
            cloud: Where the stack will be.
            root: The folder of its program.
        """
        super().__init__("reloading")
        self._cloud, self._root = cloud, root
        self._followed = threading.Event()

    def follow(self, stack: Stack, on_updated: Callable[[Stack], None] = lambda _: None) -> None:
        """Begins to change a stack, also with files saved since `start`.

        Args:
            stack: The stack as it was deployed.
            on_updated: Called with the stack after each change.
        """
        self._stack, self._on_updated = stack, on_updated
        self._copies = Copies(stack.cloud, stack.graph, self._root)
        self._followed.set()

    def stop(self) -> None:
        """Stops; returns when nothing is running."""
        self._stopping.set()
        self._followed.set()
        super().stop()

    def _run(self) -> None:
        for saved in watchfiles.watch(
            self._root,
            watch_filter=Sources(self._root),
            stop_event=self._stopping,
            raise_interrupt=False,
            step=_STEP_MS,
            debounce=_DEBOUNCE_MS,
            rust_timeout=500,  # every so many ms it checks whether to stop
        ):
            self._followed.wait()
            if self._stopping.is_set():
                return
            self.reload(sorted(Path(path) for _, path in saved))

    def reload(self, saved: Sequence[Path]) -> None:
        """Deploys saved files, and prints what is live now, or why nothing is.

        Files that are deployed unchanged come first; the program, which takes longer, decides in the end.
        """
        began, put = time.monotonic(), set[str]()
        try:
            for path in saved:
                put.update(self._copies.put(path) if path.is_file() else ())
            for name in sorted(put):
                self._tell(began, self._short(name), " updated")
            forget_modules(self._root, saved)
            stack, made = self._cloud.update(self._stack, root=self._root)
        except (ProgramError, ReplacementError, DeploymentError) as error:
            self._copies.restore()
            self._refuse(error)
            return
        except Exception as error:  # a bug of ours, or the emulator is about to end: the cloud continues
            note((f"What was saved cannot be deployed ({type(error).__name__}: {error}).", "red"))
            return
        self._tell_all(began, [change for change in made if change.resource.name not in put])
        if stack is not self._stack:
            self._stack, self._copies = stack, Copies(stack.cloud, stack.graph, self._root, self._copies.parts)
            self._on_updated(stack)

    def _tell_all(self, began: float, made: list[Change]) -> None:
        if len(made) <= _SHOWN:
            for change in made:
                self._tell(began, self._short(change.resource.name), f" {_done(change)}")
            return
        counts = Counter(map(_done, made))
        self._tell(began, ", ".join(f"{plural(count, 'resource')} {done}" for done, count in counts.items()))

    def _tell(self, began: float, what: str, done: str = "") -> None:
        say(_now(), ("saved", "cyan"), f"  {what}", (done, "green"), f" in {time.monotonic() - began:.1f} s")

    def _refuse(self, error: Exception) -> None:
        reason = "this needs a new start:" if isinstance(error, ReplacementError) else "there is a mistake:"
        note(_now(), ("saved", "cyan"), "  ", (reason, "red"))
        lines = str(error).splitlines()
        for line in lines[:_SHOWN]:
            note(f"  {line}")
        note(
            f"  {f'and {len(lines) - _SHOWN} more. ' if len(lines) > _SHOWN else ''}What was live before keeps running."
        )

    def _short(self, name: str) -> str:
        """A resource's name without the beginning that all names of the stack share."""
        names = [resource.name for resource in self._stack.graph.resources.values() if resource.custom]
        return name.removeprefix(_common_beginning(names)) or name


def _done(change: Change) -> str:
    if change.before is None:
        return "created"
    return "updated" if change.after else "removed"


def _common_beginning(names: Sequence[str]) -> str:
    """The dashed words that all names begin with."""
    same = os.path.commonprefix(names)  # noqa: RUF071 of characters; it ends at a dash
    return same[: same.rfind("-") + 1]


def _now() -> Part:
    return f"{datetime.now():%H:%M:%S}  "
