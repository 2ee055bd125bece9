"""The functions that mail, as they are deployed: their settings, and the templates that they use."""

import json
from typing import NamedTuple

from sluice.pipelines import Pipeline, pipelines
from sluice.target import Target

_TEMPLATES = "MAIL_TEMPLATES"


class Notifier(NamedTuple):
    """The function of a stream that mails."""

    pipeline: Pipeline
    function: str
    """Its physical name."""
    variables: dict[str, str]
    """Its environment."""

    @property
    def templates(self) -> dict[str, str]:
        """Template -> its name in SES; empty where the function is none of ours."""
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
        Notifier(stream, name, _variables(stream, name))
        for stream in pipelines(target, "streams")
        if (name := stream["notifier_function_name"])
    ]


def template_names(found: list[Notifier]) -> dict[str, str]:
    """Returns what each template is called: its name in SES -> its name in the program."""
    return {ses_name: name for notifier in found for name, ses_name in notifier.templates.items()}


def _variables(stream: Pipeline, function: str) -> dict[str, str]:
    configuration = stream.client("lambda").get_function_configuration(FunctionName=function)
    return configuration.get("Environment", {}).get("Variables", {})
