"""`dlpy serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli import completion
from dlpy.cli.options import RUN_HELP, RunsFolder

if TYPE_CHECKING:
    from starlette.applications import Starlette


def serve(
    names: Annotated[list[str], typer.Argument(metavar="RUN...", help=RUN_HELP, autocompletion=completion.runs)],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in, without any password.")
    ] = "127.0.0.1",
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that answer requests, each with the models in its memory.")
    ] = 1,
    most_rows: Annotated[int, typer.Option(min=1, max=1_000_000, help="Rows in a request.")] = 10_000,
    most_bytes: Annotated[int, typer.Option(min=1_000, max=1 << 30, help="Bytes in a request.")] = 10_000_000,
    queue: Annotated[int, typer.Option(min=1, max=100_000, help="Requests that may wait, for each run.")] = 256,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=3600, help="Time for a request to arrive, and for its predictions.")
    ] = 30.0,
    runs_folder: RunsFolder = None,
) -> None:
    """Answer requests for predictions over HTTP.

    POST /predict takes {"rows": [{"rooms": 3, "town": "Bern"}]}, {"texts":
    ["..."]} or {"images": ["BASE64"]}, or one image as it is (Content-Type:
    image/png), and answers as dlpy predict --json does. Of several runs, each has
    the address /runs/NAME/predict. GET / is a page to try it by hand; /schema
    describes the addresses (OpenAPI), /healthz and /readyz are for whoever
    watches over the server, /metrics for Prometheus (of each worker alone).

    Requests that come while others are predicted are predicted together; the
    numbers are the same but for the rounding of some networks (about 1e-7). Too
    large requests get 413, rows that do not fit 422, too many at once 503. Ctrl-C
    or SIGTERM: no new requests, those that came are answered.

    Needs Starlette and uvicorn: pip install 'dlpy\\[serve]'

    Example: dlpy serve latest --port 8080
    """
    from dlpy.cli.lines import say
    from dlpy.cli.progress import shown_path
    from dlpy.runs.lookup import find_model
    from dlpy.serve.limits import Limits
    from dlpy.serve.server import Job, bound, in_address, names_of, require_installed
    from dlpy.serve.server import serve as serve_job

    require_installed()
    runs = names_of([find_model(name, runs_folder) for name in names])
    listening = bound(host, port)
    with listening:
        address = f"http://{in_address(host)}:{listening.getsockname()[1]}"
        for name, path in runs.items():
            say(f"{address}/runs/{name}/predict: run {shown_path(Path(path))}")
        say(f"{address}: loading; Ctrl-C ends the server")
        serve_job(
            Job(runs, host, port, Limits(most_bytes, most_rows, queue, seconds), workers),
            listening,
            f"{__name__}:worker",
            say,
        )


def worker() -> Starlette:
    """Return the application of a worker process."""
    from dlpy.cli.lines import say
    from dlpy.serve.server import worker as worker_of

    return worker_of(say)
