"""Credentials: the environment's, else the SDK's, renewed when AWS calls them expired."""

import json
import sys

import pytest

from handlers.shared.aws.credentials import Credentials, CredentialSource, NoCredentialsError


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def test_the_environment_is_enough(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.session", None)  # importing it would fail
    source = CredentialSource()
    assert source.current() == Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token/+=")


def test_an_empty_token_is_none(monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "")
    assert CredentialSource().current().token is None


def test_renewing_takes_what_the_environment_has_now(monkeypatch):
    source = CredentialSource()
    assert not source.renew()
    monkeypatch.setenv("AWS_SESSION_TOKEN", "newer")
    assert source.renew()
    assert source.current().token == "newer"


def test_a_profile_is_found_by_the_sdk(bare, tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = A\naws_secret_access_key = B\n")
    bare.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    source = CredentialSource()
    assert source.current() == Credentials("A", "B", None)
    file.write_text("[default]\naws_access_key_id = C\naws_secret_access_key = D\n")
    assert source.renew()
    assert source.current() == Credentials("C", "D", None)


def test_the_sdk_renews_before_they_expire(bare, tmp_path):
    answer = {"Version": 1, "AccessKeyId": "old", "SecretAccessKey": "S", "SessionToken": "T"}
    (tmp_path / "1").write_text(json.dumps({**answer, "Expiration": "2020-01-01T00:00:00Z"}))
    (tmp_path / "2").write_text(json.dumps({**answer, "AccessKeyId": "new", "Expiration": "2999-01-01T00:00:00Z"}))
    script = tmp_path / "give.sh"
    script.write_text(f"cd {tmp_path}; cat 1; cp 2 1\n")
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = sh {script}\n")
    bare.setenv("AWS_CONFIG_FILE", str(config))
    assert CredentialSource().current() == Credentials("new", "S", "T")


def test_no_credentials_at_all_is_named(bare):
    with pytest.raises(NoCredentialsError, match="AWS_ACCESS_KEY_ID"):
        CredentialSource()
