"""How much may be sent to the desk: at once, and by one person in an hour. What is more is not read."""

import time
from collections import defaultdict, deque

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from routes.access import PERSON
from routes.failures import answer_to
from settings import settings

UPLOADS = "/_stcore/upload_file/"
MB = 1024 * 1024
# A file comes with a name and a frame around it.
FRAME_BYTES = MB
# No form of the desk is filled with more; those at the door are held to less (routes/browsers.py).
LARGEST_FORM_BYTES = MB
HOUR_SECONDS = 3600


class BodyLimits:
    """Refuses a request that says it is too large before it is read, and one that does not say so once it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = LARGEST_FORM_BYTES
        if scope["path"].startswith(UPLOADS):
            most = settings().max_upload_mb * MB + FRAME_BYTES
        if _said_bytes(scope) > most:
            await answer_to(scope, 413)(scope, receive, send)
            return
        received = 0

        async def receive_no_more() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_no_more, send)


class UploadQuota:
    """Refuses a person's file where it would bring the last hour's beyond LOAM_UPLOAD_QUOTA_MB.

    The count is this process's own and is gone when it ends: it keeps one person from filling its memory.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.sent: dict[int, deque[tuple[float, int]]] = defaultdict(deque)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        person_id = scope.get(PERSON)
        if scope["type"] != "http" or scope["method"] != "PUT" or person_id is None:
            await self.app(scope, receive, send)
            return
        most = settings().upload_quota_mb * MB
        if self._sent_bytes(person_id) + _said_bytes(scope) > most:
            sentence = (
                f"You may send {settings().upload_quota_mb:,} MB in an hour, and this file would be more. "
                "Nothing of it was kept; try again later."
            )
            await answer_to(scope, 429, sentence)(scope, receive, send)
            return

        async def count() -> Message:
            message = await receive()
            if size := len(message.get("body", b"")):
                self.sent[person_id].append((time.monotonic(), size))
                if self._sent_bytes(person_id) > most + FRAME_BYTES:
                    raise HTTPException(429)
            return message

        await self.app(scope, count, send)

    def _sent_bytes(self, person_id: int) -> int:
        """What somebody sent in the last hour."""
        sent = self.sent[person_id]
        while sent and sent[0][0] < time.monotonic() - HOUR_SECONDS:
            sent.popleft()
        return sum(size for _at, size in sent)


def _said_bytes(scope: Scope) -> int:
    """The size that a request says it has; 0 where it says none, or nonsense, which the server refuses itself."""
    said = dict(scope["headers"]).get(b"content-length", b"")
    return int(said) if said.isdigit() else 0
