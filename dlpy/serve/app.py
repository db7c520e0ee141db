"""The application behind the addresses of a server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from dlpy.core.errors import did_you_mean
from dlpy.serve import page
from dlpy.serve.asked import asked
from dlpy.serve.bodies import body_of, content_type_of
from dlpy.serve.counters import Counters
from dlpy.serve.limits import Limits
from dlpy.serve.openapi import openapi
from dlpy.serve.queue import Queue
from dlpy.serve.refused import BUSY, Refused
from dlpy.serve.served_run import Answer, ServedRun
from dlpy.storage.atomic import finite

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

Beside = Callable[[], Coroutine[Any, Any, None]]  # what runs while requests are answered
_SAFE = {
    "Content-Security-Policy": f"default-src 'none'; connect-src 'self'; style-src {page.STYLE_HASH}; "
    f"script-src {page.SCRIPT_HASH}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Service:
    """Answers the requests to several runs."""

    def __init__(self, runs: Sequence[ServedRun], limits: Limits, beside: Beside | None = None) -> None:
        self._runs = {run.name: run for run in runs}
        self._limits, self._beside = limits, beside
        self._counters = Counters()
        self._queues: dict[str, Queue] = {}
        self._schema = openapi(runs, limits)

    @asynccontextmanager
    async def open(self, app: Starlette) -> AsyncIterator[None]:
        """Answer requests within the block."""
        self._queues = {name: Queue(run.answers, self._limits) for name, run in self._runs.items()}
        work = [*(queue.serve() for queue in self._queues.values()), *([self._beside()] if self._beside else [])]
        tasks = [asyncio.create_task(one) for one in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for queue in self._queues.values():
                queue.close()
            self._queues = {}

    async def predict(self, request: Request) -> Response:
        """Predict the rows in the body with the run that the address names, or the only one."""
        began, name, status, rows = time.perf_counter(), self._name(request), 500, 0
        try:
            answer = await self._answer(request, name)
            status, rows = 200, len(answer.predictions)
            return _json({"run": name, "predictions": answer.predictions, "unfamiliar": answer.unfamiliar})
        except Refused as refused:
            status = refused.status
            return _refusal(refused)
        finally:
            self._counters.answered(name or "-", status, time.perf_counter() - began, rows)

    async def _answer(self, request: Request, name: str) -> Answer:
        if name not in self._runs:
            raise self._unknown(request)
        body = await body_of(request, self._limits)
        wanted = asked(body, content_type_of(request), self._limits)
        if wanted.kind not in (takes := self._runs[name].takes):
            raise Refused(422, f"run '{name}' takes {' or '.join(takes)}, not {wanted.kind}: see /schema.")
        return await self._queues[name].ask(wanted)

    def _name(self, request: Request) -> str:
        """Return the name of the run that a request is for; empty where there is none."""
        name = request.path_params.get("name")
        if name is None:
            return next(iter(self._runs)) if len(self._runs) == 1 else ""
        return name if name in self._runs else ""

    def _unknown(self, request: Request) -> Refused:
        name = request.path_params.get("name")
        names = list(self._runs)
        if name is None:
            return Refused(404, f"several runs are served: use /runs/NAME/predict with one of {', '.join(names)}.")
        return Refused(404, f"no run is served as '{name}'.{did_you_mean(name, names)}")

    async def runs(self, request: Request) -> Response:
        """List the runs."""
        return _json(
            {"runs": [{"name": name, "id": run.run.id, "takes": run.takes} for name, run in self._runs.items()]}
        )

    async def schema(self, request: Request) -> Response:
        """Describe the addresses, in the form of OpenAPI."""
        return _json(self._schema)

    async def alive(self, request: Request) -> Response:
        """Say that the process answers."""
        return _text("ok\n")

    async def ready(self, request: Request) -> Response:
        """Say whether requests would wait: the models are loaded, and no queue is full."""
        full = not self._queues or any(len(queue) >= self._limits.queue for queue in self._queues.values())
        return _text("busy\n", 503) if full else _text("ready\n")

    async def metrics(self, request: Request) -> Response:
        """Return the counters."""
        text = self._counters.text({name: len(queue) for name, queue in self._queues.items()})
        return _text(text, kind="text/plain; version=0.0.4; charset=utf-8")

    async def page(self, request: Request) -> Response:
        """Return a page to try the runs by hand."""
        return _text(page.HTML, kind="text/html; charset=utf-8")


def app_of(service: Service, hosts: Sequence[str]) -> Starlette:
    """Return the application of a service.

    Args:
        service: what answers.
        hosts: names that the server may be reached by; ["*"]: any.
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Route

    gets = {
        "/": service.page,
        "/runs": service.runs,
        "/schema": service.schema,
        "/healthz": service.alive,
        "/readyz": service.ready,
        "/metrics": service.metrics,
    }
    posts = ("/predict", "/runs/{name}/predict")
    return Starlette(
        routes=[
            *(Route(path, answer, methods=["GET"]) for path, answer in gets.items()),
            *(Route(path, service.predict, methods=["POST"]) for path in posts),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)],
        exception_handlers={404: _no_page, 405: _other_method, Exception: _failure},
        lifespan=service.open,
    )


async def _no_page(request: Request, error: Any) -> Response:
    return _refusal(
        Refused(error.status_code, f"{request.method} {request.url.path}: there is no such address: see /.")
    )


async def _other_method(request: Request, error: Any) -> Response:
    allowed = error.headers["Allow"].replace("HEAD, ", "").replace(", HEAD", "")
    refused = Refused(405, f"{request.method} {request.url.path}: use {allowed} with this address: see /.")
    return _refusal(refused)


async def _failure(request: Request, error: Exception) -> Response:
    return _refusal(Refused(500, "this is a bug in dlpy: the server's log has the details."))


def _refusal(refused: Refused) -> Response:
    headers = {"Retry-After": "1"} if refused.line == BUSY else {}
    return _json({"error": refused.line}, refused.status, headers)


def _json(content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(finite(content), allow_nan=False, separators=(",", ":"))
    return _text(text, status, "application/json", headers)


def _text(
    text: str, status: int = 200, kind: str = "text/plain; charset=utf-8", headers: Mapping[str, str] | None = None
) -> Response:
    from starlette.responses import Response

    return Response(text.encode(), status, {**_SAFE, **(headers or {}), "Content-Type": kind})
