"""Verified TLS without the 25 ms that loading every root of the system costs a cold start.

AWS's endpoints chain to the roots of Amazon Trust Services (https://www.amazontrust.com/repository/). Those
are picked out of the system's own store, so nothing is trusted that the system does not trust; a peer with
another root is verified against the whole store.
"""

import os
import ssl

from handlers.shared.aws import sockets

_AMAZON = (b"Amazon Root CA", b"Starfield Services Root Certificate Authority")
_in_use: list[ssl.SSLContext] = []  # the last is what the next connection is verified against
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def connect(host: str, port: int, end: float) -> ssl.SSLSocket:
    """Opens a connection to a host whose certificate is valid for it; see `sockets.connect`."""
    if not _in_use:
        _in_use.append(first_trust())
    try:
        return _handshake(_in_use[-1], host, port, end)
    except ssl.SSLCertVerificationError:
        if os.environ.get("AWS_CA_BUNDLE"):
            raise
        trust = ssl.create_default_context()
        sock = _handshake(trust, host, port, end)
        _in_use.append(trust)
        return sock


def _handshake(trust: ssl.SSLContext, host: str, port: int, end: float) -> ssl.SSLSocket:
    sock = sockets.connect(host, port, end)
    try:
        sock.settimeout(sockets.seconds_left(end))
        return trust.wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise


def first_trust() -> ssl.SSLContext:
    """Returns what a process trusts at first: AWS_CA_BUNDLE, else Amazon's roots, else the whole store."""
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
        return b""  # OpenSSL may make more of it
    return b"".join([der for der in ders if any(name in der for name in _AMAZON)])
