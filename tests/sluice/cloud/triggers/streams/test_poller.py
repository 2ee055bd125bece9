"""A stream mapping at work, in one thread and on a clock that only moves when something waits."""

from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.cloud.triggers.streams import events
from sluice.cloud.triggers.streams.backoff import Backoff
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.records import PAYLOAD_LIMIT
from tests.sluice.cloud.triggers.streams.fakes import BUCKET, FUNCTION, NOW, STREAM, Cloud, refusal


def numbers(records: list[dict[str, Any]]) -> list[str]:
    return [record["dynamodb"]["SequenceNumber"] for record in records]


def fails_on(*poisoned: str) -> Callable[[list[dict[str, Any]]], None]:
    def handle(records: list[dict[str, Any]]) -> None:
        if set(poisoned) & set(numbers(records)):
            raise ValueError("poisoned")

    return handle


def reports(*poisoned: str) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    def handle(records: list[dict[str, Any]]) -> dict[str, Any]:
        bad = [number for number in numbers(records) if number in poisoned]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}

    return handle


# ---- batches


def test_batches_have_at_most_the_batch_size(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(25)]
    cloud.run(batch_size=10)
    assert cloud.function.batches == [written[:10], written[10:20], written[20:]]


def test_a_batch_is_filled_from_several_pages(cloud: Cloud) -> None:
    for _ in range(2500):
        cloud.streams.put("u")
    cloud.run(batch_size=1800)
    assert [len(batch) for batch in cloud.function.batches] == [1800, 700]


def test_an_event_stays_under_the_payload_limit(cloud: Cloud) -> None:
    for _ in range(20):
        cloud.streams.put("u", text={"S": "x" * 400_000})
    cloud.run()
    sizes = [len(payload) for payload in cloud.function.payloads]
    assert [len(batch) for batch in cloud.function.batches] == [15, 5]
    assert PAYLOAD_LIMIT - 400_000 < max(sizes) <= PAYLOAD_LIMIT


def test_what_waits_is_counted_and_dated_until_it_is_settled(cloud: Cloud) -> None:
    cloud.streams.put("u")
    poller = cloud.poller(maximum_batching_window_seconds=5)
    assert (poller.lag, poller.oldest) == (0, None)
    while poller.step():
        pass
    assert (poller.lag, poller.oldest) == (1, NOW)
    poller.drain(cloud.clock.sleep)
    assert (poller.lag, poller.oldest) == (0, None)


def test_without_a_window_the_function_is_invoked_at_once(cloud: Cloud) -> None:
    cloud.streams.put("u")
    cloud.run()
    assert cloud.clock.now == NOW


def test_a_batch_that_is_not_full_waits_for_the_window(cloud: Cloud) -> None:
    first = cloud.streams.put("u")
    poller = cloud.poller(maximum_batching_window_seconds=5)
    while poller.step():
        pass
    cloud.clock.sleep(4)
    second = cloud.streams.put("u")
    while poller.step():
        pass
    assert cloud.function.batches == []
    poller.drain(cloud.clock.sleep)
    assert cloud.function.batches == [[first, second]]
    assert cloud.clock.now == NOW + 5


def test_a_batch_that_reaches_the_payload_limit_does_not_wait_for_the_window(cloud: Cloud) -> None:
    for _ in range(16):
        cloud.streams.put("u", text={"S": "x" * 400_000})
    poller = cloud.poller(maximum_batching_window_seconds=5)
    while poller.step():
        pass
    assert [len(batch) for batch in cloud.function.batches] == [15]


def test_idle_means_that_everything_was_read(cloud: Cloud) -> None:
    for _ in range(3000):
        cloud.streams.put("u")
    cloud.run(batch_size=1000)
    assert len(cloud.function.batches) == 3


def test_a_full_batch_does_not_wait_for_the_window(cloud: Cloud) -> None:
    for _ in range(2):
        cloud.streams.put("u")
    cloud.run(maximum_batching_window_seconds=5, batch_size=2)
    assert cloud.clock.now == NOW


def test_the_next_window_begins_when_the_invocation_completes(cloud: Cloud) -> None:
    cloud.function.handler = lambda records: cloud.clock.sleep(30)
    for _ in range(3):
        cloud.streams.put("u")
    cloud.run(maximum_batching_window_seconds=5, batch_size=2)
    assert [len(batch) for batch in cloud.function.batches] == [2, 1]
    assert cloud.clock.now == NOW + 30 + 5 + 30


# ---- filters


def test_filtered_records_are_passed_over_before_batches_are_made(cloud: Cloud) -> None:
    written = [cloud.streams.put("u", event="INSERT" if i % 5 == 0 else "MODIFY") for i in range(20)]
    cloud.run(batch_size=2, filters=('{"eventName": ["INSERT"]}',))
    assert cloud.function.batches == [[written[0], written[5]], [written[10], written[15]]]


def test_filtered_records_are_not_in_retries_nor_in_the_destination(cloud: Cloud) -> None:
    written = [cloud.streams.put("u", event=event) for event in ("INSERT", "MODIFY", "INSERT")]
    cloud.function.handler = fails_on(written[0])
    cloud.run(filters=('{"eventName": ["INSERT"]}',), maximum_retry_attempts=1, on_failure=BUCKET)
    assert cloud.function.batches == [[written[0], written[2]]] * 2
    assert cloud.bucket.discarded == [[written[0], written[2]]]


def test_when_nothing_passes_the_function_is_not_invoked(cloud: Cloud) -> None:
    cloud.streams.put("u")
    assert cloud.run(filters=('{"eventName": ["REMOVE"]}',)).lag == 0
    assert cloud.function.batches == []


# ---- failures


def test_a_failing_batch_is_retried_as_often_as_allowed_and_the_shard_goes_on(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(4)]
    cloud.function.handler = fails_on(written[0])
    cloud.run(batch_size=2, maximum_retry_attempts=3, on_failure=BUCKET)
    assert cloud.function.batches == [written[:2]] * 4 + [written[2:]]
    assert cloud.bucket.discarded == [written[:2]]
    (document,) = cloud.bucket.objects.values()
    assert document["requestContext"]["approximateInvokeCount"] == 4


def test_bisecting_leaves_only_the_poisoned_record(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(100)]
    cloud.function.handler = fails_on(written[36])
    cloud.run(bisect_on_error=True, maximum_retry_attempts=2, on_failure=BUCKET)
    assert cloud.bucket.discarded == [[written[36]]]
    assert cloud.function.batches.count([written[36]]) == 3


@pytest.mark.parametrize("bisect", [True, False])
def test_a_partial_failure_does_not_repeat_what_came_before_it(cloud: Cloud, bisect: bool) -> None:
    written = [cloud.streams.put("u") for _ in range(10)]
    answers = iter([{"batchItemFailures": [{"itemIdentifier": written[4]}]}, None])
    cloud.function.handler = lambda records: next(answers)
    cloud.run(report_batch_item_failures=True, bisect_on_error=bisect)
    assert cloud.function.batches == [written, written[4:]]


def test_partial_failures_and_bisecting_leave_only_the_poisoned_records(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(100)]
    cloud.function.handler = reports(written[0], written[36], written[99])
    settings = {"report_batch_item_failures": True, "bisect_on_error": True}
    cloud.run(**settings, maximum_retry_attempts=2, on_failure=BUCKET)
    assert cloud.bucket.discarded == [[written[0]], [written[36]], [written[99]]]


def test_without_a_destination_what_is_discarded_is_told(cloud: Cloud) -> None:
    written = cloud.streams.put("u")
    cloud.function.handler = fails_on(written)
    assert cloud.run(maximum_retry_attempts=0).lag == 0
    (told,) = cloud.told(events.Discarded)
    assert (told.records, told.condition, told.destination) == (1, "RetryAttemptsExhausted", None)


def test_waits_between_retries_grow_up_to_the_cap() -> None:
    backoff = Backoff(base=0.05, cap=1.0)
    for attempt, ceiling in [(1, 0.05), (2, 0.1), (3, 0.2), (5, 0.8), (6, 1.0), (10_000, 1.0)]:
        assert ceiling / 2 <= backoff.seconds(attempt) <= ceiling


def test_a_retry_waits(cloud: Cloud) -> None:
    written = cloud.streams.put("u")
    moments: list[float] = []

    def handle(records: list[dict[str, Any]]) -> None:
        moments.append(cloud.clock.now)
        fails_on(written)(records)

    cloud.function.handler = handle
    cloud.run(maximum_retry_attempts=3)
    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert [0.025 * 2**i <= wait <= 0.05 * 2**i + 1e-6 for i, wait in enumerate(waits)] == [True] * 3


# ---- the function cannot be invoked


@pytest.mark.parametrize(
    ("fault", "throttled"),
    [
        (refusal("TooManyRequestsException", "Invoke", 429), True),
        (refusal("ServiceException", "Invoke", 500), False),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1"), False),
        (OSError(24, "Too many open files"), False),
    ],
)
def test_an_invocation_that_did_not_happen_costs_no_retry(cloud: Cloud, fault: Exception, throttled: bool) -> None:
    written = cloud.streams.put("u")
    cloud.function.faults = [fault] * 5
    cloud.run(maximum_retry_attempts=0, on_failure=BUCKET)
    assert cloud.function.batches == [[written]]
    assert cloud.bucket.objects == {}
    assert [told.throttled for told in cloud.told(events.Delayed)] == [throttled] * 5


def test_a_throttled_half_still_goes_before_the_other(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(4)]

    def handle(records: list[dict[str, Any]]) -> None:
        if len(records) == 4:
            cloud.function.faults = [refusal("TooManyRequestsException", "Invoke", 429)]
            raise ValueError

    cloud.function.handler = handle
    cloud.run(bisect_on_error=True)
    assert cloud.function.batches == [written, written[:2], written[2:]]


def test_records_that_grow_too_old_while_the_function_is_throttled_are_discarded(cloud: Cloud) -> None:
    written = cloud.streams.put("u")
    cloud.function.faults = [refusal("TooManyRequestsException", "Invoke", 429)] * 500
    cloud.run(maximum_record_age_seconds=60, on_failure=BUCKET)
    assert cloud.function.batches == []
    assert cloud.bucket.discarded == [[written]]
    (document,) = cloud.bucket.objects.values()
    assert document["requestContext"]["condition"] == "RecordAgeExceeded"


def test_records_that_are_too_old_are_never_sent(cloud: Cloud) -> None:
    old = [cloud.streams.put("u", age=100) for _ in range(2)]
    young = cloud.streams.put("u", age=10)
    cloud.run(maximum_record_age_seconds=60, on_failure=BUCKET)
    assert cloud.function.batches == [[young]]
    assert cloud.bucket.discarded == [old]


def test_only_the_part_of_a_split_batch_that_is_too_old_is_discarded(cloud: Cloud) -> None:
    written = [cloud.streams.put("u", age=age) for age in (59, 50, 40, 30)]

    def handle(records: list[dict[str, Any]]) -> None:
        if len(records) > 2:
            cloud.clock.sleep(5)
            raise ValueError

    cloud.function.handler = handle
    cloud.run(bisect_on_error=True, maximum_record_age_seconds=60, on_failure=BUCKET)
    assert cloud.function.batches == [written, written[1:2], written[2:]]
    assert cloud.bucket.discarded == [written[:1]]


def test_a_failing_batch_is_retried_until_it_is_too_old(cloud: Cloud) -> None:
    written = cloud.streams.put("u")
    cloud.function.handler = fails_on(written)
    cloud.run(maximum_record_age_seconds=60, on_failure=BUCKET)
    assert len(cloud.function.batches) > 60
    assert cloud.bucket.discarded == [[written]]
    assert NOW + 60 < cloud.clock.now < NOW + 62


# ---- the destination


def test_a_destination_that_fails_is_tried_until_it_works(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(2)]
    cloud.function.handler = fails_on(written[0])
    cloud.bucket.faults = [refusal("AccessDenied", "PutObject", 403)] * 20
    cloud.run(batch_size=1, maximum_retry_attempts=0, on_failure=BUCKET)
    assert cloud.bucket.discarded == [[written[0]]]
    assert cloud.function.batches == [[written[0]], [written[1]]]
    assert [told.operation for told in cloud.told(events.Delayed)] == ["Deliver"] * 20


def test_a_delivery_whose_answer_was_lost_makes_one_object(cloud: Cloud) -> None:
    written = cloud.streams.put("u")
    cloud.function.handler = fails_on(written)
    cloud.bucket.lost_answers = 3
    cloud.run(maximum_retry_attempts=0, on_failure=BUCKET)
    assert cloud.bucket.discarded == [[written]]


# ---- order and parallelisation


def test_each_partition_key_keeps_its_order_while_others_go_on(cloud: Cloud) -> None:
    keys = [f"u{i % 7}" for i in range(70)]
    written = [cloud.streams.put(key) for key in keys]
    cloud.function.handler = fails_on(written[0])
    poller = cloud.poller(parallelization_factor=4, batch_size=5)
    for _ in range(20):
        poller.step()
        cloud.clock.sleep(0.1)
    blocked = {number for batch in cloud.function.batches if written[0] in batch for number in batch}
    done = {number for batch in cloud.function.batches for number in batch} - blocked
    assert done
    assert not {keys[written.index(number)] for number in done} & {keys[0]}
    assert 0 < poller.lag < 70


def test_reading_ahead_has_a_bound(cloud: Cloud) -> None:
    written = [cloud.streams.put("u") for _ in range(5000)]
    cloud.function.handler = fails_on(written[0])
    poller = cloud.poller(batch_size=100)
    for _ in range(100):
        poller.step()
        cloud.clock.sleep(0.1)
    assert poller.lag <= 100 + 2 * 1000


# ---- reading


def test_latest_passes_over_what_was_written_before(cloud: Cloud) -> None:
    cloud.streams.put("u")
    poller = cloud.run(starting_position="LATEST")
    new = cloud.streams.put("u")
    poller.drain(cloud.clock.sleep)
    assert cloud.function.batches == [[new]]


def test_latest_reads_shards_that_appear_later_from_their_beginning(cloud: Cloud) -> None:
    cloud.streams.shards = {"ended": [], "shard-0": []}
    cloud.streams.closed = {"ended"}
    cloud.streams.parents = {"shard-0": "ended"}
    for shard in cloud.streams.shards:
        cloud.streams.put("u", shard=shard)
    poller = cloud.run(starting_position="LATEST")
    last = cloud.streams.put("u")
    cloud.streams.closed.add("shard-0")
    cloud.streams.shards["child"] = []
    cloud.streams.parents["child"] = "shard-0"
    first = cloud.streams.put("u", shard="child")
    poller.drain(cloud.clock.sleep)
    assert cloud.function.batches == [[last], [first]]


def test_a_parent_is_through_before_its_children_begin(cloud: Cloud) -> None:
    cloud.streams.shards = {"a": [], "b": [], "c": []}
    cloud.streams.parents = {"b": "a", "c": "b", "a": "trimmed"}
    cloud.streams.closed = {"a", "b"}
    written = [cloud.streams.put("u", shard=shard) for shard in "abc" for _ in range(3)]
    cloud.function.handler = fails_on(written[0])
    cloud.run(maximum_retry_attempts=2)
    assert cloud.function.batches == [written[:3]] * 3 + [written[3:6], written[6:]]


def test_shards_do_not_wait_for_each_other(cloud: Cloud) -> None:
    cloud.streams.shards = {"a": [], "b": []}
    blocked = cloud.streams.put("u", shard="a")
    other = cloud.streams.put("u", shard="b")
    cloud.function.handler = fails_on(blocked)
    poller = cloud.poller()
    for _ in range(3):
        poller.step()
    assert [other] in cloud.function.batches


@pytest.mark.parametrize("code", ["ExpiredIteratorException", "InternalServerError", "ThrottlingException"])
def test_reading_goes_on_after_a_fault_with_the_next_record(cloud: Cloud, code: str) -> None:
    poller = cloud.poller()
    first = cloud.streams.put("u")
    poller.drain(cloud.clock.sleep)
    cloud.streams.faults = [refusal(code, "GetRecords")] * 3
    second = cloud.streams.put("u")
    poller.drain(cloud.clock.sleep)
    assert cloud.function.batches == [[first], [second]]
    assert len(cloud.told(events.Delayed)) == 3
    assert cloud.clock.now > NOW


def test_after_trimming_reading_goes_on_with_the_oldest_record_left(cloud: Cloud) -> None:
    written = [cloud.streams.put("u")]
    poller = cloud.run()
    written += [cloud.streams.put("u") for _ in range(5)]
    cloud.streams.trimmed["shard-0"] = 4
    cloud.streams.faults = [refusal("ExpiredIteratorException", "GetRecords")]
    poller.drain(cloud.clock.sleep)
    assert cloud.function.batches == [written[:1], written[4:]]
    assert "TrimmedDataAccessException" in cloud.told(events.Delayed)[1].error


def test_a_stream_that_cannot_be_described_is_tried_again(cloud: Cloud) -> None:
    cloud.streams.describe_faults = [refusal("AccessDeniedException", "DescribeStream")] * 3
    written = cloud.streams.put("u")
    cloud.run()
    assert cloud.function.batches == [[written]]
    assert [told.operation for told in cloud.told(events.Delayed)] == ["DescribeStream"] * 3


def test_an_idle_stream_is_polled_at_the_interval(cloud: Cloud) -> None:
    poller = cloud.run()
    before = cloud.streams.reads
    for _ in range(1000):
        poller.step()
        cloud.clock.sleep(0.01)
    assert 36 <= cloud.streams.reads - before <= 41


# ---- events


def test_what_happens_is_told(cloud: Cloud) -> None:
    one, two, three = [cloud.streams.put("u") for _ in range(3)]
    cloud.function.handler = fails_on(three)
    cloud.run(bisect_on_error=True, maximum_retry_attempts=1, on_failure=BUCKET)
    about = ("uuid-1", "archiver", "shard-0")
    error = "ValueError: poisoned"
    ((key, _),) = cloud.bucket.objects.items()
    assert cloud.events == [
        events.Invoked(*about, 3, 0.0, 0, error, 3, one, three),
        events.Bisected(*about, 3, (1, 2)),
        events.Invoked(*about, 1, 0.0, 0, None, 0, one, one),
        events.Invoked(*about, 2, 0.0, 0, error, 2, two, three),
        events.Bisected(*about, 2, (1, 1)),
        events.Invoked(*about, 1, 0.0, 0, None, 0, two, two),
        events.Invoked(*about, 1, 0.0, 0, error, 1, three, three),
        events.Invoked(*about, 1, 0.0, 1, error, 1, three, three),
        events.Discarded(*about, 1, "RetryAttemptsExhausted", f"s3://archive/{key}", three, three),
    ]


def test_a_display_that_fails_does_not_stop_the_stream(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    def show(event: events.Event) -> None:
        raise RuntimeError("no screen")

    written = cloud.streams.put("u")
    cloud.show = show
    cloud.run()
    assert cloud.function.batches == [[written]]
    assert "showing Invoked" in caplog.text


# ---- threads


def test_in_threads_everything_is_settled_when_it_is_idle(cloud: Cloud) -> None:
    written = [cloud.streams.put(f"u{i % 9}") for i in range(500)]
    cloud.function.handler = fails_on(written[3])
    poller = cloud.poller(batch_size=20, parallelization_factor=4, bisect_on_error=True, maximum_retry_attempts=0)
    poller.start()
    with pytest.raises(RuntimeError, match="runs already"):
        poller.start()
    assert poller.wait_idle(30)
    poller.stop()
    assert poller.lag == 0
    assert sum(told.records - told.failed for told in cloud.told(events.Invoked)) == 499


@pytest.mark.parametrize("broken", ["streams", "function"])
def test_a_poller_that_breaks_says_so(cloud: Cloud, broken: str, caplog: pytest.LogCaptureFixture) -> None:
    cloud.streams.put("u")
    fault = KeyError("a bug, not an answer of AWS")
    (cloud.streams if broken == "streams" else cloud.function).faults = [fault]
    poller = cloud.poller()
    poller.start()
    with pytest.raises(RuntimeError, match="uuid-1 broke") as raised:
        poller.wait_idle(30)
    assert raised.value.__cause__ is fault
    assert "the poller of mapping uuid-1 broke" in caplog.text  # at once, not when it is stopped
    with pytest.raises(RuntimeError, match="uuid-1 broke"):
        poller.stop()


# ---- for any run


class Flaky:
    """A function with seeded misbehaviour: it throws, reports failures, answers nonsense, or works."""

    def __init__(self, poisoned: set[str], whims: list[str]) -> None:
        self.poisoned, self.whims = poisoned, whims
        self.delivered: list[str] = []
        self.succeeded: list[str] = []

    def __call__(self, records: list[dict[str, Any]]) -> Any:
        got = numbers(records)
        bad = [i for i, number in enumerate(got) if number in self.poisoned]
        whim = self.whims.pop() if self.whims else "honest"
        if whim == "throttle":
            raise refusal("TooManyRequestsException", "Invoke", 429)
        self.delivered += got
        if whim == "throw":
            raise ValueError
        if whim == "nonsense":
            return {"batchItemFailures": [{"itemIdentifier": "?"}]}
        if whim == "report last":
            bad = [*bad, len(got) - 1]
        self.succeeded += got[: min(bad, default=len(got))]
        return {"batchItemFailures": [{"itemIdentifier": got[i]} for i in bad]}


@settings(max_examples=300, deadline=None)
@given(
    keys=st.lists(st.sampled_from("abcde"), max_size=60),
    poison=st.sets(st.integers(0, 59), max_size=6),
    whims=st.lists(st.sampled_from(["throw", "throttle", "nonsense", "report last", "honest"]), max_size=15),
    batch_size=st.integers(1, 20),
    factor=st.integers(1, 10),
    bisect=st.booleans(),
    retries=st.integers(0, 4),
    shards=st.integers(1, 2),
)
def test_every_record_is_processed_in_order_or_in_the_destination(
    keys: list[str],
    poison: set[int],
    whims: list[str],
    batch_size: int,
    factor: int,
    bisect: bool,
    retries: int,
    shards: int,
) -> None:
    cloud = Cloud()
    cloud.streams.shards = {f"shard-{i}": [] for i in range(shards)}
    by_key: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        by_key[key].append(cloud.streams.put(key, shard=f"shard-{ord(key) % shards}"))
    written = sorted(number for numbers in by_key.values() for number in numbers)
    poisoned = {written[i] for i in poison if i < len(written)}
    flaky = Flaky(poisoned, list(whims))
    cloud.function.handler = flaky

    cloud.run(
        batch_size=batch_size,
        parallelization_factor=factor,
        bisect_on_error=bisect,
        maximum_retry_attempts=retries,
        report_batch_item_failures=True,
        on_failure=BUCKET,
    )

    discarded = [number for batch in cloud.bucket.discarded for number in batch]
    assert sorted(flaky.succeeded + discarded) == written  # each once, and in one of the two
    assert not set(flaky.succeeded) & poisoned
    if bisect and not whims:
        assert set(discarded) == poisoned
    for mine in by_key.values():
        firsts = [number for number in dict.fromkeys(flaky.delivered) if number in mine]
        assert firsts == mine
        assert [number for number in flaky.succeeded if number in mine] == sorted(set(flaky.succeeded) & set(mine))


# ---- another configuration


@pytest.mark.parametrize("lanes", [(1, 1), (3, 1), (1, 3)])
def test_what_is_not_settled_goes_on_under_another_configuration(cloud: Cloud, lanes: tuple[int, int]) -> None:
    written = [cloud.streams.put(f"u{number % 5}") for number in range(30)]
    poller = cloud.poller(batch_size=10, parallelization_factor=lanes[0], bisect_on_error=True)
    cloud.function.handler = fails_on(*written)
    while len(cloud.function.batches) < 8:
        poller.step()
        cloud.clock.sleep(1)
    cloud.function.handler, before = reports(), len(cloud.function.batches)
    changed = StreamMapping("uuid-1", FUNCTION, STREAM, batch_size=4, parallelization_factor=lanes[1])
    poller.change(changed, cloud.clients)
    poller.drain(cloud.clock.sleep)
    after = cloud.function.batches[before:]
    assert max(len(batch) for batch in after) == 4
    handled = [number for batch in after for number in batch]
    assert sorted(handled, key=int) == written
    for key in range(5):
        of_key = set(written[key::5])
        assert [number for number in handled if number in of_key] == written[key::5]


def test_other_filters_hold_for_what_is_read_from_then_on(cloud: Cloud) -> None:
    cloud.streams.put("u")
    poller = cloud.run()
    removals = ('{"eventName": ["REMOVE"]}',)
    poller.change(StreamMapping("uuid-1", FUNCTION, STREAM, filters=removals), cloud.clients)
    cloud.streams.put("u")
    removed = cloud.streams.put("u", event="REMOVE")
    poller.drain(cloud.clock.sleep)
    assert cloud.function.batches[1:] == [[removed]]


def test_a_poller_that_runs_takes_no_other_configuration(cloud: Cloud) -> None:
    poller = cloud.poller()
    poller.start()
    with pytest.raises(RuntimeError, match="stop it first"):
        poller.change(poller.mapping, cloud.clients)
    poller.stop()
