"""The forms are what was seen under the real engine and provider."""

import pytest

from policies import resource_types as types
from policies.model import UNKNOWN
from policies.pack import registered
from sluice.cloud.program.execution import stacks
from tests.policies.editing import found
from tests.policies.forms import FORMS, previewed, unsettled
from tests.policies.recording import stack


@pytest.mark.parametrize("name", stacks())
def test_a_preview_shows_what_the_provider_computes_as_unknown(name):
    shown = unsettled(stack(name))
    dead_letters = found(shown, types.QUEUE, f"sluice-{name}-import-items-dead-letters").inputs
    assert (dead_letters["redrivePolicy"], dead_letters["sqsManagedSseEnabled"]) == (UNKNOWN, True)
    mapping = found(shown, types.MAPPING, f"sluice-{name}-import-items-mapping").inputs
    assert mapping["maximumRetryAttempts"] is UNKNOWN
    assert "startingPosition" not in mapping
    queue = found(shown, types.QUEUE, f"sluice-{name}-import-items-queue").inputs
    assert "import-items-dead-letters" in queue["redrivePolicy"]


@pytest.mark.parametrize("name", stacks())
def test_a_provider_keeps_what_is_absent_as_empty(name):
    shown = FORMS["state"](stack(name))
    mapping = found(shown, types.MAPPING, f"sluice-{name}-import-items-mapping").inputs
    assert (mapping["startingPosition"], mapping["topics"], mapping["maximumRetryAttempts"]) == ("", [], -1.0)
    dead_letters = found(shown, types.QUEUE, f"sluice-{name}-import-items-dead-letters").inputs
    assert (dead_letters["redrivePolicy"], dead_letters["kmsMasterKeyId"]) == ("", "")
    notification = found(shown, types.BUCKET_NOTIFICATION, f"sluice-{name}-import-items-notification").inputs
    assert (notification["lambdaFunctions"], notification["queues"][0]["filterSuffix"]) == ([], "")


def test_rules_judge_of_a_preview_what_the_program_gave():
    shown = {
        "redrivePolicy": UNKNOWN,
        "loggingConfig": {"logFormat": "JSON", "logGroup": UNKNOWN},
        "attributes": [UNKNOWN, {"name": "id", "type": UNKNOWN}],
        "name": "a",
    }
    assert registered(shown, set()) == {
        "loggingConfig": {"logFormat": "JSON"},
        "attributes": [{"name": "id"}],
        "name": "a",
    }
    assert registered(shown, {"redrivePolicy", "loggingConfig", "attributes"}) == shown


def test_what_the_program_gives_and_only_aws_can_say_stays_unknown():
    queue = found(previewed(stack("prod", preview=True)), types.QUEUE, "sluice-prod-import-items-queue").inputs
    assert queue["redrivePolicy"] is UNKNOWN
    assert "policy" not in queue
