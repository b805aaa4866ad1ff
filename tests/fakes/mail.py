"""A mail server of our own on loopback, speaking SMTP (RFC 5321), with faults to order.

>>> with FakeMail() as mail:  # doctest: +SKIP
...     mail.script(Trouble("RCPT", "451 4.7.1 come back later"), DROPPED_AFTER)
...     ChannelSender("channels.mail", mail.url("ann@example.com"))
"""

import email
import email.policy
import socketserver
from collections import deque
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import quote

from tests.fakes.serving import Serving


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to one session instead of the usual, at one of its commands."""

    at: str
    """`GREETING`, `EHLO`, `AUTH`, `MAIL`, `RCPT`, `DATA`, or `END` (after the letter's last line)."""
    answer: str = ""
    """What is answered instead; empty: nothing."""
    drop: bool = False
    """The connection is closed."""
    hang: float = 0.0
    """Seconds without a word."""
    take: bool = False
    """The letter is taken all the same (at `END`)."""
    only: str = ""
    """At `RCPT`: this recipient alone."""


DROPPED_BEFORE = Trouble("MAIL", drop=True)
DROPPED_AFTER = Trouble("END", drop=True, take=True)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was taken."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    def part(self, kind: str) -> str:
        """The text of its `plain` or `html` part."""
        found = self.message.get_body((kind,))
        assert found is not None, self.message.as_string()
        return str(found.get_content())


class FakeMail(Serving):
    """The server. `letters` is what it took, in order; each session takes the next trouble of the script."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.sessions = 0
        self._troubles: deque[Trouble | None] = deque()
        self.always: Trouble | None = None
        """For every session without one of its own."""
        super().__init__(
            socketserver.ThreadingTCPServer(("127.0.0.1", 0), type("Session", (_Session,), {"mail": self}))
        )

    def url(self, *recipients: str, also: str = "", user: str = "") -> str:
        """The service URL of letters to these."""
        to = ",".join(recipients)
        who = f"{user}@" if user else ""
        return f"mailto://{who}127.0.0.1:{self.port}/?from=watch@example.com&to={quote(to)}&mode=insecure{also}"

    def script(self, *troubles: Trouble | None) -> None:
        """What happens to the next sessions, one each; None: nothing."""
        self._troubles.extend(troubles)

    def trouble(self) -> Trouble | None:
        """The next session's."""
        self.sessions += 1
        return self._troubles.popleft() if self._troubles else self.always


class _Over(Exception):  # noqa: N818 - not an error: it ends the session
    """The session is over."""


class _Session(socketserver.StreamRequestHandler):
    mail: FakeMail

    def handle(self) -> None:
        self.trouble, self.sender, self.recipients = self.mail.trouble(), "", list[str]()
        try:
            self.say("GREETING", "220 fake.example ESMTP")
            while line := self.rfile.readline().decode("utf-8", "replace").strip():
                self.command(line)
        except (_Over, OSError):
            return

    def command(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "EHLO" | "HELO":
                self.say("EHLO", "250-fake.example\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME")
            case "AUTH":
                self.say("AUTH", "235 2.7.0 welcome")
            case "MAIL":
                self.sender = rest.partition("<")[2].partition(">")[0]
                self.say("MAIL", "250 2.1.0 ok")
            case "RCPT":
                self.recipient(rest.partition("<")[2].partition(">")[0])
            case "DATA":
                self.letter()
            case "RSET" | "NOOP":
                self.wfile.write(b"250 2.0.0 ok\r\n")
            case "QUIT":
                self.wfile.write(b"221 2.0.0 bye\r\n")
                raise _Over
            case _:
                self.wfile.write(b"502 5.5.2 no such command\r\n")

    def recipient(self, address: str) -> None:
        if self.trouble and self.trouble.only and self.trouble.only != address:
            self.wfile.write(b"250 2.1.5 ok\r\n")
        elif not self.say("RCPT", "250 2.1.5 ok"):
            return
        self.recipients.append(address)

    def letter(self) -> None:
        if not self.say("DATA", "354 go on"):
            return
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        taken = Letter(
            self.sender,
            tuple(self.recipients),
            email.message_from_bytes(b"".join(lines), policy=email.policy.default),
        )
        if self.trouble is None or self.trouble.at != "END" or self.trouble.take:
            self.mail.letters.append(taken)
        self.recipients = []
        self.say("END", "250 2.0.0 taken")

    def say(self, at: str, usual: str) -> bool:
        """Answer, as ordered; whether it was the usual."""
        trouble = self.trouble if self.trouble is not None and self.trouble.at == at else None
        if trouble is None:
            self.wfile.write(f"{usual}\r\n".encode())
            return True
        if trouble.hang:
            self.mail.closing.wait(trouble.hang)
        if trouble.drop:
            raise _Over
        if trouble.answer:
            self.wfile.write(f"{trouble.answer}\r\n".encode())
            return False
        self.wfile.write(f"{usual}\r\n".encode())
        return True
