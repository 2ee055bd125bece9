import pytest

from tests.infra.settings.test_loading import mistakes, settings

ZONE = "Z0123456789ABCDEFGHIJ"


def test_a_sender_may_have_a_name_and_answers_may_go_elsewhere():
    mail = settings(mail={"fromName": "The Shop", "replyTo": "help@example.com"}).mail
    args = mail.args()
    assert (args.get("from_name"), args.get("reply_to")) == ("The Shop", "help@example.com")


@pytest.mark.parametrize("name", ["a\nBcc: b@example.com", "Bank <bank@example.com>", "=?utf-8?q?x?=", "x" * 65])
def test_a_name_that_could_not_be_shown_is_refused(name):
    (found,) = mistakes(mail={"fromName": name})
    assert found.startswith("sluice:mail.fromName: found ")
    assert found.endswith("; allowed: up to 64 visible characters on one line, without =? and without < > @")


def test_answers_go_to_an_address():
    assert mistakes(mail={"replyTo": "nobody"}) == [
        "sluice:mail.replyTo: found 'nobody'; allowed: an e-mail address such as team@example.com"
    ]


def test_a_hosted_zone_gets_the_records_of_the_domain():
    assert settings(mail={"domain": "example.com", "hostedZone": ZONE}).mail.args().get("hosted_zone") == ZONE


@pytest.mark.parametrize(
    ("mail", "allowed"),
    [
        ({"hostedZone": ZONE}, "a hosted zone only together with domain, whose records are created there"),
        (
            {"hostedZone": ZONE, "domain": "example.com", "createIdentity": False},
            "a hosted zone only with createIdentity: the DKIM records are those of the identity",
        ),
    ],
)
def test_a_hosted_zone_without_what_it_is_for_is_refused(mail, allowed):
    assert mistakes(mail=mail) == [f"sluice:mail.hostedZone: found {ZONE!r}; allowed: {allowed}"]


def test_a_hosted_zone_is_named_by_its_id():
    (found,) = mistakes(mail={"domain": "example.com", "hostedZone": "example.com"})
    assert found.endswith("allowed: the id of a Route 53 hosted zone, such as Z0123456789ABCDEFGHIJ")
