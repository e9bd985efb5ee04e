"""Lets containers reach what listens on this machine's loopback only."""

import contextlib
import ipaddress
import json
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


def bridge_address() -> str:
    """This machine's address on the network that containers are in by default."""
    docker = shutil.which("docker") or "docker"
    told = subprocess.run(
        [docker, "network", "inspect", "bridge"], capture_output=True, text=True, check=True
    )
    [config] = json.loads(told.stdout)[0]["IPAM"]["Config"]
    first = next(ipaddress.ip_network(config["Subnet"]).hosts())
    return str(config.get("Gateway") or first)


@contextlib.contextmanager
def forwarded(url: str, host: str) -> Iterator[str]:
    """The same service at another address of this machine.

    Args:
        url: Where it listens.
        host: The other address.
    """
    upstream = urlsplit(url)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((upstream.hostname, upstream.port)) as there:
                back = threading.Thread(target=_copy, args=(there, self.request))
                back.start()
                _copy(self.request, there)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server((host, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{host}:{server.server_address[1]}"
        server.shutdown()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side has gone
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
