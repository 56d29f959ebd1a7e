"""How long a run takes to give up on a Hub that cannot be reached.

    python tests/bench/silent_hub.py

Once a port that refuses, once one that takes the connection and says nothing.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time


def seconds_to_give_up(endpoint: str) -> tuple[float, str]:
    """Wall seconds of the command and what it said."""
    with tempfile.TemporaryDirectory() as home:
        begun = time.monotonic()
        done = subprocess.run(
            (
                *(sys.executable, "-m", "evalkit", "run", "--tasks=gsm8k"),
                *("--model=scripted:os:getcwd", f"--output={home}"),
            ),
            env={**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": home},
            capture_output=True,
            text=True,
            check=False,
        )
        return time.monotonic() - begun, done.stderr.strip()


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = f"http://127.0.0.1:{server.getsockname()[1]}"
        for name, endpoint in (("refusing", "http://127.0.0.1:9"), ("silent", silent)):
            seconds, said = seconds_to_give_up(endpoint)
            print(f"{name}: {seconds:.1f} s\n  {said}")


if __name__ == "__main__":
    main()
