"""The studies that odd requests are about: one with a report and a question, one that waits."""

import json

from fuzz.rest_routes import Known
from local_servers import Orthanc, RabbitMQ
from mammogram_files import four_views
from page_system import PageSystem


def known_studies(orthanc: Orthanc, broker: RabbitMQ) -> Known:
    """Store the studies, with this process as the worker."""
    system = PageSystem(orthanc, broker)
    analysed = system.analysed(four_views(PatientID="F-1"))
    system.queued(waiting := four_views(PatientID="F-2"))
    question = json.dumps({"question": "What is density?", "asker": "Dr A"})
    assert orthanc.post(f"/mammovlm/studies/{analysed}/ask", question).status_code == 202
    return Known(
        analysed=analysed,
        report_uid=orthanc.status(analysed)["report"]["sop_instance_uid"],
        job_id=system.queue.wait_for_question(analysed)["job_id"],
        waiting=str(waiting[0].StudyInstanceUID),
    )
