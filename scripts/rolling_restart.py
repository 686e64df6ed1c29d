"""The rolling restart of scripts/check-rolling-restart. Argument: the server's binary."""

import http.client
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PHOTO = sorted((ROOT / "Tests/Fixtures/photos").glob("*.jpg"))[0].read_bytes()
CONFIGURATION = ROOT / "Deploy/haproxy.cfg"


def configuration(ports):
    """The configuration that is shipped, on ports that are free here."""
    text = CONFIGURATION.read_text()
    for shipped, port in ((":8080", "front"), ("127.0.0.1:8081", "one"), ("127.0.0.1:8082", "two"),
                          ("127.0.0.1:8404", "statistics")):
        if text.count(f" {shipped}\n") != 1:
            raise ValueError(f"{CONFIGURATION} has not the one address {shipped}")
        text = text.replace(f" {shipped}\n", f" 127.0.0.1:{ports[port]}\n")
    return text


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(binary, port):
    replica = subprocess.Popen(
        [binary, "serve", "--host", "127.0.0.1", "--port", str(port), "--log-level", "error", "--drain-delay", "3",
         # On a busy machine what is slow is not lost.
         "--queue-timeout", "60",
         "--model", ROOT / "Models/tf_efficientnet_lite0"],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(500):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return replica
        except OSError:
            pass
        time.sleep(0.02)
    raise TimeoutError("a replica does not become ready")


def load(port, stop, counts, failures):
    """One client with a connection that it keeps as long as it may."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    while not stop.is_set():
        try:
            connection.request("POST", "/v1/classify", body=PHOTO)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                failures.append(f"{answer.status} {body[:200]!r}")
            counts.append(1)
        except (OSError, http.client.HTTPException) as error:
            failures.append(repr(error))
            connection.close()
            time.sleep(0.1)


def main(binary):
    ports = {name: free_port() for name in ("front", "one", "two", "statistics")}
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
        file.write(configuration(ports))
        file.flush()
        replicas = {name: start(binary, ports[name]) for name in ("one", "two")}
        proxy = subprocess.Popen(["haproxy", "-db", "-f", file.name], stdout=subprocess.DEVNULL)
        stop, counts, failures = threading.Event(), [], []
        try:
            # Two good checks make a replica.
            time.sleep(3)
            clients = [
                threading.Thread(target=load, args=(ports["front"], stop, counts, failures)) for _ in range(8)
            ]
            for client in clients:
                client.start()
            for name in ("one", "two"):
                time.sleep(1)
                replicas[name].send_signal(signal.SIGTERM)
                code = replicas[name].wait(timeout=60)
                if code != 0:
                    failures.append(f"a replica ended with {code}")
                replicas[name] = start(binary, ports[name])
                time.sleep(3)
            time.sleep(1)
            stop.set()
            for client in clients:
                client.join()
            if proxy.poll() is not None:
                failures.insert(0, f"haproxy ended with {proxy.returncode}")
        finally:
            stop.set()
            for process in [proxy, *replicas.values()]:
                process.terminate()
                process.wait()
    print(f"rolling restart: {len(counts)} requests answered, {len(failures)} failures")
    for failure in failures[:10]:
        print(" ", failure)
    return 1 if failures or len(counts) < 100 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
