"""The desk on a machine without a network: a connection or a question to any other machine fails, and is written down.

`uvicorn tests.offline:app` serves it. OFFLINE_LOG names the file in which the attempts are noted.
"""

import os
import sys
from pathlib import Path

LOOPBACK = {"127.0.0.1", "::1", "localhost", "", None}


def refuse_other_machines(event, arguments):
    """An audit hook: whatever Python's sockets are asked to do comes by here first."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        # The address of a socket of this machine is a path, or bytes.
        host = address[0] if isinstance(address, tuple) else None
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in LOOPBACK:
        with Path(os.environ["OFFLINE_LOG"]).open("a", encoding="utf-8") as log:
            log.write(f"{event} {host}\n")
        raise OSError(f"there is no network: {event} {host}")


sys.addaudithook(refuse_other_machines)

from app import app  # noqa: E402, F401  (only once the network is gone)
