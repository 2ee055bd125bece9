"""The log of each call of a function: everything that its process printed before it answered.

The emulator waits for lines, 50 ms for the first and 5 ms for more. A busy machine is slower, and for a silent function
the wait is wasted. Here a process marks the end of a call in its log before it answers.
"""

# ruff: noqa: SLF001

import json
import queue
import secrets
import time
from collections.abc import Callable
from typing import Any

_PATIENCE_SECONDS = 1.0
"""How long to wait for a log without an end mark: a program that a function started may hold it open."""

_TRACEBACK = "Traceback (most recent call last):"

_ANSWERS = """
class _Answers:
    def __init__(self):
        self._log, self._answers = os.dup(2), os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # output of programs that the function runs belongs to its log, and is no answer

    def write(self, text):
        try:
            os.write(self._log, {end!r})
        except OSError:  # a function may close what it likes
            pass
        self._answers.write(text)

    def flush(self):
        self._answers.flush()

sys.stdout = _Answers()
"""
"""Replaces a process's standard output, which the emulator's script keeps for its answers."""


def complete() -> str:
    """Has the emulator wait for the end of each call's log; returns the code that function processes run first.

    Called in the emulator's process, before it runs a function.
    """
    from ministack.core import lambda_runtime

    end = secrets.token_hex(16)
    worker = _worker(lambda_runtime.Worker, end.encode())
    original: Callable[[Any], Any] = lambda_runtime._worker_class_for

    def chosen(config: dict[str, Any]) -> Any:
        return worker if str(config.get("Runtime", "")).startswith("python") else original(config)

    lambda_runtime._worker_class_for = chosen
    return _ANSWERS.format(end=f"{end}\n".encode())


def with_reason(run: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Returns a function like `run` that writes the error into the log if the function could not log it itself.

    That is after a timeout, a crash or a failed start: the error is then the last line, as Lambda writes errors.
    """

    def run_and_tell(*arguments: Any) -> dict[str, Any]:
        result = run(*arguments)
        body, log = result.get("body"), result.get("log") or ""
        if result.get("error") and isinstance(body, dict) and _TRACEBACK not in log:
            said = log.removesuffix(str(body.get("errorMessage", ""))).rstrip("\n")
            result["log"] = "\n".join(filter(None, [said, json.dumps(body)]))
        return result

    return run_and_tell


def _worker(base: Any, end: bytes) -> Any:
    class PythonWorker(base):
        """A process that marks where the log of a call ends."""

        _unread = 0
        """How many end marks of earlier calls are still to come."""

        def _spawn(self) -> None:
            self._unread = 1  # its first answer says that it is ready
            super()._spawn()

        def _read_stderr(self) -> None:
            # This process's own: the next process has others, while these may still be read.
            process, lines = self._proc, self._stderr_queue
            for line in process.stderr.buffer:  # bytes: invalid UTF-8 would end the reading
                text, ended, _ = line.removesuffix(b"\n").partition(end)
                if text or not ended:
                    lines.put(text.decode(errors="replace"))
                if ended:
                    lines.put(None)
            lines.put(None)

        def _drain_stderr(self) -> str:
            lines: list[str] = []
            until = time.monotonic() + _PATIENCE_SECONDS
            while True:
                try:
                    line = self._stderr_queue.get(timeout=max(0.0, until - time.monotonic()))
                except queue.Empty:
                    self._unread += 1
                    break
                if line is not None:
                    lines.append(line)
                elif self._unread:
                    self._unread -= 1
                else:
                    break
            return "\n".join(lines)

        def _drain_stderr_bounded(self) -> str:
            return self._drain_stderr()

    return PythonWorker
