"""A provider of OpenID Connect on this machine, for tests: whoever comes is the person that the test has named."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

COOKIE_SECRET = "made up for a test, and long enough for it"
KEY = RSAKey.generate_key(2048, {"kid": "only"})


class Provider:
    """What the next person who comes is said to be."""

    def __init__(self, address):
        self.address = address
        self.claims = {}
        self.codes = {}

    def metadata(self):
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {
            "issuer": self.address,
            **{name: f"{self.address}/{path}" for name, path in paths.items()},
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorize(self, asked):
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked["nonce"][0]
        return asked["redirect_uri"][0] + "?" + urlencode({"code": code, "state": asked["state"][0]})

    def token(self, code):
        now = int(time.time())
        claims = {
            "iss": self.address, "aud": "loam", "sub": "1", "iat": now, "exp": now + 300, "nonce": self.codes.pop(code),
            **self.claims,
        }  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "only"}, claims, KEY)
        return {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": token}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        parts = urlsplit(self.path)
        match parts.path:
            case "/authorize":
                self.send_response(302)
                self.send_header("Location", self.server.provider.authorize(parse_qs(parts.query)))
                self.end_headers()
            case "/keys":
                self._answer({"keys": [KEY.as_dict(private=False)]})
            case _:
                self._answer(self.server.provider.metadata())

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._answer(self.server.provider.token(form["code"][0]))

    def _answer(self, body):
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_words):
        pass


@contextmanager
def provider():
    """A provider that answers until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def secrets_for(provider, desk_port):
    """What stands in secrets.toml."""
    return (
        f'[auth]\nredirect_uri = "http://127.0.0.1:{desk_port}/oauth2callback"\n'
        f'cookie_secret = "{COOKIE_SECRET}"\n'
        f'[auth.house]\nclient_id = "loam"\nclient_secret = "made up"\n'
        f'server_metadata_url = "{provider.address}/.well-known/openid-configuration"\n'
    )
