"""Where a line may end, in scripts with and without spaces between words.

Between two Chinese characters anywhere, but no line begins with punctuation that closes and none
ends with punctuation that opens (避头尾, as in the Chinese text layout requirements of the W3C,
section 3.1.6; Japanese: kinsoku).
"""

import re
from typing import Final

MAY_NOT_BEGIN: Final = "，。、；：？！…—·）〕］｝》〉」』】”％‰～"
"""Closing punctuation of full width; the Latin one follows a Chinese character as well."""

MAY_NOT_END: Final = "（〔［｛《〈「『【“"

_UNSPACED = r"\u2e80-\u2fff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff10-\uff5a"
_CLOSING, _OPENING = (re.escape(marks) for marks in (MAY_NOT_BEGIN, MAY_NOT_END))
_PIECES = re.compile(
    rf"\s+(?![{_CLOSING}])"
    rf"|(?:[{_OPENING}]\s*)*"
    rf"(?:[{_UNSPACED}][,.;:!?)\]%]*|[^\s{_UNSPACED}{_OPENING}{_CLOSING}]+|(?=[{_CLOSING}]))"
    rf"(?:\s*[{_CLOSING}])*"
    rf"|(?:[{_OPENING}]\s*)+"
    rf"|\s+(?=[{_CLOSING}])"
)


def pieces(text: str) -> list[str]:
    """Cut a text into what stays on one line; joined they are the text.

    Returns
    -------
    list of str
        Spaces, or a word or Chinese character with the punctuation before and after it.
    """
    return _PIECES.findall(text)
