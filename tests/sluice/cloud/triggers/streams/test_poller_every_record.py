"""Whatever its function does, a stream mapping loses no record."""

from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sluice.cloud.triggers.streams.fakes import BUCKET, Cloud, numbers, refusal


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
