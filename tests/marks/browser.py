"""A real browser without a window, told what to do over a pipe."""

import json
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from os import close, pipe
from pathlib import Path
from typing import Any, BinaryIO

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


class Browser:
    """One page of a browser that speaks the DevTools protocol."""

    def __init__(self, to: BinaryIO, back: BinaryIO) -> None:
        self._to, self._back = to, back
        self._count = 0
        self._session: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []

    def open(self, page: Path) -> None:
        """Go to a page of this machine and wait until it is there."""
        if not self._session:
            target = self.call("Target.createTarget", url="about:blank")
            attached = self.call(
                "Target.attachToTarget", targetId=target["targetId"], flatten=True
            )
            self._session = {"sessionId": attached["sessionId"]}
            for domain in ("Page", "Log", "Runtime"):
                self.call(f"{domain}.enable")
        self.call("Page.navigate", url=page.as_uri())
        self.wait_for("Page.loadEventFired")

    def turn_to(self, tab: dict[str, str]) -> dict[str, str]:
        """Go to another tab, a new one for {}; gives back which it was."""
        before, self._session = self._session, tab
        return before

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Ask for something and wait for the answer."""
        self._count += 1
        asked = {"id": self._count, "method": method, "params": parameters}
        self._to.write(json.dumps(asked | self._session).encode() + b"\0")
        self._to.flush()
        while (heard := self._hear()).get("id") != self._count:
            self.events.append(heard)
        assert "error" not in heard, heard
        result: dict[str, Any] = heard["result"]
        return result

    def quit(self) -> None:
        """End the browser, all pages of it."""
        self._session = {}
        self.call("Browser.close")

    def wait_for(self, method: str) -> None:
        """Hear until something has happened."""
        while not any(each["method"] == method for each in self.events):
            self.events.append(self._hear())
        self.events = [each for each in self.events if each["method"] != method]

    def value(self, expression: str) -> Any:
        """What an expression comes to in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def _hear(self) -> dict[str, Any]:
        words = bytearray()
        while (sign := self._back.read(1)) != b"\0":
            assert sign, "the browser has gone"
            words += sign
        heard: dict[str, Any] = json.loads(words)
        return heard


@contextmanager
def browser(profile: Path) -> Generator[Browser]:
    """A browser of our own, or a skip where none is installed."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no browser here: Debian's package is chromium")
    (read, their_write), (their_read, write) = pipe(), pipe()
    # The browser reads from descriptor 3 and writes to 4.
    script = f'exec "$@" 3<&{their_read} 4>&{their_write}'
    words = (
        *("bash", "-c", script, "bash", program, "--headless", "--no-sandbox"),
        *("--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"),
        "--remote-debugging-pipe",
    )
    process = subprocess.Popen(
        words,
        pass_fds=(their_read, their_write),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    close(their_read)
    close(their_write)
    with open(write, "wb") as to, open(read, "rb") as back:
        try:
            page = Browser(to, back)
            yield page
            page.quit()
        finally:
            process.terminate()
            process.wait(20)
