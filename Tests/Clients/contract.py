"""schemathesis over the service's own openapi.yaml: no 5xx but the documented ones, no undocumented status or shape.

It goes over a service without keys, over one with keys as a client that has one, and as a client that has none.
"""

import pathlib
import subprocess
import sys
import tempfile

from service import Service

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance"
)


def run(service, folder, examples, *arguments):
    """Returns the exit code of schemathesis."""
    return subprocess.run(
        [
            "schemathesis", "run", "openapi.yaml", "--url", service.url,
            "--max-examples", str(examples), "--phases", "examples,coverage,fuzzing",
            "--checks", CHECKS, "--request-timeout", "30", "--seed", "1", *arguments,
        ],
        cwd=folder,
    ).returncode


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        keys = folder / "keys"
        keys.write_text("a-key\n")
        with Service("--max-body", "1M") as service:
            (folder / "openapi.yaml").write_bytes(service.get("/openapi.yaml"))
            codes = [run(service, folder, 40)]
        with Service("--max-body", "1M", "--api-key-file", keys) as service:
            codes.append(run(service, folder, 10, "--header", "Authorization: Bearer a-key"))
            codes.append(run(service, folder, 5))
    sys.exit(max(codes))
