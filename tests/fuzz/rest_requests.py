"""Requests to the plugin's routes that nobody makes, each drawn from a seed."""

import http.client
import json
import random

from fuzz.documents import EVENT
from fuzz.json_mutations import mutated_bytes

_PARTS = (
    *("studies", "health", "live", "ready", "metrics", "worklist", "opinions.csv", "study", "page"),
    *("analyze", "urgent", "ask", "conversation", "questions", "1", "-1", "answer", "opinion"),
    *("patient-text", "1.2.3", "a" * 3000, "0a-0a", "%F0%9F%92%A9", "..", "%2e%2e", "%00", "%ff"),
    *("nothing", ";x=1"),
)
_BODIES = (
    EVENT,
    {"priority": "urgent"},
    {"question": "What is density?"},
    {"opinion": "agree", "name": "A", "comment": ""},
    {"text": "All is well.", "name": "A"},
)
_QUERIES = (
    *("", "?", "?state=done", "?state=%00", "?limit=-1", "?limit=9999999999", "?since=now"),
    *("?since=0001-01-01T00:00:00%2B23:59", "?state=done,done," * 50, "?limit=%d9%a3", "?=&&="),
)
_EXPECTED_REFUSALS = frozenset({400, 404, 405, 409, 413})
CUT_OFF, NO_TEXT = 0, -1
"""Orthanc itself ended the connection, or refused bytes that are no UTF-8 with a 500."""


def odd_request(http_port: int, seed: int, study: str = "1.2.3") -> int:
    """Make one request; give its HTTP status, `CUT_OFF` or `NO_TEXT`.

    Parameters
    ----------
    http_port
        Of Orthanc, on loopback.
    seed
        The same seed makes the same request.
    study
        A study that is there, so that some requests find it.

    Raises
    ------
    AssertionError
        If a refusal in JSON does not say what to do.
    """
    method, path, body, headers = _drawn(random.Random(seed), study)
    is_text = "%ff" not in path and "\xff" not in headers["Origin"]
    connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=120)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
    except (http.client.HTTPException, ConnectionError):
        return CUT_OFF
    finally:
        connection.close()
    is_ours = answer.getheader("Content-Type") == "application/json"
    if answer.status in _EXPECTED_REFUSALS and is_ours:
        assert json.loads(content)["do"]
    return answer.status if is_text or answer.status != 500 else NO_TEXT


def _drawn(chance: random.Random, study: str) -> tuple[str, str, bytes, dict[str, str]]:
    parts = ["studies", study] if chance.random() < 0.4 else []
    parts += chance.choices(_PARTS, k=chance.randrange(4))
    path = "/mammovlm/" + "/".join(parts) + chance.choice(_QUERIES)
    method = chance.choice(("GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH"))
    document = chance.choice(_BODIES)
    headers = {
        "Content-Type": chance.choice(("application/json", "text/html", "")),
        "Origin": chance.choice(("http://127.0.0.1", "null", "\xff")),
    }
    return method, path, mutated_bytes(document, chance.randrange(10**6)), headers
