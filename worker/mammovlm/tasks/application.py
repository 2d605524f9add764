"""The Celery application and its settings."""

from celery import Celery
from pydantic import ValidationError

from mammovlm.settings import Settings, complaints
from mammovlm.tasks.broker import broker_options, publishing
from mammovlm.tasks.topology import JOB_QUEUES, JOBS_AND_EVENTS, undeclared


def create_application(settings: Settings) -> Celery:
    """Make the Celery application.

    A job is acknowledged when it has ended, comes back when its process dies, and one worker
    process holds one job at a time. Whatever ends in an exception goes to the dead letters.
    """
    application = Celery("mammovlm", set_as_current=False)
    application.conf.update(
        **broker_options(settings),
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "confirm_publish": True,
            "connect_retries_timeout": 60,
            **publishing(),
        },
        task_queues=JOB_QUEUES if settings.declare_queues else tuple(map(undeclared, JOB_QUEUES)),
        task_default_queue=JOB_QUEUES[0].name,
        task_default_exchange=JOBS_AND_EVENTS.name,
        task_default_exchange_type="topic",
        task_default_routing_key="analysis",
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure_or_timeout=False,
        task_time_limit=settings.task_time_limit_s,
        task_soft_time_limit=settings.task_soft_time_limit_s,
        worker_consumer="mammovlm.tasks.consumer:JobConsumer",
        worker_enable_remote_control=False,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_soft_shutdown_timeout=20,
        worker_proc_alive_timeout=1800,  # loading the largest model from a slow disk
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    return application


def _settings() -> Settings:
    """Read the settings; a worker with wrong ones ends at once, naming them."""
    try:
        return Settings()
    except ValidationError as error:
        told = "\n".join(f"    {complaint}" for complaint in complaints(error))
        raise SystemExit(f"The worker does not start (see docs/settings.md):\n{told}") from None


app = create_application(_settings())
