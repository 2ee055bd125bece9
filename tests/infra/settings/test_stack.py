import pytest

from infra.settings import SettingsError, load
from tests.infra.settings.making import REQUIRED


def stack(**imports):
    return load({"aws:region": "eu-north-1", "sluice:imports": imports}, "dev")


def streaming(**streams):
    mail = {"sender": "no-reply@example.com"}
    return load({"aws:region": "eu-north-1", "sluice:mail": mail, "sluice:streams": streams}, "dev")


MAILS = [{"template": "welcome", "events": ["INSERT"]}]


def test_two_streams_do_not_make_one_table():
    with pytest.raises(SettingsError) as caught:
        streaming(users={"tableName": "Users"}, people={"tableName": "Users"})
    assert str(caught.value).splitlines()[1:] == [
        "  Pulumi.dev.yaml: sluice:streams.people.tableName: Users is also the name in streams.users: a table can be "
        "created only once"
    ]


def test_a_table_that_exists_has_two_readers_at_most():
    with pytest.raises(SettingsError) as caught:
        streaming(audit={"tables": ["Users", "Orders"]}, mails={"tables": ["Users"], "mails": MAILS})
    assert str(caught.value).splitlines()[1:] == [
        "  Pulumi.dev.yaml: sluice:streams.mails.tables: Users would have 3 functions read its stream, of "
        "streams.audit and streams.mails; a shard serves 2: put rules and archive of this table into one stream"
    ]


def test_one_stream_may_archive_a_table_and_another_mail_its_changes():
    settings = streaming(audit={"tables": ["Users"]}, mails={"tables": ["Users"], "archive": [], "mails": MAILS})
    assert [stream.tables for stream in settings.streams.values()] == [["Users"], ["Users"]]


@pytest.mark.parametrize(("one", "other"), [("in/", "in/"), ("in/", "in/new/"), ("in/new/", "in/")])
def test_two_imports_of_one_bucket_have_prefixes_beside_each_other(one, other):
    with pytest.raises(SettingsError) as caught:
        stack(items={"bucket": "exports", "prefix": one}, orders={"bucket": "exports", "prefix": other})
    assert str(caught.value).splitlines()[1:] == [
        f"  Pulumi.dev.yaml: sluice:imports.orders.prefix: {other} overlaps {one} of imports.items, which has the same "
        "bucket: files would be imported by both"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"bucket": "exports", "prefix": "items/"}, {"bucket": "exports", "prefix": "orders/"}),
        ({"bucket": "exports", "prefix": "in/"}, {"bucket": "exports", "prefix": "in-new/"}),
        ({"bucket": "exports"}, {"bucket": "others"}),
        ({"bucket": "exports"}, {}),
        ({}, {}),
    ],
)
def test_imports_of_two_buckets_or_beside_each_other_are_taken(one, other):
    assert stack(items=one, orders=other).imports.keys() == {"items", "orders"}


def test_a_bucket_of_several_imports_is_one():
    imports = {
        "one": {"bucket": "exports", "prefix": "a/"},
        "two": {"bucket": "exports", "prefix": "b/"},
        "three": {"bucket": "drops"},
        "four": {},
    }
    assert stack(**imports).buckets == ["drops", "exports"]


MAILS = [{"template": "welcome", "events": ["INSERT"]}]


def with_streams(streams, imports=None, mail=None):
    sections = {"mail": {"sender": "a@example.com", **(mail or {})}, "streams": streams, "imports": imports or {}}
    return load({"aws:region": "eu-north-1", **{f"sluice:{name}": value for name, value in sections.items()}}, "dev")


# ---- what may surprise


def test_a_table_that_exists_and_has_two_readers_has_room_for_no_other():
    made = with_streams({"sales": {"tables": ["Orders"], "mails": MAILS}})
    assert list(made.warnings()) == [
        "streams.sales: two functions read Orders, and a shard of a stream serves two readers: if anything else "
        "reads it, all of them are throttled. With archive: [] or mails: [] there is room for one"
    ]


def test_two_streams_of_one_reader_each_leave_a_table_no_room_either():
    streams = {"trail": {"tables": ["Orders"]}, "sales": {"tables": ["Orders"], "archive": [], "mails": MAILS}}
    (warning,) = with_streams(streams).warnings()
    assert warning.startswith("streams.trail and streams.sales: two functions read Orders")


@pytest.mark.parametrize(
    "stream", [{"tables": ["Orders"]}, {"tables": ["Orders"], "archive": [], "mails": MAILS}, {"mails": MAILS}]
)
def test_one_reader_and_a_table_that_is_made_surprise_nobody(stream):
    assert list(with_streams({"sales": stream}).warnings()) == []


@pytest.mark.parametrize("stream", [{"tables": ["Orders"], "archive": []}, {"tableName": "Orders"}])
def test_an_import_into_a_table_that_mails_is_told(stream):
    made = with_streams({"sales": {**stream, "mails": MAILS}}, {"orders": {"table": "Orders"}, "items": {}})
    assert list(made.warnings()) == [
        "imports.orders writes into Orders, and streams.sales mails about its changes: each imported row that a rule "
        "matches sends a mail. Set mail.enabled: false to prevent this"
    ]


@pytest.mark.parametrize(
    ("stream", "mail"),
    [({"mails": MAILS}, {"enabled": False}), ({"mails": []}, {}), ({"mails": MAILS, "tables": ["Returns"]}, {})],
    ids=["mail is off", "no mails", "another table"],
)
def test_an_import_that_mails_nobody_is_not_told(stream, mail):
    made = with_streams({"sales": {"tables": ["Orders"], "archive": [], **stream}}, {"o": {"table": "Orders"}}, mail)
    assert list(made.warnings()) == []


@pytest.mark.parametrize("name", ["", "Users", "a_b", "x" * 17])
def test_a_pipeline_s_name_fits_into_those_of_its_resources(name):
    with pytest.raises(SettingsError) as caught:
        load({"aws:region": "eu-north-1", "sluice:streams": {name: {}}}, "dev")
    assert str(caught.value).splitlines()[1:] == [
        f"  Pulumi.dev.yaml: sluice:streams.{name}: found {name!r}; allowed: a name of 1 to 16 of a-z 0-9 -"
    ]


@pytest.mark.parametrize("region", ["eu-north-1", "us-gov-west-1", "ap-southeast-2"])
def test_a_region_is_taken_as_it_is(region):
    assert load({**REQUIRED, "aws:region": region}, "dev").region == region


def test_a_region_that_is_none_is_refused_with_the_nearest_that_is_one():
    with pytest.raises(SettingsError, match=r"aws:region: found 'eu-wst-1'; allowed: an AWS region such as eu-west-1$"):
        load({**REQUIRED, "aws:region": "eu-wst-1"}, "dev")


def test_a_region_that_is_not_set_is_missing():
    with pytest.raises(SettingsError, match=r"aws:region: missing; it has no default"):
        load({key: value for key, value in REQUIRED.items() if key != "aws:region"}, "dev")


@pytest.mark.parametrize("region", ["", "Frankfurt", "eu-north", "eu-north-9", "EU-NORTH-1"])
def test_what_is_no_region_is_refused(region):
    with pytest.raises(SettingsError, match=f"aws:region: found '{region}'; allowed: an AWS region"):
        load({**REQUIRED, "aws:region": region}, "dev")
