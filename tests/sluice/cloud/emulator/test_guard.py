"""What the emulator refuses, asked as a browser and as a program would: on a raw socket, with any header."""

import asyncio
import json
import socket
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime

import boto3
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.guard import Guard
from sluice.cloud.emulator.server import Server


def presigned(service):
    """The query of an address signed with the published keys, whose signature the emulator checks for S3 only."""
    now = datetime.now(UTC)
    return (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F{now:%Y%m%d}%2Feu-north-1%2F{service}%2Faws4_request"
        f"&X-Amz-Date={now:%Y%m%dT%H%M%SZ}&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
    )


CREATE_TOPIC = f"/?Action=CreateTopic&Name=evil&Version=2010-03-31&{presigned('sns')}"
LIST_TOPICS = f"/?Action=ListTopics&Version=2010-03-31&{presigned('sns')}"


@pytest.fixture(scope="module")
def ask(embedded_cloud):
    """`ask(target, *headers)`: status, headers and body of the answer to exactly this request."""

    def ask(target, *headers, method="GET", version="1.1", host="127.0.0.1:{port}", body=b""):
        port = embedded_cloud.server.port
        lines = [f"{method} {target} HTTP/{version}", "Connection: close", f"Content-Length: {len(body)}", *headers]
        lines += [f"Host: {host.format(port=port)}"] if host is not None else []
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, text = answer.partition(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        return int(status.split()[1]), [field.lower() for field in fields], text

    return ask


@pytest.fixture(scope="module")
def page(embedded_cloud):
    """The target of an address that opens a page in a bucket."""
    s3 = client(embedded_cloud, "s3")
    s3.create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    s3.put_object(Bucket="pages", Key="page.html", Body=b"<p>a page", ContentType="text/html")
    signed = s3.generate_presigned_url("get_object", {"Bucket": "pages", "Key": "page.html"})
    return signed.removeprefix(embedded_cloud.endpoint)


def client(cloud, service):
    return Cloud(cloud.endpoint, "eu-north-1").client(service)


def status(answer):
    return answer[0]


def is_refused(answer):
    """Whether the guard refused it, and not the emulator."""
    return status(answer) == 403 and b'"__type": "AccessDeniedException"' in answer[2]


# --- names of this machine


OURS = [
    "127.0.0.1:{port}",
    "127.0.0.1",
    "localhost:{port}",
    "LOCALHOST:{port}",
    "LocalHost",
    "[::1]:{port}",
    "[::1]",
    "objects.localhost:{port}",
    "Objects.s3.LOCALHOST",
    "127.0.0.1:1",  # a proxy on this machine, which forwards what its clients signed
]
OTHERS = [
    "evil.example",
    "evil.example:{port}",
    "localhost.evil.example",
    "evil-localhost",
    "notlocalhost:{port}",
    "127.0.0.1.nip.io",
    "127.0.0.1.evil.example:{port}",
    "localhost.",
    "localhost.:{port}",
    "127.0.0.1.",
    ".localhost",
    "..localhost",
    "evil.example.localhost.",
    "127.0.0.2",
    "127.1",
    "0.0.0.0:{port}",
    "2130706433",
    "::1",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:0:0:1]:{port}",
    "127.0.0.1:evil",
    "127.0.0.1:",
    "user@127.0.0.1",
    "127.0.0.1, evil.example",
    "evil.example, 127.0.0.1",
    "127.0.0.1/evil.example",
    "127.0.0.1%",
    "s3.amazonaws.com",
    "dynamodb.eu-north-1.amazonaws.com",
    "objects.s3.eu-north-1.amazonaws.com",
    "",
]


@pytest.mark.parametrize("host", OURS)
def test_names_of_this_machine_are_served(ask, host):
    assert not is_refused(ask(LIST_TOPICS, host=host))


@pytest.mark.parametrize("host", OTHERS)
def test_any_other_name_is_refused(ask, host):
    answer = ask(LIST_TOPICS, host=host)
    assert is_refused(answer) or status(answer) == 400


def test_a_refusal_names_the_way_out(ask):
    code, headers, text = ask(LIST_TOPICS, host="evil.example")
    told = json.loads(text)
    assert (code, told["__type"]) == (403, "AccessDeniedException")
    assert told["message"] == (
        "the embedded cloud's only host names are 127.0.0.1, [::1], localhost and those below localhost"
    )
    assert "content-type: application/json" in headers


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_request_without_a_host_is_refused(ask, version):
    answer = ask(LIST_TOPICS, host=None, version=version)
    assert is_refused(answer) or status(answer) == 400


def test_two_hosts_are_refused(ask):
    answer = ask(LIST_TOPICS, "Host: evil.example")
    assert is_refused(answer) or status(answer) == 400


@pytest.mark.parametrize("target", ["http://127.0.0.1/_ministack/health", "http://evil.example/", "*"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_target_that_is_no_path_is_refused(ask, method, target):
    answer = ask(target, method=method)
    assert is_refused(answer) or status(answer) == 400


def test_it_is_no_tunnel(ask):
    answer = ask("evil.example:443", method="CONNECT")
    assert is_refused(answer) or status(answer) == 400


# --- requests of pages


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1:1", "http://127.0.0.1:{port}"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_every_origin_is_refused(ask, embedded_cloud, method, origin):
    header = f"Origin: {origin.format(port=embedded_cloud.server.port)}"
    answer = ask(LIST_TOPICS, header, method=method)
    code, headers, _ = answer
    assert code == 403 if method == "HEAD" else is_refused(answer)
    assert not [field for field in headers if field.startswith("access-control-")]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "SAME-ORIGIN", "none, cross-site", "", "unheard-of"])
def test_what_another_page_made_is_refused(ask, site):
    assert is_refused(ask(LIST_TOPICS, f"Sec-Fetch-Site: {site}"))


def test_what_two_headers_say_is_refused_where_one_of_them_is(ask):
    assert is_refused(ask(LIST_TOPICS, "Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site"))


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_an_object_is_opened_in_a_browser(ask, page, site):
    code, _, text = ask(page, f"Sec-Fetch-Site: {site}")
    assert (code, text) == (200, b"<p>a page")


@pytest.mark.parametrize("target", [CREATE_TOPIC, CREATE_TOPIC.replace("Action", "%41ction")])
def test_a_link_that_was_opened_changes_nothing(ask, embedded_cloud, target):
    code, _, text = ask(target, "Sec-Fetch-Site: none")
    assert (code, json.loads(text)["message"]) == (
        403,
        "a browser may only read objects here: use a program for everything else",
    )
    assert status(ask(target.replace("evil", "fine"))) == 200
    topics = client(embedded_cloud, "sns").list_topics()["Topics"]
    names = {topic["TopicArn"].rpartition(":")[2] for topic in topics}
    assert ("evil" in names, "fine" in names) == (False, True)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_browser_only_reads(ask, method):
    assert is_refused(ask("/a-bucket-of-pages", "Sec-Fetch-Site: none", method=method))


def test_a_text_of_a_page_makes_no_function(ask, embedded_cloud):
    target = f"/2015-03-31/functions?{presigned('lambda')}"
    body = b'{"FunctionName": "evil", "Runtime": "python3.14", "Role": "arn:aws:iam::000000000000:role/r"}'
    headers = ["Content-Type: text/plain", "Origin: http://evil.example"]
    assert is_refused(ask(target, *headers, method="POST", body=body))
    functions = client(embedded_cloud, "lambda").list_functions()["Functions"]
    assert "evil" not in {function["FunctionName"] for function in functions}


def test_a_preflight_is_not_answered(ask):
    asked = ["Origin: http://evil.example", "Access-Control-Request-Method: PUT"]
    code, headers, _ = ask("/bucket/key", *asked, method="OPTIONS")
    assert (code, [field for field in headers if field.startswith("access-control-")]) == (403, [])


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("target", ["page", LIST_TOPICS])
def test_no_answer_opens_itself_to_pages(ask, page, target, method):
    code, headers, _ = ask(page if target == "page" else target, method=method)
    assert code == 200 or method == "OPTIONS"
    assert [field for field in headers if field.startswith("access-control-")] == []
    assert "content-security-policy: sandbox" in headers


# --- the emulator's own paths


OWN = [
    "/_ministack/health",
    "/_ministack/ses/messages",
    "/_ministack/sqs/messages",
    "/_ministack",
    "/_sluice/mappings",
    "/%5fministack/health",
    "/_localstack/health",
    "/_aws/lambda-url/x/",
    "/_alb/x/",
    "/_anything",
    "/health",
]


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize("headers", [[], ["X-Sluice-Token: "], ["X-Sluice-Token: 00"]])
def test_the_emulators_own_paths_need_the_token(ask, headers, path):
    code, _, text = ask(path, *headers)
    assert code == 403
    assert "send the token of .sluice/<stack>/state.json as X-Sluice-Token" in json.loads(text)["message"]


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config"])
def test_nobody_resets_or_configures_without_the_token(ask, embedded_cloud, path):
    client(embedded_cloud, "sns").create_topic(Name="survivor")
    assert is_refused(ask(path, method="POST", body=b"{}"))
    assert "survivor" in str(client(embedded_cloud, "sns").list_topics()["Topics"])


@pytest.mark.parametrize("path", ["/_ministack/ses/messages", "/_localstack/health", "/_sluice/mappings", "/health"])
def test_nobody_helps_himself_with_a_buckets_name(ask, path):
    assert is_refused(ask(path, host="objects.localhost:{port}"))


def test_keys_of_a_bucket_are_not_the_emulators(ask, embedded_cloud):
    s3 = client(embedded_cloud, "s3")
    s3.create_bucket(Bucket="underscores", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    s3.put_object(Bucket="underscores", Key="_SUCCESS", Body=b"done")
    host = f"underscores.localhost:{embedded_cloud.server.port}"
    request = AWSRequest("GET", f"http://{host}/_SUCCESS")
    S3SigV4QueryAuth(Credentials("test", "test"), "s3", "eu-north-1").add_auth(request)
    answer = ask(request.url.removeprefix(f"http://{host}"), host=host)
    assert (status(answer), answer[2]) == (200, b"done")


def test_the_token_opens_them(ask, embedded_cloud):
    code, _, text = ask("/_ministack/ses/messages", f"X-Sluice-Token: {embedded_cloud.server.token}")
    assert (code, "messages" in json.loads(text)) == (200, True)


def test_the_token_is_another_for_each_start_and_long(embedded_cloud, tmp_path):
    other = Server(tmp_path / "cloud")
    other.stop()
    assert other.token != embedded_cloud.server.token
    assert len(bytes.fromhex(other.token)) == 32


def test_the_token_opens_nothing_to_pages(ask, embedded_cloud):
    token = f"X-Sluice-Token: {embedded_cloud.server.token}"
    assert is_refused(ask("/_ministack/ses/messages", token, "Origin: http://127.0.0.1:1"))
    assert is_refused(ask("/_ministack/ses/messages", token, host="evil.example"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_functions_and_other_users_do_not_see_the_token(embedded_cloud):
    folder = f"/proc/{embedded_cloud.server.pid}"
    for name in ("environ", "cmdline"):
        with open(f"{folder}/{name}", "rb") as file:
            assert embedded_cloud.server.token.encode() not in file.read()


# --- programs


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_that_was_signed_serves_programs(embedded_cloud, host):
    session = boto3.Session("test", "test", region_name="eu-north-1")
    s3 = session.client("s3", endpoint_url=f"http://{host}:{embedded_cloud.server.port}")
    s3.create_bucket(Bucket=f"signed-{host}", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    where = {"Bucket": f"signed-{host}", "Key": "a key/ü"}
    put = urllib.request.Request(s3.generate_presigned_url("put_object", where), data=b"text", method="PUT")
    with urllib.request.urlopen(put) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(s3.generate_presigned_url("get_object", where)) as answer:
        assert answer.read() == b"text"


def test_an_sdk_tells_why_it_was_refused(embedded_cloud):
    dynamodb = client(embedded_cloud, "dynamodb")
    dynamodb.meta.events.register("before-send", lambda request, **_: request.headers.update({"Origin": "null"}))
    with pytest.raises(dynamodb.exceptions.ClientError, match=r"AccessDeniedException.* serves no web page"):
        dynamodb.list_tables()


# --- pages that may


CONSOLE = "http://127.0.0.1:8765"


def answer_to(*headers, kind="http", host="127.0.0.1"):
    """What a guard with the console's origin answers, and whether the application heard of it."""
    heard, sent = [], []

    async def application(scope, receive, send):
        heard.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    given = [(name.encode(), value.encode()) for name, value in [("host", host), *headers]]
    scope = {"type": kind, "method": "POST", "path": "/", "query_string": b"", "headers": given}
    asyncio.run(Guard(application, "token", {CONSOLE})(scope, receive, send))
    return sent[0].get("status", sent[0]["type"]), bool(heard)


def test_the_exact_origin_of_the_console_may_be_let_in():
    assert answer_to(("origin", CONSOLE), ("sec-fetch-site", "same-site")) == (200, True)


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:8766", "http://localhost:8765", "https://127.0.0.1:8765", "http://127.0.0.1:87650"]
)
def test_no_other_port_host_or_scheme_passes_for_the_console(origin):
    assert answer_to(("origin", origin), ("sec-fetch-site", "same-site")) == (403, False)
    assert answer_to(("origin", CONSOLE), ("origin", origin)) == (403, False)


def test_a_page_that_hides_its_origin_does_not_pass_for_the_console():
    assert answer_to(("sec-fetch-site", "same-site")) == (403, False)
    assert answer_to(("origin", "null"), ("sec-fetch-site", "same-site")) == (403, False)


@pytest.mark.parametrize(
    ("headers", "host"),
    [
        ([("origin", "http://evil.example")], "127.0.0.1"),
        ([("sec-fetch-site", "same-site")], "127.0.0.1"),
        ([("sec-fetch-site", "none")], "127.0.0.1"),
        ([], "evil.example"),
    ],
)
def test_a_websocket_of_a_page_is_refused_before_it_is_accepted(headers, host):
    assert answer_to(*headers, kind="websocket", host=host) == ("websocket.close", False)


def test_a_websocket_of_a_program_is_served():
    assert answer_to(kind="websocket")[1]


def test_the_server_still_starts_and_ends():
    async def application(scope, receive, send):
        started.append(scope["type"])

    started = []
    asyncio.run(Guard(application, "token")({"type": "lifespan"}, None, None))
    assert started == ["lifespan"]
