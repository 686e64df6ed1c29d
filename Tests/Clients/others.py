"""KServe's and OpenVINO Model Server's clients, unmodified, and the REST interface of TensorFlow Serving."""

import asyncio
import base64

import numpy
import requests
from kserve import InferInput, InferRequest, InferenceRESTClient, RESTConfig
from ovmsclient import make_http_client

from service import NAME, PHOTOS, Service


async def check_kserve(service, photo, expected):
    client = InferenceRESTClient(RESTConfig(protocol="v2", timeout=30))
    assert await client.is_server_live(service.url) and await client.is_server_ready(service.url)
    assert await client.is_model_ready(service.url, NAME)
    tensor = numpy.random.default_rng(7).standard_normal((2, 3, 224, 224), dtype=numpy.float32)
    input = InferInput(name="input", shape=[2, 3, 224, 224], datatype="FP32")
    input.set_data_from_numpy(tensor, binary_data=False)
    answer = await client.infer(service.url, InferRequest(model_name=NAME, infer_inputs=[input]), model_name=NAME)
    assert answer.model_name == NAME and answer.outputs[0].shape == [2, 1000]
    picture = InferInput(name="image", shape=[1], datatype="BYTES", data=[base64.b64encode(photo).decode()])
    answer = await client.infer(service.url, InferRequest(model_name=NAME, infer_inputs=[picture]), model_name=NAME)
    probabilities = next(output for output in answer.outputs if output.name == "probabilities")
    assert numpy.argmax(probabilities.data) == expected


def check_ovms(service, photo, expected):
    client = make_http_client(service.address)
    status = client.get_model_status(NAME)
    assert status[1]["state"] == "AVAILABLE"
    assert "image" in client.get_model_metadata(NAME)["inputs"]
    outputs = client.predict({"image": [photo]}, NAME)
    assert numpy.argmax(outputs["probabilities"]) == expected


def check_rest(service, photo, expected):
    encoded = {"b64": base64.b64encode(photo).decode()}
    for path in (f"/v1/models/{NAME}", f"/v1/models/{NAME}/versions/0", f"/v1/models/{NAME}/versions/1"):
        rows = requests.post(f"{service.url}{path}:predict", json={"instances": [encoded, encoded]}, timeout=30)
        assert [numpy.argmax(row["probabilities"]) for row in rows.json()["predictions"]] == [expected] * 2
        columns = requests.post(f"{service.url}{path}%3Apredict", json={"inputs": {"image": [encoded]}}, timeout=30)
        assert numpy.argmax(columns.json()["outputs"]["probabilities"][0]) == expected
    assert "error" in requests.post(f"{service.url}/v1/models/{NAME}:predict", json={"instances": [1]}).json()


if __name__ == "__main__":
    photo = PHOTOS[0].read_bytes()
    with Service() as service:
        answer = requests.post(f"{service.url}/v1/classify", data=photo, params={"top_k": 1}).json()
        expected = answer["predictions"][0]["class_id"]
        check_rest(service, photo, expected)
        asyncio.run(check_kserve(service, photo, expected))
        check_ovms(service, photo, expected)
    print("KServe, OpenVINO Model Server and TensorFlow Serving clients: ok")
