"""Opening a TCP connection by a point in time, however many addresses a host has."""

import socket
import time


def connect(host: str, port: int, end: float) -> socket.socket:
    """Returns a socket connected to one of a host's addresses; raises OSError.

    Each address that is tried gets an equal share of the time that is left, so one that is dead does not take it all.

    Args:
        host: Its addresses are looked up, which takes the time that the system's resolver takes.
        port: The port.
        end: A `time.monotonic()` value, at which connecting is given up.
    """
    error = OSError(f"{host} has no address")
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(seconds_left(end) / (len(addresses) - tried))
            sock.connect(address)
        except OSError as reason:
            sock.close()
            error = reason
        else:
            return sock
    raise error


def seconds_left(end: float) -> float:
    """Returns a timeout for a socket; never 0, which would mean not to wait at all."""
    return max(end - time.monotonic(), 0.001)
