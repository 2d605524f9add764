"""All of Celery: the application, the queues, the two tasks, and what a worker process does.

Start a worker with ``celery -A mammovlm.tasks worker``.
"""

from mammovlm.tasks import worker_process as _worker_process  # noqa: F401  connects the signals
from mammovlm.tasks.analyze_study import analyze_study
from mammovlm.tasks.answer_question import answer_question
from mammovlm.tasks.application import app

__all__ = ["analyze_study", "answer_question", "app"]
