"""What the peers share: the same network from the same weights on ONNX Runtime or OpenVINO, and a picture's way to it.

Environment: PEER_ENGINE (onnxruntime, openvino or openvino-bf16), PEER_ONNX (model), PEER_CONFIG (timm's config.json),
PEER_PINNING (1 for OpenVINO's default).
"""

import io
import json
import os

import numpy as np

CONFIG = json.load(open(os.environ["PEER_CONFIG"]))["pretrained_cfg"]
SIZE = CONFIG["input_size"][1]
SCALED = int(SIZE / CONFIG["crop_pct"])
MEAN = np.array(CONFIG["mean"], dtype=np.float32) * 255
DEVIATION = np.array(CONFIG["std"], dtype=np.float32) * 255


def load():
    """A function from preprocessed pictures [N, 3, side, side] to logits."""
    engine = os.environ["PEER_ENGINE"]
    if engine == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(os.environ["PEER_ONNX"], options, ["CPUExecutionProvider"])
        return lambda batch: session.run(None, {"image": batch})[0]
    import openvino

    return compiled(openvino, openvino.Core().read_model(os.environ["PEER_ONNX"]), engine)


def load_for_pixels():
    """A function from pictures as bytes [N, side, side, 3] to logits: OpenVINO normalises by itself."""
    import openvino
    from openvino.preprocess import ColorFormat, PrePostProcessor

    model = openvino.Core().read_model(os.environ["PEER_ONNX"])
    model.reshape([-1, 3, SIZE, SIZE])
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    steps.input().tensor().set_color_format(ColorFormat.RGB)
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(openvino.Type.f32).mean(MEAN.tolist()).scale(DEVIATION.tolist())
    return compiled(openvino, steps.build(), os.environ["PEER_ENGINE"])


def compiled(openvino, model, engine):
    hints = {
        "INFERENCE_PRECISION_HINT": "bf16" if engine.endswith("bf16") else "f32",
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        # By default the only thread of every worker is pinned to the same core.
        "ENABLE_CPU_PINNING": os.environ.get("PEER_PINNING") == "1",
    }
    request = openvino.Core().compile_model(model, "CPU", hints).create_infer_request()
    return lambda batch: request.infer({0: batch}, share_inputs=True, share_outputs=True)[0]


def prepare(body):
    """[3, side, side] as Pillow makes it."""
    from PIL import Image

    filters = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
    image = Image.open(io.BytesIO(body)).convert("RGB")
    width, height = image.size
    scale = SCALED / min(width, height)
    image = image.resize((round(width * scale), round(height * scale)), filters[CONFIG["interpolation"]])
    left, top = (image.width - SIZE) // 2, (image.height - SIZE) // 2
    pixels = np.asarray(image.crop((left, top, left + SIZE, top + SIZE)), dtype=np.float32)
    return np.ascontiguousarray(((pixels - MEAN) / DEVIATION).transpose(2, 0, 1))


def prepare_quickly(body):
    """[side, side, 3] in bytes: libjpeg-turbo scales in the DCT domain as far down as it may, OpenCV does the rest."""
    import cv2
    import simplejpeg

    if simplejpeg.is_jpeg(body):
        image = simplejpeg.decode_jpeg(body, colorspace="RGB", fastdct=True, min_height=SCALED, min_width=SCALED)
    else:
        image = cv2.cvtColor(cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    height, width = image.shape[:2]
    # Only what is kept is resized.
    side = min(width, height) * SIZE / SCALED
    left, top = round((width - side) / 2), round((height - side) / 2)
    kept = image[top : top + round(side), left : left + round(side)]
    return cv2.resize(kept, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)


def best(logits, count=5):
    """The most likely classes of one picture."""
    scores = np.exp(logits - logits.max())
    scores /= scores.sum()
    classes = np.argpartition(scores, -count)[-count:]
    classes = classes[np.argsort(scores[classes])[::-1]]
    return [{"class_id": int(index), "score": float(scores[index])} for index in classes]
