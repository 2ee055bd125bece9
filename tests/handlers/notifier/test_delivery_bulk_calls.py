"""A batch's mails in calls: as large as can be, one template each, each person's mails in order."""

from hypothesis import given
from hypothesis import strategies as st

from handlers.notifier.decisions import Mail
from handlers.notifier.delivery import bulk_calls
from tests.handlers.notifier.fakes import PROFILE_CHANGED, WELCOME, mails


def test_the_mails_to_one_person_keep_their_order_in_large_calls():
    batch = []
    for n in range(30):
        person = f"p{n}@example.com"
        batch.append(Mail(f"a{n}", str(n), WELCOME, person, "{}"))
        batch.append(Mail(f"b{n}", str(n), PROFILE_CHANGED, person, "{}"))
    assert [(call[0].template, len(call)) for call in bulk_calls(batch)] == [
        (WELCOME, 30),
        (PROFILE_CHANGED, 30),
    ]


def test_many_mails_to_one_person_are_few_calls():
    batch = [mail._replace(to="ada@example.com") for mail in mails(100)]
    assert [len(call) for call in bulk_calls(batch)] == [50, 50]


@given(
    st.lists(
        st.tuples(st.sampled_from([WELCOME, PROFILE_CHANGED]), st.sampled_from("abcd")),
        max_size=150,
    )
)
def test_calls_hold_every_mail_once_one_template_each_and_each_persons_mails_in_order(
    wanted: list[tuple[str, str]],
):
    batch = [Mail(str(n), str(n), template, to, "{}") for n, (template, to) in enumerate(wanted)]
    calls = list(bulk_calls(batch))
    assert all(1 <= len(call) <= 50 and len({mail.template for mail in call}) == 1 for call in calls)
    members = [mail for call in calls for mail in call]
    assert sorted(members) == sorted(batch)
    for person in "abcd":
        assert [mail for mail in members if mail.to == person] == [mail for mail in batch if mail.to == person]


def test_mails_to_a_fixed_address_are_few_calls_whatever_their_templates():
    batch = [
        Mail(f"{kind}{n}", str(n), kind, "sales@example.com", "{}", in_order=False)
        for n in range(50)
        for kind in (WELCOME, PROFILE_CHANGED)
    ]
    assert [len(call) for call in bulk_calls(batch)] == [50, 50]
