import pytest

from handlers.reporter import environment as names
from handlers.reporter.expectations import Expectation
from handlers.reporter.settings import Group, SettingsError, read

VARIABLES = {
    names.GROUPS: '[{"name": "RA", "prefix": "RA_", "label": "Augmented Reality", "totals_table": "RA_totales"}]',
    names.MAIL: "always",
    names.RECIPIENTS: '["team@example.com"]',
    names.NAME_ATTRIBUTE: "name",
    names.DATE_ATTRIBUTE: "date",
    names.BUCKET: "reports",
    names.READ_UNITS: "1000",
    names.ITEMS_PER_TABLE: "0",
    names.HISTORY_DAYS: "90",
    names.ENVIRONMENT: "dev",
    names.MAIL_ENABLED: "true",
    names.MAIL_ONLY_TO: "[]",
    names.MAIL_SENDER: "no-reply@example.com",
    names.MAIL_REPLY_TO: "",
    names.MAIL_CONFIGURATION_SET: "mails",
}


def test_settings_are_read_from_the_environment() -> None:
    settings = read(VARIABLES)
    assert settings.groups == (Group("RA", "RA_", "Augmented Reality", "RA_totales"),)
    assert settings.recipients == ("team@example.com",)
    assert (settings.read_units, settings.items_per_table, settings.mail_enabled) == (1000, 0, True)


def test_mail_can_be_turned_off() -> None:
    assert not read(VARIABLES | {names.MAIL_ENABLED: "false"}).mail_enabled


def test_what_is_expected_of_a_group_is_read() -> None:
    group = '{"name": "RA", "prefix": "RA_", "label": "RA", "totals_table": "t", "expect": {"minimum": 1}}'
    assert read(VARIABLES | {names.GROUPS: f"[{group}]"}).groups[0].expect == Expectation(minimum=1)


def test_without_mail_nothing_more_has_to_be_said_of_it() -> None:
    mail = (names.RECIPIENTS, names.MAIL_ENABLED, names.MAIL_ONLY_TO, names.MAIL_SENDER, names.MAIL_CONFIGURATION_SET)
    others = {name: value for name, value in VARIABLES.items() if name not in mail}
    settings = read(others | {names.MAIL: "never"})
    assert (settings.mail, settings.recipients, settings.mail_enabled) == ("never", (), False)


@pytest.mark.parametrize("name", VARIABLES)
def test_a_missing_variable_is_named(name: str) -> None:
    variables = {other: value for other, value in VARIABLES.items() if other != name}
    with pytest.raises(SettingsError, match=f"{name} is not set"):
        read(variables)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (names.GROUPS, "RA"),
        (names.GROUPS, '{"name": "RA"}'),
        (names.GROUPS, '[{"name": "RA"}]'),
        (names.GROUPS, '[{"name": "RA", "prefix": "RA_", "label": "RA", "totals_table": "t", "expect": {"least": 1}}]'),
        (names.MAIL, "sometimes"),
        (names.BUCKET, ""),
        (names.READ_UNITS, "0"),
        (names.READ_UNITS, "many"),
        (names.ITEMS_PER_TABLE, "-1"),
        (names.MAIL_ENABLED, "yes"),
    ],
)
def test_a_malformed_variable_is_named_with_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} should be") as raised:
        read(VARIABLES | {name: value})
    assert repr(value) in str(raised.value)


@pytest.mark.parametrize("value", ["someone@example.com", '[1, "someone@example.com"]'])
def test_a_malformed_list_of_recipients_is_named_without_its_addresses(value: str) -> None:
    with pytest.raises(SettingsError, match=names.RECIPIENTS) as raised:
        read(VARIABLES | {names.RECIPIENTS: value})
    assert "someone" not in str(raised.value)
