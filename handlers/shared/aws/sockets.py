"""Opens sockets within a deadline, with or without verified TLS.

AWS's endpoints chain to the roots of Amazon Trust Services (https://www.amazontrust.com/repository/). Only those are
taken from the system's store: loading it all would take 25 ms of a cold start. A peer with another root is verified
against the whole store.
"""

import os
import socket
import ssl
import time

_AMAZON = (b"Amazon Root CA", b"Starfield Services Root Certificate Authority")
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_contexts: list[ssl.SSLContext] = []  # the last verifies the next connection


def connect(host: str, port: int, end: float, *, tls: bool) -> socket.socket:
    """Returns a connected socket, with `tls` to a host whose certificate is valid for it; raises OSError.

    Gives up at `end`, a `time.monotonic()` value; only looking up the host takes as long as the system's resolver.
    """
    if not tls:
        return _connect(host, port, end)
    if not _contexts:
        _contexts.append(_first_context())
    try:
        return _handshake(_contexts[-1], host, port, end)
    except ssl.SSLCertVerificationError:
        if os.environ.get("AWS_CA_BUNDLE"):
            raise
        context = ssl.create_default_context()
        sock = _handshake(context, host, port, end)
        _contexts.append(context)
        return sock


def seconds_left(end: float) -> float:
    """Returns a timeout for a socket; never 0, which would mean not to wait."""
    return max(end - time.monotonic(), 0.001)


def _connect(host: str, port: int, end: float) -> socket.socket:
    """Gives each address an equal share of the time left, so that a dead one does not take all."""
    error = OSError(f"{host} has no address")
    addresses = socket.getaddrinfo(_name(host), port, type=socket.SOCK_STREAM)
    for index, (family, kind, protocol, _, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(seconds_left(end) / (len(addresses) - index))
            sock.connect(address)
        except OSError as reason:
            sock.close()
            error = reason
        else:
            return sock
    raise error


def _handshake(context: ssl.SSLContext, host: str, port: int, end: float) -> ssl.SSLSocket:
    sock = _connect(host, port, end)
    try:
        sock.settimeout(seconds_left(end))
        return context.wrap_socket(sock, server_hostname=_name(host))
    except BaseException:
        sock.close()
        raise


def _name(host: str) -> str | bytes:
    """Returns an ASCII name as bytes: for a string Python loads IDNA, which takes 2 % of a cold start.

    `test_a_name_in_ascii_needs_no_idna` checks it.
    """
    return host.encode() if host.isascii() else host


def _first_context() -> ssl.SSLContext:
    """Trusts AWS_CA_BUNDLE, else Amazon's roots, else the whole store."""
    bundle = os.environ.get("AWS_CA_BUNDLE")
    if bundle:
        return ssl.create_default_context(cafile=bundle)
    return ssl.create_default_context(cadata=amazon_roots(ssl.get_default_verify_paths().cafile) or None)


def amazon_roots(cafile: str | None) -> bytes:
    """Returns the certificates (DER) of a PEM file that carry the names of Amazon's roots, if any."""
    if not cafile:
        return b""
    with open(cafile, encoding="utf-8", errors="replace") as file:
        pems = [part.partition(_END)[0] for part in file.read().split(_BEGIN)[1:]]
    try:
        ders = [ssl.PEM_cert_to_DER_cert(f"{_BEGIN}{pem}{_END}") for pem in pems]
    except ValueError:
        return b""  # OpenSSL may read it nevertheless
    return b"".join([der for der in ders if any(name in der for name in _AMAZON)])
