"""Requests to the routes that change something: the right study, the right fields, then damage."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_STRANGERS = ("1.2.3", "0" * 8 + ("-" + "0" * 8) * 4, "nobody", "1" * 65, "1.2.3%20", "%C3%A9", "*")
_OPINIONS = ("agree", "disagree", "withdrawn", "agree", "edited")
_TEXT_ACTS = ("edited", "released", "withdrawn", "edited", "agree")
_WORDS = ("", "All is well.", "Left is B, not C.", "乳腺致密。")
_TAKEN, _FAULT, _REFUSED = "200 or 202", "400", "403, 404 or 409"
_KINDS = {200: _TAKEN, 202: _TAKEN, 400: _FAULT, 403: _REFUSED, 404: _REFUSED, 409: _REFUSED}
_ODD_CREDENTIALS = ("Basic", "Basic !", "Basic AAAA", "Basic /zo=", "Bearer x", "Basic YTpi")


@dataclass(frozen=True)
class Known:
    """Studies that are there, so that requests find what they change.

    Parameters
    ----------
    analysed, report_uid
        UID of a study with a report, and the report's.
    job_id
        Of the job of the first question about it: who has it may answer.
    waiting
        UID of a study that is queued, and stays so.
    """

    analysed: str
    report_uid: str
    job_id: str
    waiting: str


def changing(chance: random.Random, known: Known) -> tuple[str, str, dict[str, Any]]:
    """Draw a route that changes something; give its name, its path and a body that it takes."""
    said = {"text": chance.choice(_WORDS), "reader": "Dr A", "report_uid": known.report_uid}
    opinion, text_act = chance.choice(_OPINIONS), chance.choice(_TEXT_ACTS)
    seen = chance.choice(("0", "0", "1", "2", "3"))
    question = {"question": chance.choice(_WORDS), "asker": "Dr A"}
    answer = {"job_id": known.job_id, "text": "Yes.", "origin": "template", "check": "passed"}
    bodies: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
        ("analyze", known.waiting, "analyze", {"priority": chance.choice(("normal", "urgent"))}),
        ("urgent", known.waiting, "urgent", {"priority": "urgent"}),
        ("opinion", known.analysed, "opinion", {"act": opinion, **said}),
        ("patient-text", known.analysed, "patient-text", {"act": text_act, "seen": seen, **said}),
        ("ask", known.analysed, "ask", question),
        ("answer", known.analysed, "questions/1/answer", {**answer, "language": "", "topics": ""}),
    )
    name, study, rest, body = chance.choice(bodies)
    study = chance.choice(_STRANGERS) if chance.random() < 0.15 else study
    return name, f"/mammovlm/studies/{study}/{rest}", body


ROUTES = ("analyze", "urgent", "opinion", "patient-text", "ask", "answer")


def sender(chance: random.Random, http_port: int) -> tuple[dict[str, str], bool]:
    """Draw who sends a request, as headers; say whether it is a browser on another site."""
    own = f"http://127.0.0.1:{http_port}"
    page = {"Origin": own, "Sec-Fetch-Site": "same-origin", "X-MammoVLM-Page": "1"}
    foreign: tuple[dict[str, str], ...] = (
        {"Origin": "http://127.0.0.1"},
        {"Origin": "null", "X-MammoVLM-Page": "1"},
        {"Origin": own},
        {"Cookie": "a=b"},
        {"Referer": "http://other.test/"},
        {**page, "Sec-Fetch-Site": "cross-site"},
    )
    kind = chance.random()
    if kind < 0.12:
        return chance.choice(foreign), True
    if kind < 0.3:
        language = chance.choice(("zh-CN", "en-US", "\\", ""))
        return {**page, "Cookie": f"mammovlm-language={language}"}, False
    if kind < 0.4:
        return {"Authorization": chance.choice(_ODD_CREDENTIALS)}, False
    return {}, False


def not_reached(answered: Counter[tuple[str, int]]) -> Iterator[str]:
    """Say which routes were never seen to take, to refuse a request's form, or to refuse it.

    Parameters
    ----------
    answered
        How often a route ended with an HTTP status.
    """
    for route in ROUTES:
        reached = {_KINDS.get(status) for name, status in answered if name == route}
        for kind in (_TAKEN, _FAULT, _REFUSED):
            if kind not in reached:
                yield f"no request to {route} ended with {kind}"
