"""A port for what cannot take any and say which."""

import socket


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody has, by the kernel's choice."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
