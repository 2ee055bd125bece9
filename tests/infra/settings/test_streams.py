import pytest

from tests.infra.settings.making import mistakes, settings

FED = {
    "batchSize": 10,
    "batchWindowSeconds": 5,
    "parallelizationFactor": 4,
    "memoryMiB": 512,
    "timeoutSeconds": 120,
    "maximumRetryAttempts": 3,
    "maximumRecordAgeSeconds": 60,
}


def feed(mails=False, **stream):
    return settings(streams=stream).streams["users"].feed_args(mails=mails)


def test_a_stream_says_how_its_functions_are_fed_and_what_they_have():
    assert feed(**FED) == {
        "batch_size": 10,
        "batch_window_seconds": 5,
        "parallelization_factor": 4,
        "memory_mib": 512,
        "timeout_seconds": 120,
        "maximum_retry_attempts": 3,
        "maximum_record_age_seconds": 60,
        "starting_position": "TRIM_HORIZON",
    }


def test_what_is_left_out_is_the_function_s_own():
    assert not {"memory_mib", "timeout_seconds"} & feed().keys()


@pytest.mark.parametrize(
    ("stream", "mails", "begins"),
    [
        ({}, True, "TRIM_HORIZON"),
        ({"tables": ["Orders"]}, True, "LATEST"),
        ({"tables": ["Orders"]}, False, "TRIM_HORIZON"),
    ],
    ids=["a table that is made", "mails of one that exists", "the archive of one that exists"],
)
def test_nobody_is_mailed_about_the_past(stream, mails, begins):
    assert feed(mails, **stream).get("starting_position") == begins


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("batchSize", 0, "greater than or equal to 1"),
        ("batchSize", 10_001, "less than or equal to 10000"),
        ("batchWindowSeconds", -1, "greater than or equal to 0"),
        ("batchWindowSeconds", 301, "less than or equal to 300"),
        ("parallelizationFactor", 0, "greater than or equal to 1"),
        ("parallelizationFactor", 11, "less than or equal to 10"),
        ("memoryMiB", 127, "greater than or equal to 128"),
        ("memoryMiB", 10_241, "less than or equal to 10240"),
        ("timeoutSeconds", 29, "greater than or equal to 30"),
        ("timeoutSeconds", 901, "less than or equal to 900"),
    ],
)
def test_what_lambda_does_not_take_is_refused(field, value, allowed):
    assert mistakes(streams={field: value}) == [f"sluice:streams.users.{field}: found {value}; allowed: {allowed}"]
