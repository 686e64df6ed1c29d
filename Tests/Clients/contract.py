"""schemathesis over the service's own openapi.yaml: no 5xx but the documented ones, no undocumented status or shape."""

import subprocess
import sys
import tempfile

from service import Service

if __name__ == "__main__":
    with Service("--max-body", "1M") as service, tempfile.TemporaryDirectory() as folder:
        code = subprocess.run(
            [
                "schemathesis", "run", f"{service.url}/openapi.yaml", "--url", service.url,
                "--max-examples", "40", "--phases", "examples,coverage,fuzzing",
                "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,"
                "response_schema_conformance,response_headers_conformance",
                "--request-timeout", "30", "--seed", "1",
            ],
            cwd=folder,
        ).returncode
    sys.exit(code)
