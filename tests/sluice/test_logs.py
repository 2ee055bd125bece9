from typing import Any

from sluice.functions import functions
from sluice.logs import Log
from tests.sluice.scripted import GONE_ERROR, Scripted
from tests.sluice.test_log_entries import NOON, TRACEBACK


def event(at: int, message: str, stream: str = "s", **more: Any) -> dict[str, Any]:
    return {"timestamp": NOON + at, "message": message, "logStreamName": stream, **more}


def log(events: Any, *, here: bool = False, overlap: int = 10) -> tuple[Log, Scripted]:
    """The log of the notifier; `events` may be filled while it is read."""

    def filtered(logGroupName: str, startTime: int) -> Any:
        assert logGroupName == "group"
        return (
            events if isinstance(events, Exception) else {"events": [e for e in events if e["timestamp"] >= startTime]}
        )

    configuration = {"LoggingConfig": {"LogGroup": "group"}}
    answers = {"logs.filter_log_events": filtered, "lambda.get_function_configuration": configuration}
    target = Scripted(answers, endpoint="http://127.0.0.1:1" if here else None)
    notifier = functions(target)[1]
    return Log(target, notifier, NOON, overlap), target


def texts(log: Log) -> list[str]:
    return [entry.text for entry in log.read()]


def test_each_line_is_told_once_also_one_that_comes_late():
    events = [event(0, "a"), event(20, "b")]
    followed, _ = log(events)
    assert texts(followed) == ["a", "b"]
    events += [event(15, "late"), event(20, "b"), event(21, "c")]
    assert texts(followed) == ["late", "b", "c"]
    assert texts(followed) == []


def test_lines_of_invocations_at_once_are_kept_apart():
    lines = [event(0, line, stream) for line in TRACEBACK[:4] for stream in ("one", "two")]
    followed, _ = log(lines)
    assert [entry.traceback for entry in followed.read()] == [TRACEBACK[:4]] * 2


def test_a_function_that_never_ran_or_is_gone_has_no_log():
    assert texts(log(GONE_ERROR)[0]) == []
    gone = Scripted({"lambda.get_function_configuration": GONE_ERROR})
    assert texts(Log(gone, functions(gone)[1], NOON)) == []


def test_of_the_embedded_cloud_what_one_answer_does_not_hold_is_read_too(monkeypatch):
    monkeypatch.setattr("sluice.logs._PAGE", 3)
    events = [event(at, f"line {at}") for at in range(7)]

    def first_three(logGroupName: str, startTime: int) -> Any:
        return {"events": [each for each in events if each["timestamp"] >= startTime][:3]}

    followed, target = log([], here=True)
    target._answers["logs.filter_log_events"] = first_three
    assert texts(followed) == [f"line {at}" for at in range(7)]
