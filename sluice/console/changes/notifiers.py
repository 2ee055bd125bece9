"""The deployed notifiers: their settings, their rules and their templates."""

import io
import json
import threading
import zipfile
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from sluice.pipelines import Pipeline, pipelines
from sluice.target import Target

_TEMPLATES = "MAIL_TEMPLATES"
RULES = "MAIL_RULES"
"""The variable that names the file of rules, in the function's archive."""


class Notifier:
    """The notifier of a stream.

    Attributes:
        pipeline: The stream.
        function: The function's physical name.
        handler: Its handler's dotted path.
        variables: Its environment variables.
        version: Identifies its code and settings: it differs after each change.
    """

    def __init__(self, pipeline: Pipeline, configuration: dict[str, Any]) -> None:
        self.pipeline = pipeline
        self.function: str = configuration["FunctionName"]
        self.handler: str = configuration.get("Handler", "")
        self.variables: dict[str, str] = configuration.get("Environment", {}).get("Variables", {})
        self.version = json.dumps([self.handler, self.variables, configuration.get("CodeSha256")], sort_keys=True)

    @cached_property
    def templates(self) -> dict[str, str]:
        """Template -> its name in SES; empty if the function is not Sluice's."""
        try:
            named = json.loads(self.variables.get(_TEMPLATES, "{}"))
        except ValueError:
            return {}
        return named if isinstance(named, dict) else {}


def notifiers(target: Target) -> list[Notifier]:
    """Returns the notifiers of a stack, in the order of its streams.

    Raises:
        ClientError: Lambda may not be asked.
    """
    return [
        Notifier(stream, stream.client("lambda").get_function_configuration(FunctionName=name))
        for stream in pipelines(target, "streams")
        if (name := stream["notifier_function_name"])
    ]


def template_names(found: list[Notifier]) -> dict[str, str]:
    """Returns the names of the templates: name in SES -> name in the program."""
    return {ses_name: name for notifier in found for name, ses_name in notifier.templates.items()}


class RuleFiles:
    """The rule files of notifiers, each read once from the deployed code."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[str, tuple[str, str]] = {}

    def of(self, notifier: Notifier) -> str | None:
        """Returns a notifier's rule file; None if it has none.

        Raises:
            ClientError, BotoCoreError, OSError, ValueError: The function's code may not be read, or is not an archive.
        """
        with self._lock:
            version, text = self._read.get(notifier.function, ("", ""))
        if version != notifier.version:
            text = _file(notifier.pipeline.target, notifier.function, notifier.variables.get(RULES, "")) or ""
            with self._lock:
                self._read[notifier.function] = notifier.version, text
        return text or None


def _file(target: Target, function: str, path: str) -> str | None:
    """A file in a function's archive; None if it has none of that name."""
    place = target.client("lambda").get_function(FunctionName=function)["Code"]["Location"]
    try:
        with zipfile.ZipFile(io.BytesIO(_content(target, place))) as archive:
            return archive.read(path).decode() if path in archive.namelist() else None
    except zipfile.BadZipFile as error:
        raise ValueError(f"the code of {function} is not an archive: {error}") from None


def _content(target: Target, place: str) -> bytes:
    if target.endpoint:
        from sluice.cloud.emulator.own_paths import read

        parts = urlsplit(place)
        return read(target.endpoint, f"{parts.path}?{parts.query}", target.token)
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session

    answer = URLLib3Session().send(AWSRequest("GET", place).prepare())
    if answer.status_code != 200:
        raise OSError(f"the function's code cannot be read: S3 answers {answer.status_code}")
    return answer.content
