import re

from sluice.target import Target


def token_of(client):
    return re.search(r'data-token="([^"]+)"', client.read("nowhere").text)[1]


def test_an_action_leads_to_a_page_that_says_what_it_came_to(client):
    answer = client.write("samples", f"token={token_of(client)}")
    assert answer.status == 303
    assert re.fullmatch(rf"{client.folder}\?notice=\d+", answer.headers["location"])
    page = client.read("nowhere" + answer.headers["location"].removeprefix(client.folder))
    assert "This stack has no pipelines." in page.text


def test_without_the_token_of_a_page_nothing_is_done(client):
    for body in ("", "token=", "token=wrong", f"other={token_of(client)}"):
        answer = client.write("samples", body)
        assert answer.status == 403
        assert "load it again" in answer.text


def test_a_stack_in_aws_is_only_looked_at(serve):
    client = serve(Target({"region": "eu-north-1"}))
    answer = client.write("samples", f"token={token_of(client)}")
    assert answer.status == 403
    assert "changes nothing in a stack in AWS" in answer.text


def test_a_form_that_is_too_large_is_refused(client):
    assert client.write("samples", "a" * (1 << 20) + "b").status == 413


def test_a_notice_is_shown_as_text(client):
    answer = client.read("nowhere?notice=<script>alert(1)</script>")
    assert "<script>alert" not in answer.text
