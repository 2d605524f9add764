"""Talks to a language model on the site's own server, by the protocol of OpenAI's API.

vLLM and many other engines speak it. One request, one answer, nothing streamed, no retry: a result
never waits for words, and the template's text is always there. No proxy of the environment is used
and no redirection is followed, so that a request goes to the configured server or nowhere.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Final
from urllib.parse import urljoin

import requests
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from urllib3.exceptions import HTTPError, ReadTimeoutError

from mammovlm.errors import LanguageModelUnavailable
from mammovlm.settings import Settings

MAX_ANSWER_BYTES: Final = 2**20
_PIECE: Final = 2**14
_CONNECT_TIMEOUT_S: Final = 5.0

NOT_REACHED: Final = "the server was not reached"
TOO_SLOW: Final = "the server took too long"
TOO_LONG: Final = "the server's answer was too long"
NOT_UNDERSTOOD: Final = "the server's answer was not understood"


class _Message(BaseModel):
    content: str


class _Choice(BaseModel):
    """Of /chat/completions with a message, of /completions with a text."""

    model_config = ConfigDict(extra="ignore")
    message: _Message | None = None
    text: str | None = None


class _Completion(BaseModel):
    model_config = ConfigDict(extra="ignore")
    choices: tuple[_Choice, ...] = Field(min_length=1)


class LanguageModelServer:
    """A server that completes texts.

    Parameters
    ----------
    url
        Root of the API, such as "https://llm.hospital.example/v1".
    model
        Name of the model there.
    session
        With the key and the certificates to trust.
    timeout_s
        Longest time for one answer.
    """

    def __init__(self, url: str, model: str, session: requests.Session, timeout_s: float) -> None:
        self._root = f"{url.rstrip('/')}/"
        self._model = model
        self._session = session
        self._timeout_s = timeout_s

    @classmethod
    def from_settings(cls, settings: Settings) -> "LanguageModelServer":
        """Connect as the settings say."""
        session = requests.Session()
        session.trust_env = False  # proxies and .netrc of the environment are not meant here
        session.headers.update({"Accept-Encoding": "identity", "Content-Type": "application/json"})
        if settings.language_model_ca_bundle is not None:
            session.verify = str(settings.language_model_ca_bundle)
        key = settings.language_model_key.get_secret_value()
        if key:
            session.headers["Authorization"] = f"Bearer {key}"
        return cls(
            settings.language_model_url,
            settings.language_model_name,
            session,
            settings.language_model_timeout_s,
        )

    def chat(self, messages: Sequence[Mapping[str, str]], max_tokens: int) -> str:
        """Let the model answer messages with "role" and "content".

        Raises
        ------
        LanguageModelUnavailable
            Where the server is away, refuses, is too slow or answers nonsense.
        """
        return self._asked("chat/completions", {"messages": list(messages)}, max_tokens)

    def complete_embedded(self, prompt_embeds: str, max_tokens: int) -> str:
        """Let the model go on from prompt embeddings, as vLLM takes them.

        Parameters
        ----------
        prompt_embeds
            A tensor (length, hidden) as `torch.save` writes it, in base64.

        Raises
        ------
        LanguageModelUnavailable
            As of `chat`.
        """
        asked = {"prompt": "", "prompt_embeds": prompt_embeds}
        return self._asked("completions", asked, max_tokens)

    def _asked(self, path: str, asked: Mapping[str, object], max_tokens: int) -> str:
        body = {
            "model": self._model,
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": False,
            **asked,
        }
        with _named_failures():
            content = self._post(urljoin(self._root, path), body)
        try:
            choice = _Completion.model_validate_json(content).choices[0]
        except ValidationError as error:
            raise LanguageModelUnavailable(NOT_UNDERSTOOD) from error
        said = choice.message.content if choice.message else choice.text
        if said is None:
            raise LanguageModelUnavailable(NOT_UNDERSTOOD)
        return said

    def _post(self, url: str, body: Mapping[str, object]) -> bytes:
        """Post and read the answer piece by piece, so that a trickle does not outlast the limit."""
        deadline = monotonic() + self._timeout_s
        timeout = (min(self._timeout_s, _CONNECT_TIMEOUT_S), self._timeout_s)
        with self._session.post(
            url, data=json.dumps(body), timeout=timeout, stream=True, allow_redirects=False
        ) as response:
            if response.status_code != requests.codes.ok:
                raise LanguageModelUnavailable(f"the server answered {response.status_code}")
            content = b""
            while piece := response.raw.read1(_PIECE):
                content += piece
                if len(content) > MAX_ANSWER_BYTES:
                    raise LanguageModelUnavailable(TOO_LONG)
                if monotonic() > deadline:
                    raise LanguageModelUnavailable(TOO_SLOW)
            return content


@contextmanager
def _named_failures() -> Iterator[None]:
    """Name what went wrong: requests' own errors, and urllib3's of an answer read from its raw."""
    try:
        yield
    except (requests.Timeout, TimeoutError, ReadTimeoutError) as error:
        raise LanguageModelUnavailable(TOO_SLOW) from error
    except (requests.RequestException, OSError, HTTPError) as error:
        raise LanguageModelUnavailable(NOT_REACHED) from error
