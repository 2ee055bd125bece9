"""TLS: verified always, with Amazon's roots first and the system's store behind them."""

import datetime
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from handlers.shared.aws import dynamodb, sockets
from handlers.shared.aws.errors import ConnectionLost
from tests.handlers.shared.aws.scripted import Server, answer, then_close

NOW = datetime.datetime.now(datetime.UTC)


# What Python 3.13 and newer ask of certificates besides (VERIFY_X509_STRICT).
_SIGNS = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)
_CRITICAL = (x509.BasicConstraints, x509.KeyUsage)


class Authority:
    """A certificate authority of its own."""

    def __init__(self, name: str):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        self.certificate = self._sign(
            self.name, self.key, x509.BasicConstraints(ca=True, path_length=None), _SIGNS, self._identifier
        )
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - datetime.timedelta(days=1))
            .not_valid_after(NOW + datetime.timedelta(days=1))
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, _CRITICAL))
        return builder.sign(self.key, hashes.SHA256())

    def server_context(self, folder, address: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier)
        certificate = self._sign(subject, key, names, issuer)
        file = folder / "server.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@pytest.fixture
def amazon() -> Authority:
    return Authority("Amazon Root CA 9")


@pytest.fixture
def other() -> Authority:
    return Authority("Some Other CA")


@pytest.fixture
def system(tmp_path, monkeypatch, amazon, other):
    """A system whose store holds both."""
    store = tmp_path / "store.pem"
    store.write_text(f"# comment\n{other.pem}\n# more\n{amazon.pem}")
    monkeypatch.setenv("SSL_CERT_FILE", str(store))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    monkeypatch.setattr(sockets, "_contexts", [])
    return store


@pytest.fixture
def serve_tls(serve, tmp_path):
    def start(authority: Authority, *acts, address: str = "127.0.0.1") -> Server:
        server = serve(*acts)
        context = authority.server_context(tmp_path, address)
        server.wrap = lambda sock: context.wrap_socket(sock, server_side=True)
        server.url = server.url.replace("http:", "https:")
        return server

    return start


def call(client, payload: bytes = b"{}"):
    return client.call(dynamodb.request("PutItem", payload))


def test_amazons_roots_are_picked_out_of_the_store(system, amazon):
    assert sockets.amazon_roots(str(system)) == ssl.PEM_cert_to_DER_cert(amazon.pem)
    assert sockets.amazon_roots(None) == b""
    system.write_text(f"{amazon.pem}\n-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----")
    assert sockets.amazon_roots(str(system)) == b""


def test_a_certificate_of_amazons_is_verified_without_the_rest_of_the_store(system, amazon, serve_tls, connect):
    server = serve_tls(amazon, answer())
    client = connect(server)
    assert call(client).status == call(client).status == 200
    assert server.connections == 1
    assert [context.cert_store_stats()["x509_ca"] for context in sockets._contexts] == [1]


def test_another_root_of_the_system_is_trusted_too(system, other, serve_tls, connect):
    server = serve_tls(other, then_close(answer()))
    client = connect(server)
    assert call(client).status == call(client).status == 200
    assert server.connections == 3  # one refused the first time; from then on the whole store is in use


def test_a_store_without_amazons_roots_is_used_whole(system, other, serve_tls, connect):
    system.write_text(other.pem)
    assert call(connect(serve_tls(other, answer()))).status == 200


def test_a_stranger_is_not_trusted(system, serve_tls, connect):
    server = serve_tls(Authority("Amazon Root CA 1 (not really)"), answer())
    with pytest.raises(ConnectionLost, match="CERTIFICATE_VERIFY_FAILED"):
        call(connect(server))
    assert server.received == []


def test_a_certificate_for_another_host_is_not_accepted(system, amazon, serve_tls, connect):
    server = serve_tls(amazon, answer(), address="127.0.0.2")
    with pytest.raises(ConnectionLost, match="CERTIFICATE_VERIFY_FAILED"):
        call(connect(server))
    assert server.received == []


def test_a_bundle_of_the_users_is_the_only_trust(system, amazon, other, serve_tls, connect, monkeypatch, tmp_path):
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(other.pem)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    assert call(connect(serve_tls(other, answer()))).status == 200
    with pytest.raises(ConnectionLost, match="CERTIFICATE_VERIFY_FAILED"):
        call(connect(serve_tls(amazon, answer())))


def test_a_bundle_that_is_not_there_is_an_error_at_once(system, amazon, serve_tls, connect, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nowhere/bundle.pem")
    with pytest.raises(ConnectionLost, match="FileNotFoundError") as lost:
        call(connect(serve_tls(amazon, answer())))
    assert not lost.value.transient


def test_large_bodies_pass_in_both_directions(system, amazon, serve_tls, connect):
    body = bytes(range(256)) * 20_000
    server = serve_tls(amazon, answer(body))
    assert call(connect(server), body).body == body
    assert server.received[0].body == body
