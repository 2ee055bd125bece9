from sluice import readiness
from sluice.readiness import findings
from sluice.readiness.finding import Finding, ready
from tests.sluice.scripted import REFUSAL, Scripted


def test_what_may_not_be_looked_at_is_told_and_the_rest_is_looked_at(monkeypatch):
    def refused(_target):
        raise REFUSAL
        yield

    monkeypatch.setattr(readiness, "_CHECKS", {"quota": refused, "alarms": lambda _: [ready("alarms", "good")]})
    assert list(findings(Scripted({}))) == [
        Finding(
            "quota",
            "unknown",
            "AWS: An error occurred (AccessDeniedException) when calling the Ask operation: not you",
            "ask with credentials that may read this",
        ),
        Finding("alarms", "ready", "good", ""),
    ]
