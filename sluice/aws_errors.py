"""Classification of errors of calls to AWS."""

from botocore.exceptions import BotoCoreError, ClientError

AWS_ERRORS = (ClientError, BotoCoreError, OSError)  # refused by the service; never answered, or cut off; never sent
_THROTTLED = frozenset({"LimitExceededException", "Throttling", "ThrottlingException", "TooManyRequestsException"})


def code(error: Exception) -> str:
    """Returns the service's error code, or the name of the SDK's error."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "Unknown")
    return type(error).__name__


def is_throttled(error: Exception) -> bool:
    """Whether the service asked to slow down."""
    if not isinstance(error, ClientError):
        return False
    return code(error) in _THROTTLED or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 429
