import pytest

from infra.settings import SettingsError, load


def operations(**its):
    return load({"aws:region": "eu-north-1", "sluice:operations": its}, "dev").operations


def test_without_alarms_nobody_is_told_of_them():
    emails = ["on-call@example.com"]
    assert operations(alarmEmails=emails).told == emails
    assert operations(alarmEmails=emails, alarms="essential").told == emails
    assert operations(alarmEmails=emails, alarms="none").told == []


@pytest.mark.parametrize(
    ("its", "said"),
    [
        ({"alarms": "some"}, "alarms: found 'some'; allowed: 'all', 'essential' or 'none'"),
        *(
            (
                {"runbookUrl": url},
                f"runbookUrl: found '{url}'; allowed: a URL of http or https without #, 300 characters at most",
            )
            for url in ("docs/ours.md", "https://wiki.example.com/#sluice", "https://wiki.example.com/our page")
        ),
    ],
)
def test_what_no_alarm_could_follow_is_refused(its, said):
    with pytest.raises(SettingsError) as caught:
        operations(**its)
    assert str(caught.value).splitlines()[1:] == [f"  Pulumi.dev.yaml: sluice:operations.{said}"]
