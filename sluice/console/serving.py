"""The console's server: on the loopback interface, in a thread of its own, until it is stopped."""

import socket
import threading
from typing import Self

import uvicorn

from sluice.console.application import application
from sluice.console.console import Console
from sluice.console.web.access import Keys
from sluice.console.web.rendering import load_templates


class Server:
    """A running console; use it in a `with` block.

    Attributes:
        port: Where it listens.
    """

    def __init__(self, console: Console, port: int | None = None) -> None:
        """Takes a port, a free one by default.

        Raises:
            OSError: The port is taken.
        """
        self._console, self._keys, self._socket = console, Keys(), socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port or 0))
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            application(console, self._keys, self.port),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,  # open pages receive events for ever
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="console", daemon=True
        )
        self._preparation = threading.Thread(target=self._prepare, name="console-preparation", daemon=True)

    @property
    def address(self) -> str:
        """The address to open first, which lets a browser in."""
        return f"http://127.0.0.1:{self.port}/?token={self._keys.token}"

    def __enter__(self) -> Self:
        self._socket.listen()  # requests that come before the server has started wait for it
        self._thread.start()
        self._preparation.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._preparation.join()
        self._socket.close()
        self._console.close()

    def _prepare(self) -> None:
        load_templates()
        self._console.prepare()
