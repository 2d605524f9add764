"""The words of a report without result in English."""

from typing import Final

from mammovlm.words.refusal_words import RefusalWords

REFUSAL: Final = RefusalWords(
    reasons={},
    detail="{reason} ({detail})",
    states={"rejected": "rejected", "failed": "failed"},
    status="Status: {state}. Reason: {reason}.",
    nothing=(
        "Nothing was analyzed: no density and no likelihood is given. This says nothing about the "
        "breasts."
    ),
)
