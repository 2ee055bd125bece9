import pytest

from sluice.mappings import Mapping
from sluice.readiness import feeding
from sluice.readiness.feeding import fed, scheduled
from tests.sluice.scripted import GONE_ERROR, OUTPUTS, Scripted

STREAMS = {
    "users": {"tables": [{"archiver_mapping_id": None, "notifier_mapping_id": "1"}], "notifier_function_name": "n"}
}
TARGET = Scripted({}, {**OUTPUTS, "streams": STREAMS})


def mapping(id_="1", function="users/notifier", name="n", state="Enabled", result="OK"):
    return Mapping(id_, function, name, "arn", state, result, None, None, {})


IMPORTER = mapping("2", "items/importer", "importer-1")


@pytest.fixture
def told(monkeypatch):
    def ask(*found):
        monkeypatch.setattr(feeding, "mappings", lambda _: list(found))
        return [(finding.status, finding.detail, finding.remedy) for finding in fed(TARGET)]

    return ask


def test_mappings_that_are_enabled_are_ready(told):
    assert told(mapping(), IMPORTER) == [("ready", "2 mappings enabled", "")]


def test_one_that_is_disabled_is_told_with_what_enables_it(told):
    assert told(mapping(state="Disabled"), IMPORTER) == [
        (
            "not ready",
            "users/notifier (1) is disabled: nothing reaches the function",
            "`aws lambda update-event-source-mapping --uuid 1 --enabled`",
        )
    ]


def test_one_whose_last_batch_failed_is_told_with_where_to_look(told):
    assert told(mapping(result="PROBLEM: Function call failed"), IMPORTER) == [
        (
            "not ready",
            "users/notifier (1): PROBLEM: Function call failed",
            "`python -m sluice logs users/notifier` says why",
        )
    ]


def test_one_that_is_gone_is_told(told):
    assert [detail for _, detail, _ in told()] == [
        "users/notifier: its mapping 1 is gone",
        "items/importer: its mapping is gone",
    ]


def test_one_on_its_way_is_not_ready_yet(told):
    assert [detail for _, detail, _ in told(mapping(state="Enabling"), IMPORTER)] == ["users/notifier (1) is enabling"]


@pytest.mark.parametrize(
    ("schedule", "status", "detail"),
    [
        ({"State": "ENABLED"}, "ready", "1 schedule enabled"),
        ({"State": "DISABLED"}, "not ready", "report/tables: its schedule every is disabled"),
        (GONE_ERROR, "not ready", "report/tables: its schedule every is gone"),
    ],
    ids=["enabled", "disabled", "gone"],
)
def test_a_schedule_that_is_stopped_is_told(schedule, status, detail):
    (told,) = scheduled(Scripted({"scheduler.get_schedule": schedule}))
    assert (told.status, told.detail) == (status, detail)


@pytest.mark.parametrize("options", ["", " --outputs 'my outputs.json'"], ids=["here", "on AWS"])
def test_what_enables_a_schedule_that_is_stopped_is_a_command_of_this_tool(options):
    target = Scripted({"scheduler.get_schedule": {"State": "DISABLED"}})
    target.options = options
    (told,) = scheduled(target)
    assert told.remedy == f"`python -m sluice report --pipeline tables --enable{options}`"


def test_where_to_look_works_on_the_same_stack(monkeypatch):
    target = Scripted({}, {**OUTPUTS, "streams": STREAMS})
    target.options = " --stack dev"
    monkeypatch.setattr(feeding, "mappings", lambda _: [mapping(result="PROBLEM: Function call failed"), IMPORTER])
    assert [finding.remedy for finding in fed(target)] == [
        "`python -m sluice logs users/notifier --stack dev` says why"
    ]
