"""What a cold start pays for."""

import subprocess
import sys

HEAVY = {
    "boto3",
    "botocore",
    "urllib.parse",
    "urllib3",
    "http.client",
    "email",
    "dataclasses",
    "asyncio",
    "logging",
}


def test_only_the_light_part_of_the_standard_library_is_imported():
    code = (
        "import sys; before = set(sys.modules)\n"
        "from handlers.shared.aws import batch_writer, dynamodb, s3_stream, ses, sqs\n"
        "session = dynamodb.connect().session; session.message(dynamodb.request('Scan', {}), session.identity())\n"
        f"print(sorted((set(sys.modules) - before) & {HEAVY!r}))"
    )
    process = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout == "[]\n"
