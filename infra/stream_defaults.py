"""Defaults of a stream pipeline: for the component and settings, which do not load pulumi-aws."""

BATCH_SIZE = 100
BATCH_WINDOW_SECONDS = 0
PARALLELIZATION_FACTOR = 1
MAXIMUM_RETRY_ATTEMPTS = 10
MAXIMUM_RECORD_AGE_SECONDS = 21_600
ADDRESS_ATTRIBUTE = "email"
NAME_ATTRIBUTE = "name"
