"""A language model on the site's server: facts go there, checked words come back, or the template.

The server is a real one on this machine that speaks the protocol (`completion_server`).
"""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from completion_server import Completions, completion_server
from free_ports import free_port
from mammovlm.cli.test_authority import Holder, TestAuthority
from mammovlm.errors import LanguageModelUnavailable, WeightsUnusable
from mammovlm.explanation import explain, facts_of
from mammovlm.explanation.answers import AnswerOrigin, answer
from mammovlm.explanation.patient_text import template_text
from mammovlm.explanation.question_prompt import Round
from mammovlm.findings import Explanation, ExplanationOrigin, ModelPart
from mammovlm.model import MammoVLM
from mammovlm.model.drafted_decoding import Drafts, decode
from mammovlm.model.language_model import MAX_NEW_TOKENS, load_language_model
from mammovlm.model.language_model_server import (
    MAX_ANSWER_BYTES,
    NOT_REACHED,
    NOT_UNDERSTOOD,
    TOO_LONG,
    TOO_SLOW,
)
from mammovlm.model.remote_language_model import remote_language_model
from mammovlm.model.weights import WeightsFolder
from mammovlm.model.write_request import WriteRequest, about_views
from mammovlm.settings import Settings
from mammovlm.study import HANGING_ORDER
from mammovlm.words import LANGUAGES
from random_findings import random_findings
from tiny_language_models import weights_folder

EMBEDDINGS = np.random.default_rng(0).normal(size=(4, 128)).astype(np.float32)
FINDINGS = random_findings(3)
FACTS = facts_of(FINDINGS)
ENGLISH = LANGUAGES["en-US"]


@pytest.fixture
def server() -> Iterator[Completions]:
    with completion_server() as running:
        yield running


def settings(url: str, **others: Any) -> Settings:
    return Settings(language_model_url=url, language_model_name="glm-4-9b", **others)


def explained(url: str, **others: Any) -> Explanation:
    remote = remote_language_model(settings(url, **others), WeightsFolder(Path("nowhere")))
    write = about_views(remote.write, EMBEDDINGS, HANGING_ORDER)
    return explain(FINDINGS, write)


def test_its_wording_goes_out_when_it_says_the_facts(server: Completions) -> None:
    told = explained(server.url)
    assert told.origin is ExplanationOrigin.LANGUAGE_MODEL
    assert told.refused_because == ""
    assert server.paths == ["/v1/chat/completions"]
    assert server.asked[0]["model"] == "glm-4-9b"
    assert server.asked[0]["stream"] is False
    assert server.asked[0]["temperature"] == 0


def test_a_wording_that_says_anything_else_is_thrown_away(server: Completions) -> None:
    content = "You have nothing to worry about."
    server.body = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
    told = explained(server.url)
    assert told.origin is ExplanationOrigin.TEMPLATE
    assert template_text(FACTS, ENGLISH) in told.patient_text
    assert told.refused_because


def test_nothing_that_names_the_study_or_its_images_is_sent(server: Completions) -> None:
    explained(server.url)
    sent = json.dumps([server.asked, server.headers, server.paths])
    named = [FINDINGS.study_instance_uid, FINDINGS.algorithm.device_uid]
    named += [view.sop_instance_uid for view in FINDINGS.views]
    assert all(len(uid) > 3 and uid not in sent for uid in named)
    assert set(server.asked[0]) == {"model", "messages", "max_tokens", "temperature", "stream"}
    assert not any(character.isdigit() for character in _facts_line(server.asked[0]))


def _facts_line(asked: dict[str, Any]) -> str:
    first: str = asked["messages"][-1]["content"].splitlines()[0]
    assert first.startswith("Facts: Breasts:")
    return first


def test_a_question_stays_here_and_only_its_facts_are_sent(server: Completions) -> None:
    remote = remote_language_model(settings(server.url), WeightsFolder(Path("nowhere")))
    write = about_views(remote.write, EMBEDDINGS, HANGING_ORDER)
    question = "How dense is it, Jane Roe?"
    earlier = [Round("How dense is it? I am Jane Roe.", "Dense, Jane Roe.")]
    told = answer(question, earlier, FACTS, write, shows_question=False)
    assert told.origin is AnswerOrigin.LANGUAGE_MODEL
    assert "Jane" not in json.dumps(server.asked)


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_where_it_refuses_the_template_goes_out_and_the_report_says_so(
    server: Completions, status: int
) -> None:
    server.status = status
    told = explained(server.url)
    assert told.origin is ExplanationOrigin.TEMPLATE
    assert template_text(FACTS, ENGLISH) in told.patient_text
    assert told.refused_because == f"failed (the server answered {status})"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>busy</html>",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": null}}]}',
        b'{"choices": [{}]}',
        b'{"choices": [{"message": {"content": "cut',
        b"\xff\xfe",
        b"[1, 2]",
    ],
)
def test_where_it_answers_nonsense_the_template_goes_out(server: Completions, body: bytes) -> None:
    server.body = body
    assert explained(server.url).refused_because == f"failed ({NOT_UNDERSTOOD})"


def test_an_endless_answer_is_not_read_to_its_end(server: Completions) -> None:
    server.body = b" " * (2 * MAX_ANSWER_BYTES)
    assert explained(server.url).refused_because == f"failed ({TOO_LONG})"


@pytest.mark.parametrize("fault", ["wait_s", "trickle_s"])
def test_a_slow_answer_is_not_waited_for(server: Completions, fault: str) -> None:
    setattr(server, fault, 0.5 if fault == "wait_s" else 0.02)
    told = explained(server.url, language_model_timeout_s=0.2)
    assert told.refused_because == f"failed ({TOO_SLOW})"


@pytest.mark.parametrize(
    ("silent_s", "told"), [(0.0, NOT_REACHED), (0.5, TOO_SLOW)], ids=["cut", "stall"]
)
def test_an_answer_that_ends_in_its_middle_costs_no_result(
    server: Completions, silent_s: float, told: str
) -> None:
    server.half_then_s = silent_s
    given = explained(server.url, language_model_timeout_s=0.2)
    assert given.origin is ExplanationOrigin.TEMPLATE
    assert given.refused_because == f"failed ({told})"


def test_a_server_that_is_away_costs_no_result() -> None:
    told = explained(f"http://127.0.0.1:{free_port()}/v1")
    assert told.refused_because == f"failed ({NOT_REACHED})"


def test_a_redirection_is_not_followed(server: Completions) -> None:
    with completion_server() as elsewhere:
        server.status, server.location = 307, f"{elsewhere.url}/chat/completions"
        assert explained(server.url).refused_because == "failed (the server answered 307)"
        assert elsewhere.asked == []


def test_the_key_comes_from_a_file(
    server: Completions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mammovlm_language_model_key").write_text("a-key")
    monkeypatch.setenv("MAMMOVLM_SECRETS_DIR", str(tmp_path))
    explained(server.url)
    assert server.headers[0]["Authorization"] == "Bearer a-key"
    assert "a-key" not in repr(settings(server.url))


def test_over_tls_only_a_trusted_server_is_talked_to(tmp_path: Path) -> None:
    authority = TestAuthority()
    pair = authority.issue(Holder("llm", hosts=("127.0.0.1",)))
    (tmp_path / "llm.pem").write_bytes(pair.certificate + pair.key)
    (tmp_path / "ca.pem").write_bytes(authority.pair.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "llm.pem")
    with completion_server(context) as server:
        assert explained(server.url).refused_because == f"failed ({NOT_REACHED})"
        assert server.asked == []
        told = explained(server.url, language_model_ca_bundle=tmp_path / "ca.pem")
        assert told.origin is ExplanationOrigin.LANGUAGE_MODEL


def test_of_several_studies_one_that_fails_fails_alone(server: Completions) -> None:
    remote = remote_language_model(settings(server.url), WeightsFolder(Path("nowhere")))
    prompts = ("Breasts: right.", "Breasts: left.", "Breasts: right, left.")
    asked = [WriteRequest(one, EMBEDDINGS, HANGING_ORDER, (f"Of {one}",)) for one in prompts]
    server.fails_when_asked = "Facts: Breasts: left."
    assert remote.write_together(asked) == ["Of Breasts: right.", "", "Of Breasts: right, left."]
    server.fails_when_asked = "Facts:"
    with pytest.raises(LanguageModelUnavailable, match="503"):
        remote.write_together(asked)


@pytest.mark.parametrize("kind", ["llama", "glm"])
def test_prompt_embeddings_give_the_words_that_the_model_gives_here(
    server: Completions, tmp_path: Path, kind: str
) -> None:
    folder = weights_folder(tmp_path, kind)
    here = load_language_model("paper", folder, tmp_path)
    base = here._base
    assert base
    end = int(base.tokenizer.eos_token_id)

    def embedded(inputs: torch.Tensor) -> str:
        answered = decode(
            base.causal_lm, inputs[None], Drafts([]), end=end, longest=MAX_NEW_TOKENS, seconds=60
        )
        return str(base.tokenizer.decode(answered, skip_special_tokens=True))

    server.embedded = embedded
    wanted = settings(server.url, language_model_prompt_embeddings=True)
    remote = remote_language_model(wanted, folder)
    asked = WriteRequest("Breasts: right.", EMBEDDINGS, HANGING_ORDER)
    assert remote.write(asked) == here.write(asked)
    assert server.paths == ["/v1/completions"]
    assert "prompt embeddings of the views" in remote.part.architecture
    assert remote.part.weights_sha256 == here.part.weights_sha256


def test_prompt_embeddings_for_another_model_are_refused(tmp_path: Path) -> None:
    wanted = settings("https://llm.example/v1", language_model_prompt_embeddings=True)
    with pytest.raises(WeightsUnusable, match="tuned for another model"):
        remote_language_model(wanted, weights_folder(tmp_path, "glm", base_sha256="ab" * 32))
    with pytest.raises(WeightsUnusable, match="needs tuned weights"):
        remote_language_model(wanted, WeightsFolder(tmp_path / "nowhere"))


def test_the_report_names_the_server_s_model_and_that_it_saw_no_image(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text(json.dumps({"parts": {}}))
    model = MammoVLM.load(settings("https://llm.example/v1", weights_dir=tmp_path, threads=1))
    assert model.algorithm.parts[-1] == ModelPart(
        "language model",
        "glm-4-9b on the site's server, findings in the prompt, images not seen",
        None,
        "what its publisher says; not tuned by this project",
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://llm.hospital.example/v1",
        "http://10.0.0.7:8000/v1",
        "http://127.0.0.1.example/v1",
        "ftp://127.0.0.1/v1",
        "https://user:key@llm.example/v1",
        "https://llm.example/v1?key=1",
        "llm.example",
    ],
)
def test_an_address_that_would_show_facts_or_keys_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        settings(url)


@pytest.mark.parametrize("url", ["https://llm.example/v1", "http://127.0.0.1:8000/v1", ""])
def test_tls_or_this_machine_is_fine(url: str) -> None:
    assert Settings(language_model_url=url, language_model_name="m" if url else "")


def test_a_server_without_the_name_of_its_model_is_refused() -> None:
    with pytest.raises(ValidationError, match="belong together"):
        Settings(language_model_url="https://llm.example/v1")
    with pytest.raises(ValidationError, match="needs language_model_url"):
        Settings(language_model_prompt_embeddings=True)
