"""Whether a file whose content was imported before is to be imported once more: its object's metadata says so."""

from collections.abc import Callable

from handlers.importer.environment import AGAIN_METADATA
from handlers.importer.queue.messages import File
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.s3 import Bucket


def is_wanted_again(bucket: Callable[[str], Bucket], file: File) -> bool:
    """Returns whether a file was put with the wish to have it imported again.

    Args:
        bucket: Gives a bucket by its name.
        file: Of a version that was imported before.

    Raises:
        AwsError: S3 cannot be asked now.
    """
    try:
        headers = bucket(file.bucket).head(file.key).headers
    except AwsError as error:
        if error.code == "404":
            return False
        raise
    # Of another object by now, its own announcement tells.
    return headers.get("etag", "").strip('"') == file.etag and f"x-amz-meta-{AGAIN_METADATA}" in headers
