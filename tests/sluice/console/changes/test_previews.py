"""What rules make of changes, by the notifier's own code in a process of its own."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sluice.cloud.program.execution import ROOT
from sluice.console.changes import previews as module
from sluice.console.changes.previews import Previews
from sluice.console.outbox import content_of
from tests.sluice.console.making import ADA, change

RULES = {
    "address_attribute": "email",
    "name_attribute": "name",
    "rules": [
        {"template": "welcome", "events": ["INSERT"], "to_attribute": "email"},
        {"template": "changed", "events": ["MODIFY"], "changed": ["name"], "to_attribute": "email"},
    ],
}
VARIABLES = {
    "MAIL_SENDER": "no-reply@example.com",
    "MAIL_REPLY_TO": "",
    "MAIL_CONFIGURATION_SET": "set",
    "MAIL_RULES": "rules.json",
    "MAIL_TEMPLATES": '{"welcome": "stack-welcome"}',
    "MAIL_ENABLED": "true",
    "MAIL_ONLY_TO": "[]",
    "MARKS_TABLE": "marks",
    "MARKS_DAYS": "37",
}


class Notifier:
    """A notifier as it is deployed."""

    function, handler, version = "n", "handlers.notifier.handler.handle", "1"
    variables = VARIABLES


@pytest.fixture
def notifier(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(module.RuleFiles, "of", lambda _self, _notifier: json.dumps(RULES))
    return Notifier()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many changes each process was given."""
    runs: list[int] = []
    run = module.run_module

    def counted(*args: Any, **options: Any) -> Any:
        runs.append(len(json.loads(options["given"])))
        return run(*args, **options)

    monkeypatch.setattr(module, "run_module", counted)
    return runs


def test_each_rule_has_its_mail_or_its_reason(notifier):
    previews, one, two = Previews(ROOT), change(1), change(2, new={**ADA, "email": {"S": "nobody"}})
    assert previews.judge([one, two], notifier) == ""
    welcome, changed = previews.known(one, notifier) or []
    (mail,) = welcome.outcomes
    assert (mail.to, mail.template, mail.mark, mail.reason) == ("ada@example.com", "stack-welcome", "e1", "")
    assert mail.content == content_of(["ada@example.com"], "stack-welcome", mail.data)
    assert (changed.is_about, changed.events, changed.changed, changed.to) == (False, ("MODIFY",), ("name",), "email")
    welcome, _ = previews.known(two, notifier) or []
    assert (welcome.outcomes[0].reason, welcome.outcomes[0].attributes) == ("malformed_address", ("email",))
    assert previews.asking_for(mail.content) == ["e1"]


def test_a_change_is_judged_once_until_the_function_is_another(notifier, runs):
    previews, one, two = Previews(ROOT), change(1), change(2)
    previews.judge([one], notifier)
    previews.judge([one, two], notifier)
    previews.judge([one, two], notifier)
    assert runs == [1, 1]
    notifier.version = "2"
    assert previews.known(one, notifier) is None
    previews.judge([one, two], notifier)
    assert runs == [1, 1, 2]


@pytest.mark.parametrize("knows_program", [True, False])
def test_a_program_of_installed_components_is_judged_by_their_code(notifier, tmp_path, knows_program):
    previews, one = Previews(tmp_path if knows_program else None), change()
    assert previews.judge([one], notifier) == ""
    assert previews.known(one, notifier)


def test_a_notifier_whose_code_has_no_preview_is_named(notifier, tmp_path):
    notifier.handler = "shop.notifier.handler.handle"
    problem = Previews(tmp_path).judge([change()], notifier)
    assert problem.endswith(f"and there is no shop.notifier.preview in {tmp_path}.")


def test_a_function_without_rules_is_somebody_elses(notifier, monkeypatch):
    monkeypatch.setattr(module.RuleFiles, "of", lambda *_: None)
    assert "n has no rule file" in Previews(ROOT).judge([change()], notifier)


def test_code_that_breaks_is_told_with_its_error(notifier, tmp_path):
    shutil.copytree(ROOT / "handlers", tmp_path / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    broken = tmp_path / "handlers/notifier/decisions.py"
    broken.write_text(broken.read_text() + "\nraise RuntimeError('mended soon')\n")
    problem = Previews(tmp_path).judge([change()], notifier)
    assert problem.endswith("could not say which rule mails whom: RuntimeError: mended soon")


@pytest.mark.parametrize("said", ["no JSON", "[]", "[1]", '[[{"template": "x"}]]'])
def test_code_that_says_something_else_is_told(notifier, tmp_path, said):
    package = tmp_path / "handlers/notifier"
    package.mkdir(parents=True)
    Path(package, "preview.py").write_text(f"print({said!r})")
    assert "could not say which rule mails whom" in Previews(tmp_path).judge([change()], notifier)


def test_what_is_kept_no_more_is_forgotten(notifier, monkeypatch):
    monkeypatch.setattr(module, "KEPT", 1)
    previews, changes = Previews(ROOT), [change(number) for number in range(1, 4)]
    previews.judge(changes, notifier)
    ((mail,), _) = [ruling.outcomes for ruling in previews.known(changes[0], notifier) or []]
    previews.forget_others({"e3"})
    assert [previews.known(one, notifier) is None for one in changes] == [True, True, False]
    assert previews.asking_for(mail.content) == ["e3"]
