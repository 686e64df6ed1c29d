"""The Open Inference Protocol with Triton's own client, unmodified."""

import shutil
import tempfile

import numpy
import requests
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from service import MODEL, NAME, PHOTOS, Service


def images(photos):
    tensor = triton.InferInput("image", [len(photos), 1], "BYTES")
    tensor.set_data_from_numpy(numpy.array([[photo] for photo in photos], dtype=numpy.object_))
    return [tensor]


def refused(call, *arguments, **keywords):
    try:
        call(*arguments, **keywords)
    except InferenceServerException as error:
        return str(error)
    raise AssertionError(f"{call.__name__} is not refused")


def check(service):
    photos = [photo.read_bytes() for photo in PHOTOS[:3]]
    with triton.InferenceServerClient(service.address, concurrency=4) as client:
        assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(NAME)
        assert not client.is_model_ready("nothing")
        assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
        metadata = client.get_model_metadata(NAME)
        assert metadata["name"] == NAME and {tensor["name"] for tensor in metadata["inputs"]} == {"image", "input"}
        assert client.get_model_config(NAME)["name"] == NAME
        assert client.get_model_repository_index()[0]["state"] == "READY"

        # Pictures, with binary outputs, and the same with JSON outputs.
        binary = client.infer(NAME, images(photos), request_id="seven", timeout=30_000_000)
        assert binary.get_response()["id"] == "seven" and binary.get_response()["model_name"] == NAME
        probabilities = binary.as_numpy("probabilities")
        assert probabilities.shape == (3, 1000) and numpy.allclose(probabilities.sum(axis=1), 1, atol=1e-4)
        assert binary.as_numpy("embedding").shape == (3, 1280)
        outputs = [triton.InferRequestedOutput(name, binary_data=False) for name in ("logits", "probabilities")]
        text = client.infer(NAME, images(photos), outputs=outputs)
        assert (text.as_numpy("logits") == binary.as_numpy("logits")).all()
        assert text.as_numpy("embedding") is None

        # What the plain API says, bit by bit.
        for index, photo in enumerate(photos):
            best = requests.post(f"{service.url}/v1/classify", data=photo, params={"top_k": 1}).json()["predictions"][0]
            assert numpy.float32(best["score"]) == probabilities[index].max()
            assert best["class_id"] == probabilities[index].argmax()

        # The classification extension.
        best = client.infer(NAME, images(photos[:1]), outputs=[triton.InferRequestedOutput("probabilities", class_count=3)])
        value, index, label = best.as_numpy("probabilities")[0][0].decode().split(":")
        assert int(index) == probabilities[0].argmax() and label and numpy.float32(value) == probabilities[0].max()

        # Preprocessed tensors, binary and as JSON, more than one run of the network takes.
        tensor = numpy.random.default_rng(7).standard_normal((11, 3, 224, 224), dtype=numpy.float32)
        results = []
        for is_binary in (True, False):
            count = 11 if is_binary else 2
            input = triton.InferInput("input", [count, 3, 224, 224], "FP32")
            input.set_data_from_numpy(tensor[:count], binary_data=is_binary)
            results.append(client.infer(NAME, [input]).as_numpy("logits"))
        assert results[0].shape == (11, 1000) and (results[0][:2] == results[1]).all()

        # Compressed both ways.
        for coding in ("gzip", "deflate"):
            packed = client.infer(
                NAME,
                images(photos),
                request_compression_algorithm=coding,
                response_compression_algorithm=coding,
            )
            assert (packed.as_numpy("logits") == binary.as_numpy("logits")).all()

        # Several at a time.
        pending = [client.async_infer(NAME, images([photos[index % 3]])) for index in range(12)]
        for index, request in enumerate(pending):
            assert (request.get_result().as_numpy("logits")[0] == binary.as_numpy("logits")[index % 3]).all()

        statistics = client.get_inference_statistics(NAME)["model_stats"][0]
        assert statistics["inference_count"] >= 24 and statistics["inference_stats"]["success"]["count"] >= 12

        assert "nothing" in refused(client.infer, "nothing", images(photos))
        assert "broken" in refused(client.infer, NAME, images([photos[0][:2000]]))
        refused(client.infer, NAME, images([b"no picture"]))
        refused(client.infer, NAME, [triton.InferInput("image", [1, 1], "INT8")])
        assert "--model-control" in refused(client.unload_model, NAME)

        # A single picture as the whole body.
        answer = requests.post(
            f"{service.url}/v2/models/{NAME}/infer", data=photos[0], headers={"Inference-Header-Content-Length": "0"}
        )
        header = int(answer.headers["Inference-Header-Content-Length"])
        logits = numpy.frombuffer(answer.content[header : header + 4000], dtype="<f4")
        assert (logits == binary.as_numpy("logits")[0]).all()


def check_control():
    """Models that come, go and break while the service runs."""
    photo = PHOTOS[0].read_bytes()
    with tempfile.TemporaryDirectory() as store:
        shutil.copytree(MODEL, f"{store}/one/1")
        with Service("--model-store", store, "--model-control") as service:
            with triton.InferenceServerClient(service.address) as client:
                expected = client.infer("one", images([photo])).as_numpy("logits")
                shutil.copytree(MODEL, f"{store}/two/3")
                client.load_model("two")
                assert client.is_model_ready("two", "3")
                assert (client.infer("two", images([photo]), model_version="3").as_numpy("logits") == expected).all()
                client.unload_model("two")
                assert not client.is_model_ready("two")

                # A broken version leaves the old one serving, and says why.
                shutil.copytree(MODEL, f"{store}/one/2")
                with open(f"{store}/one/2/model.safetensors", "r+b") as file:
                    file.truncate(1000)
                assert "could not be loaded" in refused(client.load_model, "one")
                index = {entry["version"]: entry for entry in client.get_model_repository_index() if entry["name"] == "one"}
                assert index["1"]["state"] == "READY" and index["2"]["state"] == "UNAVAILABLE" and index["2"]["reason"]
                assert client.infer("one", images([photo])).get_response()["model_version"] == "1"
                assert refused(client.load_model, "../one/1")


if __name__ == "__main__":
    with Service() as service:
        check(service)
    check_control()
    print("tritonclient: ok")
