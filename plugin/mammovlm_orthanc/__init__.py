# SPDX-License-Identifier: AGPL-3.0-or-later
"""The MammoVLM intake, running inside Orthanc's Python plugin: which studies are ready.

The package sees every image that arrives, decides when a mammography study can be analysed, keeps
that decision on the study, puts a job on the queue, and shows the state over REST. It analyses
nothing itself. It needs the standard library and pika only, and knows the module ``orthanc`` only
as an argument, so everything but the glue runs without Orthanc.

Licence: Orthanc's Python plugin is AGPL; what runs inside it is AGPL-3.0-or-later too (see
``plugin/LICENSE``). The worker is a separate program under Apache-2.0; the two meet on the queue.
"""

from mammovlm_orthanc.plugin import register
from mammovlm_orthanc.version import VERSION

__all__ = ["__version__", "register"]

__version__ = VERSION
