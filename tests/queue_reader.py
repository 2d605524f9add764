"""What a worker sees of the queue: jobs in, events out, through a plain AMQP client."""

import json
from datetime import UTC, datetime
from typing import Any

import pika

from local_servers import RabbitMQ, wait_until

QUEUES = ("mammovlm.analysis", "mammovlm.analysis.urgent")
QUESTIONS = "mammovlm.question"


class QueueReader:
    """Takes jobs from the real queues and tells what became of them.

    Parameters
    ----------
    broker
        The running broker; a new connection is made for every question, so it may be killed.
    """

    def __init__(self, broker: RabbitMQ) -> None:
        self._broker = broker
        self._jobs: list[dict[str, Any]] = []

    def jobs(self, study_instance_uid: str) -> list[dict[str, Any]]:
        """Give all jobs that were published for a study so far."""
        with self._broker.connect() as connection:
            channel = connection.channel()
            for queue in QUEUES:
                while True:
                    method, _, body = channel.basic_get(queue, auto_ack=True)
                    if method is None:
                        break
                    self._jobs.append({**json.loads(body)[0][0], "queue": queue})
        return [job for job in self._jobs if job["study_instance_uid"] == study_instance_uid]

    def wait_for_job(self, study_instance_uid: str, run: int = 1) -> dict[str, Any]:
        """Wait for the job of one run."""

        def ask() -> dict[str, Any]:
            return next((j for j in self.jobs(study_instance_uid) if j["run"] == run), {})

        return wait_until(f"a job of run {run} is on the queue", ask, timeout_s=40)

    def wait_for_question(self, study_instance_uid: str) -> dict[str, Any]:
        """Take the next question about a study from its queue."""

        def ask() -> dict[str, Any]:
            with self._broker.connect() as connection:
                _, _, body = connection.channel().basic_get(QUESTIONS, auto_ack=True)
            job: dict[str, Any] = json.loads(body)[0][0] if body else {}
            return job if job.get("study_instance_uid") == study_instance_uid else {}

        return wait_until("a question is on the queue", ask, timeout_s=40)

    def refuse_job(self, study_instance_uid: str, times: int) -> None:
        """Take a study's job and give it back undone, as workers do that are killed."""
        with self._broker.connect() as connection:
            channel = connection.channel()

            def take() -> int:
                method, _, body = channel.basic_get(QUEUES[0])
                if method is None:
                    return 0
                if study_instance_uid.encode() in body:
                    return int(method.delivery_tag)
                channel.basic_ack(method.delivery_tag)
                return 0

            for _ in range(times):
                tag = wait_until("the study's job is on the queue", take)
                channel.basic_nack(tag, requeue=True)

    def tell(self, job: dict[str, Any], state: str, **facts: Any) -> None:
        """Publish an event about a job, as a worker does."""
        event = {
            **{
                key: job[key] for key in ("job_id", "orthanc_study_id", "study_instance_uid", "run")
            },
            "version": 1,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "state": state,
            "reason": "",
            "text": "",
            "report": None,
            "algorithm": None,
            "timings_s": {},
            **facts,
        }
        self.tell_bytes(json.dumps(event).encode())

    def tell_bytes(self, body: bytes) -> None:
        """Publish anything to the plugin."""
        with self._broker.connect() as connection:
            connection.channel().basic_publish(
                "mammovlm", "events", body, pika.BasicProperties(content_type="application/json")
            )
