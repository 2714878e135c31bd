"""The headers that go with every answer: nothing is loaded from another host, and no other site may frame the desk."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Streamlit's page starts with inline scripts and styles, and Plotly draws into blobs; all else is this server only.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "camera",
            "display-capture",
            "geolocation",
            "microphone",
            "payment",
            "serial",
            "usb",
            "bluetooth",
        )
    ),
}
# For a year the browser asks for nothing here but by TLS; said only where it came that way, or a laptop's browser would
# keep away from every other server on the same machine.
UNDER_TLS = {"Strict-Transport-Security": "max-age=31536000"}
# What comes with Streamlit and is the same for everybody. All else may tell of a shop, so nobody keeps a copy of it.
KEPT = ("/static/", "/favicon", "/component/", "/_stcore/bidi-components/")


class SecurityHeaders:
    """Adds the headers to every HTTP answer that does not bring a stricter one of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (HEADERS | (UNDER_TLS if scope["scheme"] == "https" else {})).items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith(KEPT):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)
