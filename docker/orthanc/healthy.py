"""The container's health: exit code 0 when Orthanc answers and the plugin's threads run."""

import base64
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

PASSWORD_FILE = os.environ.get(
    "MAMMOVLM_MONITORING_PASSWORD_FILE", "/run/secrets/monitoring_password"
)
URL = f"http://127.0.0.1:{os.environ.get('MAMMOVLM_HTTP_PORT', '8042')}/mammovlm/live"

credentials = f"monitoring:{Path(PASSWORD_FILE).read_text(encoding='utf-8').strip()}"
token = base64.b64encode(credentials.encode()).decode()
request = urllib.request.Request(URL, headers={"Authorization": f"Basic {token}"})
try:
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=8)
except urllib.error.URLError as error:
    sys.exit(f"not healthy: {error.reason}")
