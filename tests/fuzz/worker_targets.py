"""The worker's side of the queue with mutated jobs."""

from pydantic import ValidationError

from fuzz.documents import JOB_DOCUMENT
from fuzz.json_mutations import mutated
from mammovlm.tasks.messages import JobMessage


def worker_message(seed: int) -> str:
    """Read a mutated job as the worker does."""
    try:
        JobMessage.model_validate(mutated(JOB_DOCUMENT, seed)).to_job()
    except ValidationError as error:
        str(error.errors(include_input=False)).encode()
        return "refused"
    return "read"
