"""A proxy on loopback that ends TLS itself: what is sent to a fixed host is heard by a service of our own.

Clients reach it by `HTTPS_PROXY`, and trust it by `authority` alone: it is made anew for each test.
"""

import socket
import socketserver
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.serving import Serving

HOSTS = ("events.pagerduty.com", "prod.logic.azure.com")


class Tunnel(Serving):
    """The proxy, in front of a service's port."""

    def __init__(self, folder: Path, port: int) -> None:
        self.authority = folder / "authority.pem"
        self._context = _secured(folder / "key.pem", self.authority)
        super().__init__(socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler(self._context, port)))

    @property
    def url(self) -> str:
        """What `HTTPS_PROXY` says."""
        return f"http://127.0.0.1:{self.port}"


def _secured(key_file: Path, authority: Path) -> ssl.SSLContext:
    """TLS as those hosts, by a certificate that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test's own authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, key_file)
    return context


def _handler(context: ssl.SSLContext, port: int) -> type[socketserver.BaseRequestHandler]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked = b""
            while not asked.endswith(b"\r\n\r\n"):
                asked += self.request.recv(1)
            if not asked.startswith(b"CONNECT "):
                return
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as client,
                socket.create_connection(("127.0.0.1", port)) as service,
            ):
                service.sendall(_request(client))
                while part := service.recv(65_536):
                    client.sendall(part)

    return Handler


def _request(client: ssl.SSLSocket) -> bytes:
    """One whole request."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    body = b""
    while len(body) < length:
        body += client.recv(length - len(body))
    return head + body
