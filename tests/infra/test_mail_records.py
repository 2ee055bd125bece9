import pytest

from infra.mailer import Mailer
from tests.infra.reading import TOPIC, record

RECORD = "aws:route53/record:Record"
ZONE = "Z0123456789ABCDEFGHIJ"


def mailer(**args):
    given = {"sender": "a@example.com", "domain": "example.com", "hosted_zone": ZONE, "templates": []}
    return record(lambda: Mailer("mail", {**given, "events_topic_arn": TOPIC, **args}))


def test_the_records_that_verify_a_domain_and_have_its_mails_trusted_are_made_in_the_zone():
    records = [each.inputs for each in mailer().of_type(RECORD)]
    assert {each["zoneId"] for each in records} == {ZONE}
    assert sorted((each["type"], each["name"], each["records"]) for each in records) == [
        *(("CNAME", f"token{n}._domainkey.example.com", [f"token{n}.dkim.amazonses.com"]) for n in (1, 2, 3)),
        ("MX", "mail.example.com", ["10 feedback-smtp.eu-north-1.amazonses.com"]),
        ("TXT", "_dmarc.example.com", ["v=DMARC1; p=none;"]),
        ("TXT", "mail.example.com", ["v=spf1 include:amazonses.com ~all"]),
    ]


def test_a_record_that_is_there_already_is_not_overwritten():
    assert not any(each.inputs.get("allowOverwrite") for each in mailer().of_type(RECORD))


def test_bounces_go_to_a_subdomain_and_mails_go_out_while_it_is_not_found():
    assert mailer().named("mail-records-mail-from").inputs == {
        "emailIdentity": "example.com",
        "mailFromDomain": "mail.example.com",
        "behaviorOnMxFailure": "USE_DEFAULT_VALUE",
    }


@pytest.mark.parametrize("args", [{"hosted_zone": ""}, {"hosted_zone": "", "domain": None}])
def test_without_a_zone_there_is_no_record(args):
    graph = mailer(**args)
    assert [each.name for each in graph.resources.values() if "records" in each.name] == []


@pytest.mark.parametrize("args", [{"domain": None}, {"create_identity": False}])
def test_a_zone_without_a_domain_whose_identity_is_made_here_is_refused(args):
    with pytest.raises(
        Exception,
        match="hosted_zone needs a domain whose identity is created here",
    ):
        mailer(**args)
