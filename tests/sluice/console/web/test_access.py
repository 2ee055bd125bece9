import re

import pytest

PAGE = "static/console.css"


def test_the_first_address_lets_a_browser_in(client):
    assert client.read(PAGE).status == 200


def test_the_cookie_goes_to_no_server_on_another_port_and_to_no_script(client):
    cookie = client.enter().headers["set-cookie"]
    assert re.search(r"; Path=/[0-9a-f]{32}/;", cookie)  # a path of no other server
    assert "; HttpOnly" in cookie
    assert "; SameSite=strict" in cookie


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=a&token=b"])
def test_without_its_token_nobody_is_let_in(client, query):
    answer = client.ask(f"/{query}")
    assert answer.status == 403
    assert "set-cookie" not in answer.headers
    assert "python -m sluice console" in answer.text


@pytest.mark.parametrize("cookie", ["", "sluice_console=wrong", "sluice_console=", "a=b; sluice_console=%00", ";;="])
def test_without_the_cookie_nothing_is_told(client, cookie):
    assert client.read(PAGE, Cookie=cookie).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense", ""])
def test_a_page_of_another_origin_is_told_nothing(client, site):
    assert client.read(PAGE, Sec_Fetch_Site=site).status == 403


def test_who_does_not_say_where_the_request_comes_from_is_told_nothing(client):
    assert client.ask(client.folder + PAGE, Cookie=client.cookie).status == 403


def test_a_page_of_our_own_is_answered(client):
    assert client.read(PAGE, Sec_Fetch_Site="same-origin").status == 200


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1", "127.0.0.1:1", "localhost.example.com", "[::1]"])
def test_another_name_of_this_machine_is_none_of_the_console(client, host):
    assert client.read(PAGE, Host=host).status == 403


def test_under_its_other_name_the_origin_is_that_name(client):
    host = f"localhost:{client.server.port}"
    assert client.read(PAGE, Host=host).status == 200
    assert client.write("samples", "", Host=host).status == 403  # the origin is 127.0.0.1
    answer = client.write("samples", "", Host=host, Origin=f"http://{host}")
    assert "This page is from before the console was restarted" in answer.text  # so far it came


@pytest.mark.parametrize(
    "origin", ["null", "http://127.0.0.1", "http://127.0.0.1:1", "https://127.0.0.1:{port}", "http://example.com", ""]
)
def test_a_form_of_another_origin_changes_nothing(client, origin):
    assert client.write("samples", "", Origin=origin.format(port=client.server.port)).status == 403


def test_a_form_of_no_known_page_changes_nothing(client):
    headers = {"Cookie": client.cookie, "Sec_Fetch_Site": "same-origin"}
    assert client.ask(f"{client.folder}samples", "POST", "", **headers).status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_reading_needs_no_origin(client, method):
    headers = {"Cookie": client.cookie, "Sec_Fetch_Site": "none"}
    assert client.ask(f"{client.folder}samples", method, "", **headers).status == 403


def test_every_answer_keeps_pages_to_themselves(client):
    for answer in (client.read(""), client.read("nowhere"), client.ask("/")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_path_outside_of_the_pages_is_no_page(client):
    answer = client.ask("/static/console.css", Cookie=client.cookie, Sec_Fetch_Site="none")
    assert answer.status == 404


@pytest.mark.parametrize("path", ["static/../access.py", "static/%2e%2e/access.py", "static//etc/passwd"])
def test_no_file_but_the_pages_own_is_given(client, path):
    assert client.read(path).status == 404
