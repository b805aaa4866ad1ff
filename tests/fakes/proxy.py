"""A TCP proxy that stands between trackwarden and a real server, and breaks what passes through it, to order.

with Proxy("127.0.0.1", server.port) as proxy:
    proxy.script(b"order_completed", Fault.STALL)   # whoever sends these bytes hears nothing any more
"""

import re
import socket
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Self

_CHUNK = 65_536
_TAIL = 4_096
"""Bytes of what went before in which a pattern may begin."""
_LOOK = 0.05


class Fault(Enum):
    """What becomes of a connection."""

    STALL = auto()
    """It stays open, and nothing passes in either direction."""
    RESET = auto()
    """It is reset."""
    CLOSE = auto()
    """It is closed, as a server does that goes down."""
    SILENCE = auto()
    """As STALL, and so every connection that is open or comes: accepted, and told nothing."""
    AWAY = auto()
    """All connections are reset, and no further ones are taken until `come_back`."""


@dataclass(slots=True)
class _Rule:
    pattern: re.Pattern[bytes]
    fault: Fault
    left: int


class Proxy:
    """Listens on a port of its own; use it as a context manager."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        self._pairs: list[_Pair] = []
        self._listener: socket.socket | None = None
        self._silent = False
        self.port = 0
        self.accepted = 0
        """Connections so far."""
        self.fired = 0
        """Faults so far."""

    def script(self, pattern: bytes, fault: Fault, times: int = 1_000_000) -> None:
        """Where a client sends what the regular expression finds, so many times."""
        with self._lock:
            self._rules.append(_Rule(re.compile(pattern), fault, times))

    def heal(self) -> None:
        """No more faults; connections that were silenced end."""
        with self._lock:
            self._rules.clear()
            self._silent = False
        self._end([pair for pair in self._pairs if pair.silent])
        if self._listener is None:
            self.come_back()

    def come_back(self) -> None:
        """Take connections again, on the same port."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self._listener, self.port = listener, listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def passes(self, pair: "_Pair", tail: bytes, chunk: bytes) -> bool:
        """Whether a client's bytes go on to the server."""
        with self._lock:
            rule = next((r for r in self._rules if r.left and _fresh(r.pattern, tail, chunk)), None)
            if rule is None:
                return not (self._silent or pair.silent)
            rule.left -= 1
            self.fired += 1
        self._strike(pair, rule.fault)
        return False

    def _strike(self, pair: "_Pair", fault: Fault) -> None:
        if fault is Fault.STALL:
            pair.silent = True
        elif fault is Fault.SILENCE:
            self._silent = True
            for one in list(self._pairs):
                one.silent = True
        elif fault is Fault.AWAY:
            listener, self._listener = self._listener, None
            if listener is not None:
                with suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)
                listener.close()
            self._end(list(self._pairs))
        else:
            pair.end(reset=fault is Fault.RESET)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                server = socket.create_connection(self._to)
            except OSError:
                client.close()
                continue
            pair = _Pair(self, client, server)
            pair.silent = self._silent
            self._pairs.append(pair)
            pair.start()

    @staticmethod
    def _end(pairs: "Sequence[_Pair]") -> None:
        for pair in pairs:
            pair.end(reset=True)

    def __enter__(self) -> Self:
        self.come_back()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self._end(list(self._pairs))


class _Pair:
    """One client's connection and the one to the server that belongs to it."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self.silent = False
        self._over = threading.Event()

    def start(self) -> None:
        """Let bytes pass in both directions."""
        threading.Thread(target=self._upwards, daemon=True).start()
        threading.Thread(target=self._downwards, daemon=True).start()

    def end(self, *, reset: bool) -> None:
        """Close both ends; a reset is noticed at once, whatever was on its way."""
        self._over.set()
        for end in (self._client, self._server):
            with suppress(OSError):
                if reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    end.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                end.shutdown(socket.SHUT_RD)
            end.close()

    def _upwards(self) -> None:
        tail = b""
        while chunk := self._read(self._client):
            if self._proxy.passes(self, tail, chunk) and not self._write(self._server, chunk):
                break
            tail = (tail + chunk)[-_TAIL:]
        if not self.silent:
            self.end(reset=False)

    def _downwards(self) -> None:
        while chunk := self._read(self._server):
            while self.silent and not self._over.wait(_LOOK):
                pass
            if not self._write(self._client, chunk):
                break
        if not self.silent:
            self.end(reset=False)

    def _read(self, end: socket.socket) -> bytes:
        try:
            return end.recv(_CHUNK)
        except OSError:
            return b""

    def _write(self, end: socket.socket, chunk: bytes) -> bool:
        try:
            end.sendall(chunk)
        except OSError:
            return False
        return True


def _fresh(pattern: re.Pattern[bytes], tail: bytes, chunk: bytes) -> bool:
    """The pattern is found where it could not be found before this chunk came."""
    return any(found.end() > len(tail) for found in pattern.finditer(tail + chunk))
