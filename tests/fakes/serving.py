"""A server on a port of its own, in threads of this process, that ends with the test."""

import socketserver
from threading import Event, Thread
from types import TracebackType
from typing import Self


class Serving:
    """`with` it, and it serves; a client that never goes away holds nobody up."""

    def __init__(self, server: socketserver.ThreadingMixIn | socketserver.TCPServer) -> None:
        assert isinstance(server, socketserver.ThreadingMixIn)
        assert isinstance(server, socketserver.TCPServer)
        server.daemon_threads = True
        server.block_on_close = False
        self.closing = Event()
        """Whoever waits for something that never comes looks here."""
        self._server = server
        self._thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])
