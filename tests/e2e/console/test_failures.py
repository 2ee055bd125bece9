"""The failures, in a browser: one is planted, found, mended and redriven by a click."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from sluice.cloud.resources.code import zipped

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def break_and_mend(served) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """Two functions: the first gives the archiver code that raises, the second its own code again."""
    lambda_ = served.target.client("lambda")
    name = served.target["streams"]["users"]["archiver_function_name"]
    functions = served.stack.graph.of_type("aws:lambda/function:Function")
    function = next(each for each in functions if {**each.inputs, **each.outputs}["name"] == name)
    module, _, entry = function.inputs["handler"].rpartition(".")
    broken = f"def {entry}(event, context):\n    raise ValueError({HOSTILE!r})\n".encode()

    def put(edited: dict[str, bytes]) -> None:
        lambda_.update_function_code(FunctionName=name, ZipFile=zipped(function.inputs["code"], edited))

    yield lambda: put({module.replace(".", "/") + ".py": broken}), lambda: put({})
    put({})


def test_a_failure_is_found_mended_and_redriven_by_a_click(served, opened, break_and_mend):
    breaks, mend = break_and_mend
    breaks()
    (table,) = served.target["streams"]["users"]["tables"]
    served.target.client("dynamodb").put_item(TableName=table["name"], Item={"userId": {"S": HOSTILE}})
    page = opened()
    page.get_by_role("link", name="Failures").click()
    rows = page.locator("#failures tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("stream/users")
    expect(rows.first).to_contain_text(f"ValueError: {HOSTILE}")
    one = rows.first.get_by_role("link").first
    name = one.text_content() or ""
    one.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Failure {name}")
    expect(page.locator(".facts")).to_contain_text("11")
    expect(page.locator("pre").first).to_contain_text(f"raise ValueError({HOSTILE!r})")
    expect(page.locator("details summary")).to_have_text(f"1: INSERT userId {HOSTILE}")

    page.get_by_role("button", name="Redrive").click()
    expect(page.locator("#work")).to_contain_text("0 taken, 1 left.")
    expect(page.locator("#work .red").first).to_contain_text(f"1 failed again: Runtime.HandlerError: {HOSTILE}")
    mend()
    page.get_by_role("checkbox", name=f"Failure {name}").check()
    page.get_by_role("button", name="Redrive chosen").click()
    expect(page.locator("#work")).to_contain_text("1 taken, 0 left.")
    expect(page.locator("#failures")).to_contain_text("Nothing has failed for good.")
    page.get_by_role("link", name="Changes").click()  # nothing ran, see `opened`; and the page is left
    expect(page).to_have_url(re.compile(r"/changes$"))


def test_all_that_failed_is_discarded_by_who_says_so(served, opened):
    queue = served.target["imports"]["items"]["dead_letter_queue_url"]
    for number in range(3):
        served.target.client("sqs").send_message(QueueUrl=queue, MessageBody=f'{{"key": "{HOSTILE}{number}"}}')
    page = opened()
    page.get_by_role("link", name="Failures").click()
    rows = page.locator("#failures tbody tr")
    expect(rows).to_have_count(3)
    questions: list[str] = []
    page.once("dialog", lambda dialog: (questions.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Discard all").click()
    expect(rows).to_have_count(3)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Discard all").click()
    expect(page.locator("#work")).to_contain_text("3 discarded, 0 left.")
    expect(rows).to_have_count(0)
    assert "for good" in questions[0]
