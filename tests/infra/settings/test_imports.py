import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.settings import SettingsError, load


def imports(**fields):
    return load({"aws:region": "eu-north-1", "sluice:imports": {"items": fields}}, "dev").imports["items"]


def mistake(**fields):
    with pytest.raises(SettingsError) as caught:
        imports(**fields)
    _, line = str(caught.value).splitlines()
    return line.strip().removeprefix("Pulumi.dev.yaml: sluice:imports.items.")


@pytest.mark.parametrize("bucket", ["abc", "team-exports", "team.exports.2026", "0" * 63, "xn-1", "1.2.3.4x"])
def test_a_bucket_that_exists_is_named(bucket):
    assert imports(bucket=bucket).bucket == bucket


@pytest.mark.parametrize(
    "bucket",
    [
        *("", "ab", "a" * 64, "Exports", "team_exports", "-team", "team-", ".team", "team.", "team..exports"),
        *("192.168.5.4", "xn--team", "sthree-team", "amzn-s3-demo-team", "team-s3alias", "team--ol-s3", "team.mrap"),
        *("team--x-s3", "team--table-s3", "arn:aws:s3:::team", "team/exports", "team\n", "tëam", "１２３"),
    ],
)
def test_what_s3_takes_for_no_bucket_s_name_is_refused(bucket):
    assert mistake(bucket=bucket) == (
        f"bucket: found {bucket!r}; allowed: the name of a general purpose bucket: 3 to 63 of a-z 0-9 . -, "
        "as S3 takes them"
    )


@pytest.mark.parametrize("prefix", ["exports/daily/", "date=2026/", "rejected-once/", "/", "a" * 254 + "/"])
def test_a_prefix_says_where_files_lie(prefix):
    assert imports(prefix=prefix).args().get("prefix") == prefix


@pytest.mark.parametrize("prefix", ["", "incoming", "rejected", "reject", "rejected/", "rejected/files/"])
def test_a_prefix_below_or_above_the_rejects_is_refused(prefix):
    assert mistake(prefix=prefix) == (
        f"prefix: found {prefix!r}; allowed: one that ends with a slash and lies beside rejected/, such as incoming/: "
        "the import could take up its own rejects, for ever"
    )


@pytest.mark.parametrize("prefix", ["*/", "a?/", "${aws:username}/", "ü/", "a\n/", '"/', "a" * 255 + "/"])
def test_a_prefix_that_iam_would_read_as_something_else_is_refused(prefix):
    assert "allowed: up to 255 of A-Z a-z 0-9 ! _ . ' ( ) = + , @ : & / - and blanks" in mistake(prefix=prefix)


@given(st.text(st.sampled_from("rejected/x"), max_size=12))
def test_whatever_prefix_is_taken_has_no_rejects_below_it_and_lies_below_none(prefix):
    try:
        taken = imports(prefix=prefix).prefix
    except SettingsError:
        return
    assert taken == prefix
    assert not f"rejected/{prefix}a.csv/00000.jsonl".startswith(prefix)


def test_the_pipeline_is_given_the_bucket_and_not_its_name():
    bucket = {"name": "exports", "arn": "arn:aws:s3:::exports"}
    assert imports(bucket="exports").args(bucket=bucket).get("bucket") == bucket
    assert imports().args().get("bucket") is None
