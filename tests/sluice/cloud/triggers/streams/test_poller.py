"""A stream mapping at work, in one thread and on a clock that only moves when something waits."""

import pytest

from sluice.cloud.triggers.streams import events
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.records import PAYLOAD_LIMIT
from tests.sluice.cloud.triggers.streams.fakes import BUCKET, FUNCTION, NOW, STREAM, Cloud, fails_on, reports

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
