"""A server on this machine that speaks as much of the Hub's protocol as downloads
need, so that the real client can be driven against real sockets."""

import hashlib
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Hub(ThreadingHTTPServer):
    """Serves the folders below `root` as repositories, each at one commit."""

    daemon_threads = True

    def __init__(self, root: Path, revision: str) -> None:
        self.root = root
        self.revision = revision
        self.requests: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Repository listings under /api, files under /resolve."""

    server: Hub

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def answer(self, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        self.server.requests.append(f"{self.command} {path}")
        if path.startswith("api/"):
            self.listing(path.removeprefix("api/").split("/"))
        else:
            self.file(path.removeprefix("datasets/"), with_body)

    def listing(self, parts: list[str]) -> None:
        if len(parts) < 3:
            self.send(404, b"{}", {})
            return
        _, owner, name, *rest = parts
        folder = self.server.root / owner / name
        revision = rest[1] if len(rest) > 1 else self.server.revision
        if not folder.is_dir() or revision not in (self.server.revision, "main"):
            self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        files = sorted(each for each in folder.rglob("*") if each.is_file())
        names = [each.relative_to(folder).as_posix() for each in files]
        if rest and rest[0] == "tree":
            rows = [
                {"type": "file", "path": n, "size": f.stat().st_size, "oid": sha1(f)}
                for n, f in zip(names, files, strict=True)
            ]
            self.send(200, json.dumps(rows).encode(), {})
            return
        info = {
            "id": f"{owner}/{name}",
            "sha": self.server.revision,
            "siblings": [{"rfilename": each} for each in names],
            "private": False,
            "tags": [],
            "downloads": 0,
        }
        self.send(200, json.dumps(info).encode(), {})

    def file(self, path: str, with_body: bool) -> None:
        owner, name, _, _, *rest = path.split("/")
        file = self.server.root / owner / name / "/".join(rest)
        if not file.is_file():
            self.send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        headers = {"ETag": f'"{etag(file)}"', "X-Repo-Commit": self.server.revision}
        self.send(200, file.read_bytes(), headers, with_body)

    def send(
        self, status: int, body: bytes, headers: dict[str, str], with_body: bool = True
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def etag(file: Path) -> str:
    """What the Hub calls a file: large ones by their SHA-256."""
    if file.suffix == ".safetensors":
        return hashlib.sha256(file.read_bytes()).hexdigest()
    return sha1(file)


def sha1(file: Path) -> str:
    return hashlib.sha1(file.read_bytes(), usedforsecurity=False).hexdigest()


@contextmanager
def serving(root: Path, revision: str) -> Generator[Hub]:
    """Run a Hub while the block runs."""
    hub = Hub(root, revision)
    thread = threading.Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()
