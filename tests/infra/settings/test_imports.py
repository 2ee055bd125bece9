import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.settings import SettingsError, load
from tests.infra.settings.making import mistakes, settings


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
        "as S3 requires"
    )


@pytest.mark.parametrize("prefix", ["exports/daily/", "date=2026/", "rejected-once/", "/", "a" * 254 + "/"])
def test_a_prefix_says_where_files_lie(prefix):
    assert imports(prefix=prefix).args().get("prefix") == prefix


@pytest.mark.parametrize("prefix", ["", "incoming", "rejected", "reject", "rejected/", "rejected/files/"])
def test_a_prefix_below_or_above_the_rejects_is_refused(prefix):
    assert mistake(prefix=prefix) == (
        f"prefix: found {prefix!r}; allowed: one that ends with a slash and is not below rejected/, such as incoming/: "
        "the import would import its own rejects, endlessly"
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


# ---- columns and constants


def test_columns_and_constants_reach_the_pipeline():
    columns = {"Order No": {"as": "id", "type": "N"}, "price": "N"}
    args = imports(columns=columns, set={"source": "crm", "year": 2026, "done": True}).args()
    assert args.get("columns") == {"Order No": {"type": "N", "attribute": "id"}, "price": {"type": "N"}}
    assert args.get("constants") == {"source": "crm", "year": 2026, "done": True}
    assert args["partition_key"] == {"name": "id", "type": "N"}


@pytest.mark.parametrize(
    ("columns", "allowed"),
    [
        ({"a": {"as": "x"}, "b": {"as": "x"}}, "one column as x, not 2: 'a' and 'b'"),
        ({"a": {"as": "price"}, "price": "N"}, "one column as price, not 2: 'a' and 'price'"),
        ({"No": {"as": "id", "type": "BOOL"}}, "S or N for id, which the table has as key"),
        (
            {"id": {"as": "orderId"}},
            "no other name for the column 'id', which is the table's key; or 'orderId' as key of the table",
        ),
    ],
)
def test_columns_that_cannot_be_of_one_item_are_refused(columns, allowed):
    assert mistake(columns=columns) == f"columns: found {columns!r}; allowed: {allowed}"


@pytest.mark.parametrize(
    ("constants", "allowed"),
    [
        ({"id": "x"}, "no 'id', which is the table's key: all items would be the same"),
        ({"price": 1}, "no 'price', which is the column 'Cost'"),
        ({"list": [1]}, "a text, a boolean, or a number within DynamoDB's limits, for 'list'"),
    ],
)
def test_constants_that_cannot_be_of_all_items_are_refused(constants, allowed):
    assert mistake(columns={"Cost": {"as": "price"}}, set=constants) == f"set: found {constants!r}; allowed: {allowed}"


def test_the_keys_of_a_table_that_exists_are_known_once_it_is_looked_up():
    assert imports(table="Orders", set={"id": "x"}).constants == {"id": "x"}
    assert mistake(table="Orders", partitionKey="sku", set={"sku": "x"}).startswith(
        "set: found {'sku': 'x'}; allowed: no "
    )


def test_a_header_of_the_settings_has_the_key_under_the_file_s_name():
    columns, keyed = {"No": {"as": "id"}}, {"header": ["No", "price"]}
    assert imports(columns=columns, format=keyed).format.header == ["No", "price"]
    assert "a header with id" in mistake(columns=columns, format={"header": ["Nr", "price"]})


@pytest.mark.parametrize("units", [0, 4000, 40_000])
def test_a_table_that_is_made_may_be_warm(units):
    assert imports(warmWriteUnits=units).args().get("warm_write_units") == units


def test_less_than_a_new_table_takes_is_no_warmth():
    assert mistake(warmWriteUnits=3999) == (
        "warmWriteUnits: found 3999; allowed: 0, or at least 4000, which any new table accepts"
    )


def test_a_table_that_exists_is_not_warmed():
    assert mistake(table="Orders", warmWriteUnits=8000) == (
        "warmWriteUnits: found 8000; allowed: 0: the table exists; aws dynamodb update-table --warm-throughput warms it"
    )


@pytest.mark.parametrize(
    ("imports", "keys"),
    [
        ({}, ({"name": "id", "type": "S"}, None)),
        ({"partitionKey": "sku", "columns": {"sku": "N"}}, ({"name": "sku", "type": "N"}, None)),
        ({"sortKey": "at", "columns": {"at": "N"}}, ({"name": "id", "type": "S"}, {"name": "at", "type": "N"})),
        (
            {"partitionKey": "orderId", "columns": {"Order No": {"as": "orderId", "type": "N"}}},
            ({"name": "orderId", "type": "N"}, None),
        ),
        ({"sortKey": "at", "columns": {"at": "S"}}, ({"name": "id", "type": "S"}, {"name": "at", "type": "S"})),
    ],
)
def test_keys_have_the_types_of_their_columns(imports, keys):
    args = settings(imports=imports).imports["items"].args()
    assert (args["partition_key"], args.get("sort_key")) == keys


def test_one_attribute_cannot_be_both_keys():
    assert mistakes(imports={"partitionKey": "sku", "sortKey": "sku"}) == [
        "sluice:imports.items.sortKey: found 'sku'; allowed: an attribute other than partitionKey"
    ]


@pytest.mark.parametrize(
    "imports",
    [
        {"writeUnitsPerSecond": 0},
        {"writeUnitsPerSecond": 10},
        {"writeUnitsPerSecond": 2, "maximumConcurrency": 2},
        {"writeUnitsPerSecond": 1_000_000},
    ],
)
def test_a_limit_of_write_units_is_none_or_a_unit_for_each_worker(imports):
    assert settings(imports=imports).imports["items"].write_units_per_second == imports["writeUnitsPerSecond"]


@pytest.mark.parametrize(
    ("imports", "workers"),
    [({"writeUnitsPerSecond": 9}, 10), ({"writeUnitsPerSecond": 100, "maximumConcurrency": 101}, 101)],
)
def test_a_limit_that_the_workers_cannot_share_is_refused(imports, workers):
    assert mistakes(imports=imports) == [
        f"sluice:imports.items.writeUnitsPerSecond: found {imports['writeUnitsPerSecond']}; "
        f"allowed: 0 for no limit, or at least maximumConcurrency ({workers}): each worker uses at least one unit"
    ]


def test_a_negative_limit_is_refused():
    assert mistakes(imports={"writeUnitsPerSecond": -1}) == [
        "sluice:imports.items.writeUnitsPerSecond: found -1; allowed: greater than or equal to 0"
    ]


def test_a_key_cannot_be_a_boolean():
    (found,) = mistakes(imports={"partitionKey": "sku", "sortKey": "day", "columns": {"day": "BOOL", "sku": "N"}})
    assert found.endswith("allowed: S or N for day, which the table has as key")
