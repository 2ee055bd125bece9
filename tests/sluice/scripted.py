"""A stack whose services answer what a test has for them."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from sluice.target import Target

OUTPUTS = {
    "region": "eu-north-1",
    "environment": "dev",
    "alarm_topic_arn": "arn:aws:sns:eu-north-1:1:alarms",
    "mail_sender": "no-reply@example.com",
    "streams": {
        "users": {
            "tables": [{"name": "people"}],
            "archiver_function_name": "archiver-1",
            "notifier_function_name": "notifier-1",
        }
    },
    "imports": {
        "items": {"function_name": "importer-1", "queue_url": "https://q/items", "dead_letter_queue_url": "https://q/dead"}
    },
    "reports": {"tables": {"function_name": "reporter-1", "schedule_name": "every", "prefixes": {"RA": "RA_"}}},
}  # fmt: skip
GONE = type("ResourceNotFoundException", (ClientError,), {})
GONE_ERROR = GONE({"Error": {"Code": "ResourceNotFoundException", "Message": "there is none"}}, "Get")
REFUSAL = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "Ask")


class Scripted(Target):
    """`Scripted({"lambda.get_function": answer})`: an answer, an exception, or what makes one of the arguments."""

    def __init__(self, answers: dict[str, Any], outputs: dict[str, Any] = OUTPUTS, endpoint: str | None = None) -> None:
        super().__init__(outputs, endpoint)
        self._answers, self.asked = answers, []

    def client(self, service: str) -> Any:
        return _Client(self, service)

    def answer(self, operation: str, arguments: dict[str, Any]) -> Any:
        self.asked.append((operation, arguments))
        answer = self._answers[operation]
        answer = answer(**arguments) if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer


class _Client:
    def __init__(self, target: Scripted, service: str) -> None:
        self._target, self._service = target, service
        self.exceptions = SimpleNamespace(NotFoundException=GONE, ResourceNotFoundException=GONE)

    def get_paginator(self, operation: str) -> Any:
        def paginate(**arguments: Any) -> Iterator[Any]:
            yield getattr(self, operation)(**arguments)

        return SimpleNamespace(paginate=paginate)

    def __getattr__(self, operation: str) -> Any:
        return lambda **arguments: self._target.answer(f"{self._service}.{operation}", arguments)
