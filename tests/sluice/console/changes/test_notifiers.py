"""Notifiers as they are deployed, and the rules in their code."""

import io
import zipfile
from types import SimpleNamespace
from typing import Any

import pytest

from sluice.console.changes import notifiers as module
from sluice.console.changes.notifiers import RuleFiles, notifiers, template_names


class Lambda:
    """A function with a file of rules."""

    def __init__(self) -> None:
        self.variables = {"MAIL_TEMPLATES": '{"welcome": "stack-welcome"}', "MAIL_RULES": "rules.json"}
        self.code: dict[str, str] = {"rules.json": "{}"}
        self.sha = "1"

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:
        variables = {"Variables": self.variables}
        handler = "handlers.notifier.handler.handle"
        return {"FunctionName": FunctionName, "Handler": handler, "Environment": variables, "CodeSha256": self.sha}

    def get_function(self, FunctionName: str) -> dict[str, Any]:
        return {"Code": {"Location": f"http://127.0.0.1:1/code/{FunctionName}?signed=1"}}

    def archive(self) -> bytes:
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w") as file:
            for name, text in self.code.items():
                file.writestr(name, text)
        return memory.getvalue()


class StandIn(SimpleNamespace):
    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]


@pytest.fixture
def function() -> Lambda:
    return Lambda()


@pytest.fixture
def target(function: Lambda, monkeypatch: pytest.MonkeyPatch) -> Any:
    read: list[str] = []
    monkeypatch.setattr(module, "_content", lambda _target, place: [read.append(place), function.archive()][1])
    streams = {"users": {"notifier_function_name": "n"}, "logged": {"notifier_function_name": None}}
    return StandIn(outputs={"streams": streams}, client=lambda _service: function, read=read)


def test_each_stream_that_mails_has_one(target):
    (found,) = notifiers(target)
    assert (found.pipeline.name, found.function, found.handler) == ("users", "n", "handlers.notifier.handler.handle")
    assert template_names([found]) == {"stack-welcome": "welcome"}


@pytest.mark.parametrize("value", ["", "no JSON", "[]"])
def test_somebody_elses_function_has_no_templates(target, function, value):
    function.variables["MAIL_TEMPLATES"] = value
    assert notifiers(target)[0].templates == {}


def test_the_file_of_rules_is_read_once_for_each_version_of_the_function(target, function):
    files = RuleFiles()
    assert [files.of(notifiers(target)[0]) for _ in range(3)] == ["{}"] * 3
    assert target.read == ["http://127.0.0.1:1/code/n?signed=1"]
    function.code["rules.json"], function.sha = '{"rules": []}', "2"
    assert files.of(notifiers(target)[0]) == '{"rules": []}'
    function.variables = {**function.variables, "MAIL_ENABLED": "false"}
    files.of(notifiers(target)[0])
    assert len(target.read) == 3


def test_a_function_without_such_a_file_has_none(target, function):
    function.code = {}
    assert RuleFiles().of(notifiers(target)[0]) is None


def test_code_that_is_no_archive_is_told(target, monkeypatch):
    monkeypatch.setattr(module, "_content", lambda *_: b"no archive")
    with pytest.raises(ValueError, match="the code of n is not an archive"):
        RuleFiles().of(notifiers(target)[0])
