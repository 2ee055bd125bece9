import json

import pytest
from click.testing import CliRunner

from sluice import cli, target
from sluice.commands import mappings as command
from sluice.mappings import Mapping
from tests.sluice.scripted import Scripted

STREAM = "arn:aws:dynamodb:eu-north-1:1:table/people/stream/2026"
GOOD = Mapping("1-a", "users/notifier", "notifier-1", STREAM, "Enabled", "OK", 1500, 3, {"batch_size": 100})
BAD = Mapping("2-b", "items/importer", "i", "arn:aws:sqs:x:1:items", "Disabled", "PROBLEM: \x1b[2J no", None, None, {})


@pytest.fixture
def found(monkeypatch):
    def set_to(*mappings):
        monkeypatch.setattr(target, "chosen_target", lambda *_: Scripted({}))
        monkeypatch.setattr(command, "mappings", lambda _: list(mappings))

    return set_to


def test_mappings_are_shown_and_what_others_wrote_is_inert(found):
    found(GOOD, BAD)
    assert CliRunner().invoke(cli.cli, ["mappings"]).stdout == (
        "users/notifier  Enabled   lag 1.5 s\n"
        "    id      1-a\n"
        "    source  table people\n"
        "    result  OK\n"
        "items/importer  Disabled  lag -\n"
        "    id      2-b\n"
        "    source  queue items\n"
        "    result  PROBLEM: \\x1b[2J no\n"
        "2 mappings.\n"
    )


def test_mappings_as_json_have_their_settings_beside_the_rest(found):
    found(GOOD)
    assert json.loads(CliRunner().invoke(cli.cli, ["mappings", "--json"]).stdout) == [
        {
            "id": "1-a",
            "function": "users/notifier",
            "function_name": "notifier-1",
            "source": STREAM,
            "state": "Enabled",
            "last_processing_result": "OK",
            "lag_ms": 1500,
            "backlog": 3,
            "batch_size": 100,
        }
    ]
