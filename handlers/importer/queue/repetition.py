"""Whether to import a file again whose content was imported before: its object's metadata says so."""

from collections.abc import Callable

from handlers.importer.environment import AGAIN_METADATA
from handlers.importer.queue.messages import File
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.s3 import Bucket


def is_wanted_again(bucket: Callable[[str], Bucket], file: File) -> bool:
    """Returns whether a file, imported before, was uploaded with the wish to import it again.

    Raises:
        AwsError: S3 cannot be asked now.
    """
    try:
        headers = bucket(file.bucket).head(file.key).headers
    except AwsError as error:
        if error.code == "404":
            return False
        raise
    # If the object has been replaced meanwhile, its own announcement decides.
    return headers.get("etag", "").strip('"') == file.etag and f"x-amz-meta-{AGAIN_METADATA}" in headers
