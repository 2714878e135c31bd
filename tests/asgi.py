"""Asks an ASGI app of this process, without a server."""

import asyncio

import httpx


class Asked:
    """A client of an app; a body may be bytes, or pieces that don't say beforehand how many they are."""

    def __init__(self, app):
        self.app = app

    def request(self, method, path, *, content=b"", headers=None):
        async def pieces():
            for piece in content:
                yield piece

        async def ask():
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                body = content if isinstance(content, bytes) else pieces()
                return await client.request(method, path, content=body, headers=headers)

        return asyncio.run(ask())

    def get(self, path):
        return self.request("GET", path)
