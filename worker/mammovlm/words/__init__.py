"""Every word that is put into a result, by language: a file of sentences for each, and its parts.

To add a language, write one file with one `Sentences` value, as ``chinese`` has (questions, page
and refusals may be files of their own beside it), and name it in `LANGUAGES`. Nothing else knows
how many languages there are: the settings accept the names of this registry, the patient text is
written and read back with the file's patterns, and the report and its readable form take their
words from it. The tests of the sentences run over the registry.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mammovlm.words.chinese import CHINESE
from mammovlm.words.english import ENGLISH
from mammovlm.words.sentences import Sentences

LANGUAGES: Final[Mapping[str, Sentences]] = MappingProxyType(
    {sentences.language: sentences for sentences in (ENGLISH, CHINESE)}
)
"""Every language by its RFC 5646 tag; the first is the default."""

__all__ = ["CHINESE", "ENGLISH", "LANGUAGES", "Sentences"]
