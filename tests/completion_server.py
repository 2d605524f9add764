"""A server on this machine that speaks the protocol of OpenAI's API, with faults on demand.

It completes texts by itself: a chat is answered with the first example in it, as a model does that
follows its instructions to the letter; prompt embeddings go through a language model of
transformers. What it was asked is kept.
"""

import base64
import io
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import torch

Embedded = Callable[[torch.Tensor], str]
"""From prompt embeddings, (length, hidden), to a text."""


@dataclass
class Completions:
    """What the server does, and what it was asked."""

    url: str = ""
    status: int = 200
    location: str = ""
    body: bytes | None = None
    wait_s: float = 0.0
    trickle_s: float = 0.0
    half_then_s: float | None = None
    """Where given, half of an answer is sent, then nothing for so long, then the line is cut."""
    fails_when_asked: str = "\0"
    embedded: Embedded | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def said(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Complete one request."""
        if "prompt_embeds" in asked:
            assert self.embedded is not None
            read = io.BytesIO(base64.b64decode(asked["prompt_embeds"]))
            return {"text": self.embedded(torch.load(read, weights_only=True))}
        content = asked["messages"][-1]["content"]
        examples = [line for line in content.splitlines() if line.startswith("Example 1: ")]
        text = examples[0].removeprefix("Example 1: ") if examples else "I do not know."
        return {"message": {"role": "assistant", "content": text}}


@contextmanager
def completion_server(tls: ssl.SSLContext | None = None) -> Iterator[Completions]:
    """Run the server on a free port of this machine, with TLS or without."""
    state = Completions()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(content)
            state.asked.append(asked)
            state.headers.append(dict(self.headers))
            state.paths.append(self.path)
            time.sleep(state.wait_s)
            status = 503 if state.fails_when_asked in content.decode() else state.status
            told = {"id": "1", "object": "chat.completion", "model": asked["model"]}
            choice = {"index": 0, "finish_reason": "stop", **state.said(asked)}
            body = state.body
            if body is None:
                body = json.dumps({**told, "choices": [choice]}).encode()
            self._send(status, body)

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if state.location:
                self.send_header("Location", state.location)
            self.end_headers()
            sent = body if state.half_then_s is None else body[: len(body) // 2]
            try:
                for byte in sent if state.trickle_s else [sent]:
                    self.wfile.write(bytes([byte]) if isinstance(byte, int) else byte)
                    time.sleep(state.trickle_s)
                time.sleep(state.half_then_s or 0.0)
            except OSError:
                pass  # who asked has gone

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        state.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
