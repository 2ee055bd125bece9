"""Objects of one S3 bucket, with bodies as bytes.

Sends no checksum besides the body's signed SHA-256: S3 requires one only if Object Lock has a default.
"""

from collections.abc import Mapping
from typing import Any

from handlers.shared.aws.client import Client
from handlers.shared.aws.endpoint import configured_endpoint
from handlers.shared.aws.percent import percent_encoded
from handlers.shared.aws.request import Request, Response
from handlers.shared.aws.session import Session


class Bucket:
    """A bucket; every method raises AwsError, with status 404 if there is no such object.

    Keys are plain text, `headers` have lower-case names (`content-type`, `if-none-match`, `x-amz-meta-...`).
    A conditional put may be refused (412) because its first attempt succeeded and the answer was lost.

    Attributes:
        path: What precedes keys in the paths of requests.
    """

    def __init__(self, name: str, **options: Any):
        """Takes the bucket's name and the keyword arguments of Session."""
        # On AWS the host begins with the name, unless that has dots, which the certificate's wildcard does not match.
        in_path = "." in name or bool(options.get("endpoint") or configured_endpoint("S3"))
        self.path = f"/{name}/" if in_path else "/"
        self.client = Client(Session("S3", "s3", "s3" if in_path else f"{name}.s3", **options))

    def put(
        self, key: str, body: bytes, *, headers: Mapping[str, str] | None = None, deadline: float | None = None
    ) -> Response:
        """Writes an object."""
        return self._call("PutObject", "PUT", key, deadline, body=body, headers=headers or {})

    def get(self, key: str, *, deadline: float | None = None) -> Response:
        """Returns an object."""
        return self._call("GetObject", "GET", key, deadline)

    def head(self, key: str, *, deadline: float | None = None) -> Response:
        """Returns an object's headers; errors have the status as code, because they have no body."""
        return self._call("HeadObject", "HEAD", key, deadline)

    def delete(self, key: str, *, deadline: float | None = None) -> None:
        """Deletes an object, which need not exist."""
        self._call("DeleteObject", "DELETE", key, deadline)

    def _call(self, operation: str, method: str, key: str, deadline: float | None, **parts: Any) -> Response:
        if not key:
            raise ValueError(f"{operation} needs a key")
        request = Request(operation, method=method, path=self.path + percent_encoded(key, "/"), **parts)
        return self.client.call(request, deadline=deadline)
