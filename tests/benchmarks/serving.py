"""Loads `dlpy serve` on the loopback: requests per second, time per answer, and whether any answer is mixed up.

    python tests/benchmarks/serving.py RUN ROWS.csv [--clients 32] [--requests 20000] [--workers 1]

RUN was trained on a table like ROWS.csv. Each client asks for one row at a time over a connection of its own, as fast
as it gets answers, and compares each answer with the prediction that `dlpy predict` writes for this row. Then one
client asks alone, and then come malformed requests. The clients are one process beside the server: both share the processor.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

DLPY = [sys.executable, "-m", "dlpy"]


def predicted(run: str, rows: Path) -> list[str]:
    """Return the first prediction of each row as `dlpy predict` writes it."""
    told = subprocess.check_output([*DLPY, "predict", run, str(rows)], text=True)
    return [line["prediction"] for line in csv.DictReader(io.StringIO(told))]


def bodies(rows: Path) -> list[bytes]:
    with rows.open(newline="") as file:
        return [
            json.dumps({"rows": [{name: _cell(cell) for name, cell in row.items()}]}).encode()
            for row in csv.DictReader(file)
        ]


def _cell(cell: str) -> float | str | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        return cell


async def ask(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], body: bytes) -> tuple[int, dict]:
    reader, writer = streams
    head = f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    status = int((await reader.readline()).split()[1])
    length = 0
    while (line := await reader.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    return status, json.loads(await reader.readexactly(length))


async def client(port: int, number: int, count: int, given: list[bytes], wanted: list[str]) -> tuple[list[float], int]:
    """Return the seconds of each request, and how many answers were wrong."""
    streams = await asyncio.open_connection("127.0.0.1", port)
    took, wrong = [], 0
    for turn in range(count):
        row = (number * 7919 + turn) % len(given)
        began = time.perf_counter()
        status, answer = await ask(streams, given[row])
        took.append(time.perf_counter() - began)
        wrong += status != 200 or not _same(answer["predictions"][0]["prediction"], wanted[row])
    streams[1].close()
    return took, wrong


def _same(found: float | str, wanted: str) -> bool:
    if isinstance(found, str):
        return found == wanted
    import numpy as np

    return np.float32(found) == np.float32(wanted)


async def load(port: int, clients: int, requests: int, given: list[bytes], wanted: list[str]) -> None:
    began = time.perf_counter()
    found = await asyncio.gather(*(client(port, n, requests // clients, given, wanted) for n in range(clients)))
    seconds = time.perf_counter() - began
    took = sorted(each for one, _ in found for each in one)
    wrong = sum(count for _, count in found)
    quantiles = {f"p{q}": took[min(len(took) - 1, int(len(took) * q / 100))] * 1000 for q in (50, 99)}
    shown = ", ".join(f"{name} {value:.1f} ms" for name, value in quantiles.items())
    print(f"{clients} clients: {len(took) / seconds:,.0f} requests/s, {shown}, {wrong} wrong of {len(took):,}")


def malformed(body: bytes, rng: random.Random) -> bytes:
    """Return a body with a random change: cut, doubled, bytes or numbers replaced."""
    at = rng.randrange(len(body))
    return rng.choice(
        [
            lambda: body[:at],
            lambda: body + body[at:],
            lambda: body[:at] + rng.randbytes(3) + body[at + 3 :],
            lambda: body.replace(b"1", rng.choice([b"NaN", b"1e999", b"[]", b"null", b"-Infinity", b'"x"'])),
            lambda: body.replace(b":", rng.choice([b"", b"::", b",", b"\x00"]), rng.randint(1, 3)),
            lambda: b"[" * rng.randrange(1, 50_000),
        ]
    )()


async def attack(port: int, count: int, given: list[bytes]) -> None:
    """Send malformed requests over a few connections, and print how many got which status."""
    rng, found = random.Random(0), Counter[int]()

    async def one() -> None:
        streams = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(count // 8):
            status, _ = await ask(streams, malformed(rng.choice(given), rng))
            found[status] += 1
        streams[1].close()

    await asyncio.gather(*(one() for _ in range(8)))
    print(f"malformed requests: {dict(sorted(found.items()))}")


def memory(process: int) -> float:
    """Return the resident memory of a process in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("rows", type=Path)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--malformed", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    wanted, given = predicted(arguments.run, arguments.rows), bodies(arguments.rows)
    command = [*DLPY, "serve", arguments.run, "--port", "0", "--workers", str(arguments.workers)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        port = ready = 0
        for line in server.stdout or []:
            port = int(line.split("://")[1].split("/")[0].split(":")[1]) if "://" in line else port
            ready += line.startswith("ready")
            if ready == arguments.workers:
                break
        time.sleep(0.5)
        asyncio.run(load(port, arguments.clients, 640, given, wanted))
        before, used = memory(server.pid), processor_seconds(server.pid)
        for _ in range(3):
            asyncio.run(load(port, arguments.clients, arguments.requests, given, wanted))
        used = (processor_seconds(server.pid) - used) / (3 * arguments.requests)
        print(
            f"server: {used * 1000:.2f} ms of processor time a request, memory {before:,.0f} MB, then {memory(server.pid):,.0f} MB"
        )
        asyncio.run(load(port, 1, 1000, given, wanted))
        asyncio.run(attack(port, arguments.malformed, given))
        asyncio.run(load(port, arguments.clients, 640, given, wanted))
        print(f"memory {memory(server.pid):,.0f} MB")
    finally:
        server.send_signal(signal.SIGTERM)
        print("ended with", server.wait(30))


if __name__ == "__main__":
    main()
