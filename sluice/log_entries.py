"""Parses a function's log into summaries, errors with their tracebacks, and other printed lines."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

_TRACEBACK = "Traceback (most recent call last):"
_MARK = re.compile(r"(?:(START)|END|REPORT) RequestId: (\S+)|INIT_START |XRAY TraceId: ")
_OURS = ("_aws", "request_id", "FunctionName")
"""The fields of a summary that are only for machines."""

_SUFFIXES = {"Milliseconds": " ms", "Bytes": " bytes"}

Kind = Literal["summary", "error", "line"]


@dataclass(frozen=True)
class Entry:
    """An entry in a function's log.

    Attributes:
        at: when, ISO 8601 in UTC.
        function: `users/notifier`.
        kind: `summary`: the result of an invocation; `error`: it failed; `line`: the function printed something.
        request_id: the invocation's; empty if the line does not contain it.
        text: the error, or the line.
        summary: counts and durations by their names.
        units: name -> CloudWatch's unit, such as `Milliseconds`.
        traceback: the lines of an error's traceback, the last of them last.
    """

    at: str
    function: str
    kind: Kind
    request_id: str = ""
    text: str = ""
    summary: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    traceback: list[str] = field(default_factory=list)

    @property
    def summary_text(self) -> str:
        """The counts of a summary, without those that are zero or empty."""
        suffixes = {name: _SUFFIXES.get(unit, "") for name, unit in self.units.items()}
        told = [f"{name} {_text(value)}{suffixes.get(name, '')}" for name, value in self.summary.items() if value]
        return ", ".join(told) or "nothing to do"

    def document(self) -> dict[str, Any]:
        """Returns it as one object, with the fields of its kind."""
        document = {"at": self.at, "function": self.function, "kind": self.kind, "request_id": self.request_id}
        if self.kind == "summary":
            return {**document, "summary": self.summary}
        return {**document, "text": self.text} | ({"traceback": self.traceback} if self.kind == "error" else {})


class Invocations:
    """Counts the invocations in a log, each once, however many entries it has."""

    def __init__(self) -> None:
        self._ran: set[str] = set()
        self._failed: set[str] = set()

    def add(self, entry: Entry) -> None:
        """Adds an entry."""
        if entry.kind != "line":
            self._ran.add(entry.request_id)
        if entry.kind == "error":
            self._failed.add(entry.request_id)

    def begin(self, requests: set[str]) -> None:
        """Adds the invocations that have begun: those that timed out, crashed or logged nothing count, too."""
        self._ran |= requests

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self._ran)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return len(self._failed)


class Streams:
    """Reads the lines of a log, in which those of several streams are mixed."""

    def __init__(self, function: str) -> None:
        """Prepares it.

        Args:
            function: the function's name in its entries.
        """
        self._function = function
        self._readers: dict[str, Reader] = {}

    @property
    def started(self) -> set[str]:
        """The invocations that have begun, by what was read so far."""
        return {request for reader in self._readers.values() for request in reader.started}

    def feed(self, event: Mapping[str, Any]) -> Iterator[Entry]:
        """Takes the next line, as `filter_log_events` returns it, and yields the entries that it completes."""
        reader = self._readers.setdefault(event.get("logStreamName", ""), Reader(self._function))
        yield from reader.feed(event["timestamp"], event["message"].rstrip("\n"))

    def end(self) -> Iterator[Entry]:
        """Gives what is under way: nothing more belongs to it."""
        for reader in self._readers.values():
            yield from reader.end()


class Reader:
    """Reads the lines of one stream of a log: Lambda's JSON, and the plain text of the embedded cloud.

    Attributes:
        started: the invocations that have begun according to Lambda, whatever the function logged.
    """

    def __init__(self, function: str) -> None:
        self._function = function
        self.started: set[str] = set()
        self._request, self._at = "", ""
        self._trace: list[str] = []
        self._failed: set[str] = set()

    def feed(self, milliseconds: int, message: str) -> Iterator[Entry]:
        """Takes the next line, and yields the entries that it completes."""
        at = _moment(milliseconds)
        document = _document(message)
        mark = _MARK.match(message)
        if self._trace and not mark and document is None:
            self._trace.append(message)
            return
        yield from self.end()
        self._at = at
        if mark:
            self._request = mark[2] or self._request
            if mark[1]:
                self.started.add(self._request)
        elif message == _TRACEBACK:
            self._trace = [message]
        elif document is None:
            if message.strip():
                yield Entry(at, self._function, "line", self._request, message)
        else:
            yield from self._of_document(at, document, message)

    def end(self) -> Iterator[Entry]:
        """Gives what is under way: nothing more belongs to it."""
        if self._trace:
            lines, self._trace = self._trace, []
            while not lines[-1].strip():
                lines.pop()
            self._failed.add(self._request)
            yield Entry(self._at, self._function, "error", self._request, _error(lines), traceback=lines)

    def _of_document(self, at: str, document: dict[str, Any], message: str) -> Iterator[Entry]:
        request = str(document.get("request_id") or document.get("requestId") or self._request)
        if isinstance(of := document.get("_aws"), dict):
            summary = {name: value for name, value in document.items() if name not in _OURS}
            yield Entry(at, self._function, "summary", request, summary=summary, units=_units(of))
        elif "errorMessage" in document:
            self._failed.add(request)
            error = f"{document.get('errorType', 'Error')}: {document['errorMessage']}"
            trace = document.get("stackTrace")
            lines = [line for each in trace for line in str(each).splitlines()] if isinstance(trace, list) else []
            yield Entry(at, self._function, "error", request, error, traceback=[*lines, error] if lines else [])
        elif str(document.get("type", "")).startswith("platform."):
            yield from self._of_platform(at, document)
        else:
            level = document.get("level") or document.get("log_level")
            said = document.get("message")
            text = f"{level}: {said}" if level and said else message
            yield Entry(at, self._function, "line", request, text)

    def _of_platform(self, at: str, document: dict[str, Any]) -> Iterator[Entry]:
        """Lambda's own line, which matters if an invocation ended and its function could not log why."""
        record = document.get("record")
        if not isinstance(record, dict):
            return
        if document["type"] == "platform.start":
            self.started.add(str(record.get("requestId", "")))
        if document["type"] != "platform.report":
            return
        request, status = str(record.get("requestId", "")), record.get("status")
        if status in ("timeout", "error", "failure") and request not in self._failed:
            duration = (record.get("metrics") or {}).get("durationMs", "?")
            why = record.get("errorType", "it did not answer")
            yield Entry(at, self._function, "error", request, f"{status} after {duration} ms: {why}")
        self._failed.discard(request)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {_text(held)}" for name, held in value.items()) + ")"
    if isinstance(value, list):
        return "(" + "; ".join(map(_text, value)) + ")"
    return f"{value:,.0f}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _document(message: str) -> dict[str, Any] | None:
    """The JSON object in a line, if it is one."""
    try:
        document = json.loads(message) if message.startswith("{") else None
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _units(of: dict[str, Any]) -> dict[str, str]:
    """The units of a summary's metrics; none if the line is not a summary of ours."""
    try:
        metrics = of["CloudWatchMetrics"][0]["Metrics"]
        return {str(metric["Name"]): str(metric["Unit"]) for metric in metrics}
    except (LookupError, TypeError):
        return {}


def _error(lines: list[str]) -> str:
    """The error at the end of a traceback: the first unindented line after the last frame."""
    frames = [place for place, line in enumerate(lines) if line.startswith("  File ")]
    after = lines[frames[-1] + 1 :] if frames else []
    return next((line for line in after if line and not line.startswith(" ")), lines[-1])


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
