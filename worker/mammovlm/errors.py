"""The errors that may leave the pipeline.

    MammoVLMError
    ├── StudyRejected        the study cannot be analysed; never retried, shown on the study
    ├── ArchiveUnavailable   the archive did not answer; retried with back-off
    ├── ModelUnavailable     the model process ended or is not there; given back to the queue
    ├── ModelFailed          the model failed with this study alone; dead-lettered
    ├── ResultInvalid        our own result failed its check; never stored, dead-lettered
    ├── WeightsUnusable      weights are missing or not the ones expected; the worker does not start
    │   └── DeviceUnusable   the device for them is missing or too small; the worker does not start
    ├── LanguageModelUnavailable  the server with the language model; the template's text goes out
    └── FontMissing          no font has the language's letters; the worker does not start

No message may hold patient data: identifiers (UIDs), attribute keywords and numbers only.
"""

from enum import StrEnum


class MammoVLMError(Exception):
    """Root of the errors that this package raises on purpose."""


class RejectionReason(StrEnum):
    """Why a whole study was refused. The value is written on the study, the text is for people."""

    NO_IMAGE_FOUND = "no-image-found"
    NO_MAMMOGRAM = "no-mammogram"
    NO_STANDARD_VIEW = "no-standard-view"
    NO_READABLE_VIEW = "no-readable-view"
    SEVERAL_PATIENTS = "several-patients"

    @property
    def text(self) -> str:
        """One sentence that a technologist understands, and what to do."""
        return _REJECTION_TEXTS[self]


_REJECTION_TEXTS = {
    RejectionReason.NO_IMAGE_FOUND: (
        "The archive holds no image of this study. Send the study again."
    ),
    RejectionReason.NO_MAMMOGRAM: (
        "The study holds no mammography image (modality MG). Nothing was analysed."
    ),
    RejectionReason.NO_STANDARD_VIEW: (
        "None of the images is a standard CC or MLO view of a known side. Check laterality and "
        "view position at the modality, correct them and send the images again."
    ),
    RejectionReason.NO_READABLE_VIEW: (
        "None of the standard views could be read. The reason is listed for each image; send the "
        "images again from the modality."
    ),
    RejectionReason.SEVERAL_PATIENTS: (
        "The images of this study name different patients. Correct the identification and send "
        "the images again."
    ),
}


class StudyRejected(MammoVLMError):
    """Raised when a study cannot be analysed, whatever is tried again.

    Parameters
    ----------
    reason
        The named reason.
    detail
        More for the log and the status, without patient data (attribute keywords, counts).
    """

    def __init__(self, reason: RejectionReason, detail: str = "") -> None:
        super().__init__(f"{reason.text} ({detail})" if detail else reason.text)
        self.reason = reason
        self.detail = detail


class ArchiveUnavailable(MammoVLMError):
    """Raised when the archive cannot be reached or answers with a passing fault."""


class ModelUnavailable(MammoVLMError):
    """Raised when the model process ended while it worked on a study alone, or is not there."""


class ModelFailed(MammoVLMError):
    """Raised when the model failed with one study, and not because of those beside it.

    Parameters
    ----------
    detail
        Kind and place of the error, see `name_and_place`.
    is_memory
        True where the device's memory did not suffice.
    """

    def __init__(self, detail: str, *, is_memory: bool = False) -> None:
        what = "had too little memory for" if is_memory else "failed with"
        super().__init__(f"the model {what} a study: {detail}")
        self.detail = detail
        self.is_memory = is_memory


class ResultInvalid(MammoVLMError):
    """Raised when a result object does not say what the findings say, or is not valid DICOM."""


class WeightsUnusable(MammoVLMError):
    """Raised when weights are missing, of another shape, or not those of the expected hash."""


class DeviceUnusable(WeightsUnusable):
    """Raised when the device that shall hold the weights is missing or has too little memory."""


class LanguageModelUnavailable(MammoVLMError):
    """Raised when the server with the language model is away, refuses or answers nonsense.

    The message is one of a few fixed phrases and numbers, fit for the report.
    """


class FontMissing(MammoVLMError):
    """Raised when no installed font can write the chosen language; the message names a package."""


def name_and_place(error: BaseException) -> str:
    """Name an exception and the line it came from, without its text (it may quote a data set)."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "unknown place"
    return f"{type(error).__name__} at {place}"
