"""One process that holds the model for all processes of a worker, and serves them in batches.

The worker's processes fetch, decode, report and store, which takes a second of Python a study and
cannot be shared out among threads; the model needs the memory of a GPU once. So the worker's
processes are as many as there are cores, and the model has one of its own beside them.
"""

from mammovlm.model_process.batches import BatchQueue
from mammovlm.model_process.choice import wants_model_process
from mammovlm.model_process.meeting_place import MeetingPlace
from mammovlm.model_process.owner import UNUSABLE, ModelProcessOwner
from mammovlm.model_process.remote_model import RemoteModel
from mammovlm.model_process.service import DeviceLost, ModelService
from mammovlm.model_process.signs_of_life import BatchClock, give_signs_of_life

__all__ = [
    "UNUSABLE",
    "BatchClock",
    "BatchQueue",
    "DeviceLost",
    "MeetingPlace",
    "ModelProcessOwner",
    "ModelService",
    "RemoteModel",
    "give_signs_of_life",
    "wants_model_process",
]
