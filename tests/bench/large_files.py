"""A file as large as the API takes: how long its upload takes, and what memory the server needs for it."""

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench import cases, measures
from tests.bench.report import Single, Target
from tests.meta.serving import ServerProcess

LIMIT = 500_000_000  # bytes of a file
BLOCK = bytes(range(256)) * 4096
PARSED = 50_000_000  # bytes of JSON that are parsed to know this machine
PEAK = Target("<", 100)
UPLOAD = Target("<=", 4)
BOUNDARY = "bench"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()
END = f"\r\n--{BOUNDARY}--\r\n".encode()


def rows() -> list[Single]:
    """One upload, and one a byte too large. Raises `RuntimeError` unless the one is taken and the other refused."""
    floor = parse_seconds(LIMIT)
    with measures.ours() as server:
        process = server.process.pid
        idle = measures.resident_megabytes(process)
        began = time.perf_counter()
        status, answer = upload(server, LIMIT)
        took = time.perf_counter() - began
        refused, _ = upload(server, LIMIT + 1)
        if (status, refused) != (200, 413):
            raise RuntimeError(f"500 MB were answered with {status}, a byte more with {refused}: {answer[:200]!r}")
        return [
            Single("500 MB file: upload, s", took),
            Single("500 MB file: upload / json.loads of as many bytes", took / floor, UPLOAD),
            Single("500 MB file: peak memory above idle, MB", peak_megabytes(process) - idle, PEAK),
        ]


def upload(server: ServerProcess, size: int) -> tuple[int, bytes]:
    """Send a file of `size` bytes that is never whole in memory; the status and the body of the answer."""
    parts = urlsplit(server.url)
    connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=300)
    headers = {
        **cases.HEADERS,
        "content-type": f"multipart/form-data; boundary={BOUNDARY}",
        "content-length": str(len(HEAD) + size + len(END)),
    }
    try:
        connection.request("POST", "/v1/files", body(size), headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def body(size: int) -> Iterator[bytes]:
    """The form, piece by piece."""
    yield HEAD
    for _ in range(size // len(BLOCK)):
        yield BLOCK
    yield BLOCK[: size % len(BLOCK)] + END


def parse_seconds(size: int) -> float:
    """How long this machine takes to parse so many bytes of JSON, measured on fewer."""
    text = json.dumps(["x" * 98] * (PARSED // 102))
    began = time.perf_counter()
    json.loads(text)
    return (time.perf_counter() - began) * size / len(text)


def peak_megabytes(process: int) -> float:
    """The most memory the process ever had in RAM; what it has now where the system does not tell."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return measures.resident_megabytes(process)
    (line,) = (line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000
