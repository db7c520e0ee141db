"""Requests to an application within this process, without a socket."""

import asyncio
import json

from dlpy.serve.app import Service, app_of
from dlpy.serve.limits import Limits
from dlpy.serve.served_run import ServedRun

JSON = {"content-type": "application/json"}


class Client:
    """Sends requests to the application of some runs."""

    def __init__(self, *runs, hosts=("testserver",), **limits):
        served = [ServedRun(name, run) for name, run in runs]
        self.app = app_of(Service(served, Limits(**limits)), hosts)

    def get(self, path, host="testserver"):
        return asyncio.run(self._within(self._request("GET", path, b"", {"host": host})))[0]

    def post(self, path, content, headers=JSON):
        return self.together((path, content, headers))[0]

    def together(self, *requests):
        """Send requests at once; return (status, content) of each."""
        made = [
            self._request("POST", path, _body(content), {"host": "testserver", **headers})
            for path, content, headers in requests
        ]
        return asyncio.run(self._within(*made))

    async def _within(self, *requests):
        async with self.app.router.lifespan_context(self.app):
            return await asyncio.gather(*requests)

    async def _request(self, method, path, body, headers):
        pieces = [body[: len(body) // 2], body[len(body) // 2 :]]
        given = [
            {"type": "http.request", "body": piece, "more_body": number == 0} for number, piece in enumerate(pieces)
        ]
        sent = []

        async def receive():
            return given.pop(0) if given else {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
        }
        await self.app(scope, receive, send)
        text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
        kind = dict(sent[0]["headers"])[b"content-type"]
        return sent[0]["status"], json.loads(text) if kind == b"application/json" else text


def _body(content):
    return content if isinstance(content, bytes) else json.dumps(content).encode()
