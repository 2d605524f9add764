"""Requests to the plugin's routes that nobody makes, each drawn from a seed."""

import http.client
import json
import random
from dataclasses import dataclass

from fuzz.documents import EVENT
from fuzz.rest_bodies import odd_body
from fuzz.rest_routes import Known, changing, sender

_PARTS = (
    *("studies", "health", "live", "ready", "metrics", "worklist", "opinions.csv", "study", "page"),
    *("analyze", "urgent", "ask", "conversation", "questions", "1", "-1", "answer", "opinion"),
    *("patient-text", "1.2.3", "a" * 3000, "0a-0a", "%F0%9F%92%A9", "..", "%2e%2e", "%00", "%ff"),
    *("nothing", ";x=1"),
)
_QUERIES = (
    *("", "?", "?state=done", "?state=%00", "?limit=-1", "?limit=9999999999", "?since=now"),
    *("?since=0001-01-01T00:00:00%2B23:59", "?state=done,done," * 50, "?limit=%d9%a3", "?=&&="),
)
_REFUSALS = frozenset({400, 403, 404, 405, 409, 413, 503})
_MAY_BE_BUSY = frozenset({"study-waits", "too-fast", "all-wait"})
CUT_OFF, NO_TEXT = 0, -1
"""Orthanc itself ended the connection, or refused bytes that are no UTF-8 with a 500."""


@dataclass(frozen=True)
class Drawn:
    """One request.

    Parameters
    ----------
    method, path, body, headers
        As sent.
    route
        The route that it goes to where it is one that changes something, else "".
    is_foreign
        Whether a browser on another site sends it.
    """

    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    route: str = ""
    is_foreign: bool = False


@dataclass(frozen=True)
class Answered:
    """What came of a request.

    Parameters
    ----------
    route
        See `Drawn`.
    status
        HTTP status, `CUT_OFF` or `NO_TEXT`.
    code
        Of a refusal.
    fault
        What must not be, "" where all is well.
    """

    route: str
    status: int
    code: str = ""
    fault: str = ""

    @property
    def told(self) -> str:
        """In one line, for counting."""
        what = {CUT_OFF: "cut off", NO_TEXT: "no UTF-8, refused by Orthanc"}
        said = what.get(self.status, f"HTTP {self.status}")
        return " ".join(filter(None, (f"POST {self.route}" if self.route else "", said, self.code)))


def odd_request(http_port: int, seed: int, known: Known) -> Answered:
    """Make one request and look at its answer.

    Parameters
    ----------
    http_port
        Of Orthanc, on loopback.
    seed
        The same seed makes the same request.
    known
        Studies that are there, so that some requests find them.
    """
    chance = random.Random(seed)
    drawn = _to_a_route(chance, known, http_port) if chance.random() < 0.6 else _odd(chance, known)
    connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=120)
    try:
        connection.request(drawn.method, drawn.path, drawn.body, drawn.headers)
        answer = connection.getresponse()
        content = answer.read()
    except (http.client.HTTPException, ConnectionError):
        return Answered(drawn.route, CUT_OFF, fault="cut off" if drawn.route else "")
    finally:
        connection.close()
    is_ours = answer.getheader("Content-Type") == "application/json"
    return _judged(drawn, answer.status, content if is_ours else b"{}")


def _judged(drawn: Drawn, status: int, content: bytes) -> Answered:
    is_text = "%ff" not in drawn.path and "\xff" not in drawn.headers.get("Origin", "")
    if status == 500 and not is_text:
        return Answered(drawn.route, NO_TEXT)
    told = json.loads(content) if status in _REFUSALS else {}
    code = str(told.get("code", ""))
    fault = ""
    if status >= 500 and not (status == 503 and (code in _MAY_BE_BUSY or not drawn.route)):
        fault = f"HTTP {status}"
    elif drawn.is_foreign and status != 403:
        fault = f"a change from another site was answered with HTTP {status}"
    elif code and not told.get("do"):
        fault = "a refusal without advice"
    return Answered(drawn.route, status, code, fault)


def _to_a_route(chance: random.Random, known: Known, http_port: int) -> Drawn:
    route, path, document = changing(chance, known)
    headers, is_foreign = sender(chance, http_port)
    return Drawn("POST", path, odd_body(document, chance), headers, route, is_foreign)


def _odd(chance: random.Random, known: Known) -> Drawn:
    parts = ["studies", known.analysed] if chance.random() < 0.4 else []
    parts += chance.choices(_PARTS, k=chance.randrange(4))
    path = "/mammovlm/" + "/".join(parts) + chance.choice(_QUERIES)
    method = chance.choice(("GET", "GET", "POST", "PUT", "DELETE", "PATCH"))
    headers = {"Content-Type": chance.choice(("application/json", "text/html", ""))}
    if chance.random() < 0.1:
        headers["Origin"] = chance.choice(("http://127.0.0.1", "null", "\xff"))
    return Drawn(method, path, odd_body(EVENT, chance), headers)
