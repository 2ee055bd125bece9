"""Fixtures for tests of stream mappings."""

import pytest

from tests.sluice.cloud.triggers.streams.fakes import Cloud


@pytest.fixture
def cloud() -> Cloud:
    """An empty stream with one shard, a function that always succeeds, and a bucket."""
    return Cloud()
