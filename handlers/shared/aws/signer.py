"""AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html."""

import hmac
import time
from hashlib import sha256

from handlers.shared.aws.credentials import Credentials
from handlers.shared.aws.request import Request


class Signer:
    """Signs the requests to one service in one region; derives the day's key once."""

    def __init__(self, service: str, region: str):
        self._service = service
        self._region = region
        self._derived_for = ("", "")
        self._key = b""

    def sign(self, request: Request, host: str, credentials: Credentials, now: float) -> dict[str, str]:
        """Returns all headers of a request: its own, and those that prove who sends it.

        Args:
            request: Its path goes into the signature as it is: right for S3, and for others where it needs no
                escaping, as here.
            host: As the Host header carries it.
            credentials: Whose signature.
            now: Seconds since the epoch on AWS's clock.
        """
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        digest = sha256(request.body).hexdigest()
        headers = {"host": host, "x-amz-date": stamp, **request.headers}
        if self._service == "s3":
            headers["x-amz-content-sha256"] = digest
        if credentials.token:
            headers["x-amz-security-token"] = credentials.token
        names = sorted(headers)
        lines = "".join([f"{name}:{' '.join(headers[name].split())}\n" for name in names])
        name_list = ";".join(names)
        canonical = f"{request.method}\n{request.path}\n{request.query}\n{lines}\n{name_list}\n{digest}"
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._signing_key(stamp[:8], credentials.secret_key), text.encode(), "sha256").hex()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={name_list}, Signature={signature}"
        )
        return headers

    def _signing_key(self, day: str, secret: str) -> bytes:
        if self._derived_for != (day, secret):
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key, self._derived_for = key, (day, secret)
        return self._key
