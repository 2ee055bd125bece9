import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.recipients import OnlyTo, deliverable
from infra.settings import SettingsError, load
from tests.infra.settings.making import mistakes, settings

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


@pytest.mark.parametrize("mail", [{}, {"sluice:mail": {}}], ids=["absent", "Pulumi.yaml's default"])
def test_who_mails_are_from_is_asked_for_where_something_is_mailed(mail):
    streams = {"users": {"mails": [{"template": "welcome", "events": ["INSERT"]}]}, "orders": {}}
    with pytest.raises(SettingsError) as caught:
        load({"aws:region": "eu-north-1", **mail, "sluice:streams": streams}, "dev")
    assert str(caught.value).splitlines()[1:] == [
        "  Pulumi.dev.yaml: sluice:mail.sender: missing; it is who mails of streams.users are from"
    ]


@pytest.mark.parametrize("mail", [{}, {"sluice:mail": {}}], ids=["absent", "Pulumi.yaml's default"])
def test_a_stack_that_mails_nothing_needs_no_sender(mail):
    made = load({"aws:region": "eu-north-1", **mail, "sluice:imports": {"items": {}}}, "dev")
    assert (made.mail, made.streams, made.reports) == (None, {}, {})


UNUSABLE = [".team@example.com", "a..b@example.com", "a.@example.com", "=?utf-8?q?x?=@example.com", "a@x-.example"]


@pytest.mark.parametrize("address", UNUSABLE)
def test_an_address_that_the_functions_refuse_is_refused(address):
    expected = f"found {address!r}; allowed: an e-mail address such as team@example.com"
    assert mistakes(
        mail={"sender": address, "onlyTo": [address]},
        reports={"recipients": [address]},
        operations={"alarmEmails": [address]},
    ) == [
        f"sluice:mail.sender: {expected}",
        f"sluice:mail.onlyTo[0]: found {address!r}; allowed: an e-mail address or a domain",
        f"sluice:reports.tables.recipients[0]: {expected}",
        f"sluice:operations.alarmEmails[0]: {expected}",
    ]


@given(st.text(alphabet="aé.@-=?_ ", max_size=20))
def test_whatever_address_the_settings_take_the_functions_take(address):
    try:
        taken = settings(mail={"onlyTo": [address]}, reports={"recipients": [address]})
    except SettingsError:
        return
    assert OnlyTo(taken.mail.only_to).allows(deliverable(taken.reports["tables"].recipients[0]))


def test_a_domain_outside_ascii_is_the_one_that_mail_goes_to():
    assert settings(mail={"onlyTo": ["bücher.example"]}).mail.only_to == ["xn--bcher-kva.example"]


@pytest.mark.parametrize("domain", ["x-.example", "example", "exa_mple.com", "straße.example"])
def test_a_domain_that_the_functions_refuse_is_refused(domain):
    (found,) = mistakes(mail={"onlyTo": [domain]})
    assert found == f"sluice:mail.onlyTo[0]: found {domain!r}; allowed: an e-mail address or a domain"


def test_a_sender_outside_the_domain_is_refused():
    assert mistakes(mail={"domain": "example.org"}) == [
        "sluice:mail.domain: found 'example.org'; allowed: the domain of the sender no-reply@example.com, or none"
    ]


def test_the_domain_of_the_sender_is_compared_as_dns_does():
    assert settings(mail={"domain": "Example.COM"}).mail.domain == "Example.COM"
