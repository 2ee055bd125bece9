import logging
from typing import Any

import pytest

from infra.mailer import Mailer
from sluice.cloud.program import execution as program
from sluice.cloud.program.graph import Created, Resource
from sluice.cloud.program.recording import Recorder
from tests.infra.reading import OPERATIONS, TAGS, TOPIC, dependencies, record, types

IDENTITY = "aws:sesv2/emailIdentity:EmailIdentity"
SENDER = "no-reply@example.com"
TEMPLATES = ["welcome", "profile-changed"]


def arguments(**args: Any) -> Any:
    return {"sender": SENDER, "templates": TEMPLATES, "events_topic_arn": TOPIC, **args}


def mailer(**args: Any):
    return record(lambda: Mailer("mail", arguments(**args)))


# ---- the identity


def test_an_address_is_verified_by_itself():
    assert mailer().named("mail-identity").inputs["emailIdentity"] == SENDER


def test_of_a_domain_all_addresses_are_verified():
    assert mailer(domain="example.com").named("mail-identity").inputs["emailIdentity"] == "example.com"


def test_an_identity_that_is_there_already_is_left_alone():
    graph = mailer(create_identity=False)
    assert graph.of_type(IDENTITY) == []
    assert graph.named("mail-settings")


# ---- what a person has to do


class WithTokens(Recorder):
    """As AWS answers for a domain: with the tokens of its DKIM records."""

    def create(self, resource: Resource) -> Created:
        made = super().create(resource)
        if resource.type == IDENTITY:
            made.outputs["dkimSigningAttributes"] = {"tokens": ["one", "two"]}
        return made


def said(caplog, recorder=Recorder, region="eu-north-1", **args: Any) -> str:
    """What the deployment logs."""
    with caplog.at_level(logging.INFO, "pulumi"):
        program.run("test", recorder(region), config={}, program=lambda: _build(args))
    return caplog.text


def _build(args: dict[str, Any]) -> None:
    Mailer("mail", arguments(**args))


def test_whoever_deploys_is_told_to_open_the_link(caplog):
    text = said(caplog)
    assert f"SES mails {SENDER} a link: until somebody opens it, mails are refused." in text
    assert "docs/first-deployment.md" in text


def test_whoever_deploys_is_told_the_dkim_records(caplog):
    text = said(caplog, WithTokens, domain="example.com")
    assert "Put these DKIM records into the DNS of example.com" in text
    for token in ("one", "two"):
        assert f"\n{token}._domainkey.example.com CNAME {token}.dkim.amazonses.com" in text
    assert "docs/first-deployment.md" in text


@pytest.mark.parametrize(
    ("region", "zone"),
    [
        ("eu-north-1", "dkim.amazonses.com"),
        ("us-east-1", "dkim.amazonses.com"),
        ("eu-central-1", "dkim.amazonses.com"),
        ("us-gov-west-1", "dkim.amazonses.com"),
        ("af-south-1", "dkim.af-south-1.amazonses.com"),
        ("ap-northeast-3", "dkim.ap-northeast-3.amazonses.com"),
        ("ap-south-2", "dkim.ap-south-2.amazonses.com"),
        ("ap-southeast-3", "dkim.ap-southeast-3.amazonses.com"),
        ("ap-southeast-5", "dkim.ap-southeast-5.amazonses.com"),
        ("ca-west-1", "dkim.ca-west-1.amazonses.com"),
        ("eu-central-2", "dkim.eu-central-2.amazonses.com"),
        ("eu-south-1", "dkim.eu-south-1.amazonses.com"),
        ("il-central-1", "dkim.il-central-1.amazonses.com"),
        ("me-central-1", "dkim.me-central-1.amazonses.com"),
        ("us-gov-east-1", "dkim.us-gov-east-1.amazonses.com"),
    ],
)
def test_the_dkim_records_name_the_host_of_the_region_and_the_command_that_checks_them(caplog, region, zone):
    text = said(caplog, WithTokens, region, domain="example.com")
    assert f"\none._domainkey.example.com CNAME one.{zone}\n" in text
    command = f"aws sesv2 get-email-identity --email-identity example.com --region {region} --query DkimAttributes"
    assert f"(SigningHostedZone: {zone}): {command}" in text


@pytest.mark.parametrize("domain", [None, "example.com"])
def test_whoever_deploys_is_told_of_the_sandbox(caplog, domain):
    assert "In SES's sandbox, where accounts start, recipients must be verified too." in said(caplog, domain=domain)


def test_whoever_has_the_records_made_is_told_to_wait_for_them(caplog):
    text = said(caplog, domain="example.com", hosted_zone="Z0123456789")
    assert "Until SES finds the DKIM records of example.com in the zone Z0123456789" in text
    assert "CNAME" not in text


def test_of_an_identity_that_is_there_already_nothing_is_asked(caplog):
    assert said(caplog, create_identity=False) == ""


# ---- how mails go


def test_mails_go_over_tls_or_not_at_all():
    assert mailer().named("mail-settings").inputs["deliveryOptions"] == {"tlsPolicy": "REQUIRE"}


def test_whoever_bounced_or_complained_is_not_mailed_again():
    found = mailer().named("mail-settings").inputs["suppressionOptions"]
    assert found == {"suppressedReasons": ["BOUNCE", "COMPLAINT"]}


def test_what_ses_says_only_later_goes_to_the_topic():
    """A missing template variable is accepted: nothing but a RENDERING_FAILURE tells of the lost mail."""
    graph = mailer()
    inputs = graph.named("mail-events").inputs
    assert inputs["configurationSetName"] == graph.named("mail-settings").inputs["configurationSetName"]
    assert inputs["eventDestination"] == {
        "enabled": True,
        "matchingEventTypes": ["BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"],
        "snsDestination": {"topicArn": TOPIC},
    }


def test_ses_is_told_of_the_topic_once_it_may_publish(graph_of):
    """SES tries the topic when it is told of it."""
    graph = graph_of("dev")
    assert "sluice-dev-monitoring-publishers" in dependencies(graph, graph.named("sluice-dev-mail-events"))


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_has_a_subject_a_text_and_a_page(template):
    inputs = mailer().named(f"mail-{template}").inputs
    assert inputs["name"] == f"mail-{template}"
    assert inputs["subject"]
    assert "\n" not in inputs["subject"]
    assert "{{name}}" in inputs["text"]
    assert inputs["html"].startswith("<!doctype html>")
    assert "{{nameHtml}}" in inputs["html"]


def test_templates_of_another_folder_are_taken(tmp_path):
    (tmp_path / "hello").mkdir()
    for name in ("subject.txt", "body.txt", "body.html"):
        (tmp_path / "hello" / name).write_text(f"of {name}")
    inputs = mailer(templates=["hello"], templates_folder=str(tmp_path)).named("mail-hello").inputs
    assert (inputs["subject"], inputs["text"], inputs["html"]) == ("of subject.txt", "of body.txt", "of body.html")


def test_a_template_that_ses_would_never_deliver_is_refused(tmp_path):
    with pytest.raises(program.ProgramError, match="hello: no such folder"):
        mailer(templates=["hello"], templates_folder=str(tmp_path))


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_page_uses_no_value_that_is_not_escaped(template):
    assert "{{name}}" not in mailer().named(f"mail-{template}").inputs["html"]


@pytest.mark.parametrize(
    ("kind", "metric", "threshold"),
    [("bounces", "Reputation.BounceRate", 0.05), ("complaints", "Reputation.ComplaintRate", 0.001)],
)
def test_an_alarm_goes_off_where_aws_reviews_an_account(kind, metric, threshold):
    graph = mailer(operations=OPERATIONS)
    inputs = graph.named(f"mail-{kind}").inputs
    assert (inputs["namespace"], inputs["metricName"]) == ("AWS/SES", metric)
    assert inputs["dimensions"] == {"ses:configuration-set": "mail-settings"}
    assert (inputs["statistic"], inputs["threshold"]) == ("Average", threshold)
    assert f"docs/operating.md#mail-{kind} (mail)" in inputs["alarmDescription"]


def test_the_rates_that_alarms_watch_are_published():
    """SES publishes them for a configuration set only where it is told to."""
    assert mailer().named("mail-settings").inputs["reputationOptions"] == {"reputationMetricsEnabled": True}


# ---- the component


def test_a_mailer_makes_these():
    assert types(mailer(), "mail") == {
        "mail-bounces": "aws:cloudwatch/metricAlarm:MetricAlarm",
        "mail-complaints": "aws:cloudwatch/metricAlarm:MetricAlarm",
        "mail-events": "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination",
        "mail-identity": IDENTITY,
        "mail-profile-changed": "aws:ses/template:Template",
        "mail-settings": "aws:sesv2/configurationSet:ConfigurationSet",
        "mail-welcome": "aws:ses/template:Template",
    }


def test_all_that_can_carries_the_tags():
    graph = mailer(operations=OPERATIONS)
    for name in ("mail-identity", "mail-settings", "mail-bounces"):
        assert graph.named(name).inputs["tags"] == TAGS


def test_a_mailer_tells_others_its_sender_and_settings():
    (component,) = mailer().of_type("sluice:index:Mailer")
    assert component.outputs == {"sender": SENDER, "configurationSetName": "mail-settings"}
