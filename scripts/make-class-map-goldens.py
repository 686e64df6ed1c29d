#!/usr/bin/env python3
"""Makes Tests/Fixtures/class-maps/goldens.json: class-activation maps from timm's features and classifier weights.

    pip install -r scripts/requirements-reference.txt
    scripts/make-class-map-goldens.py

The networks and inputs are cases of scripts/make-logit-goldens.py.
"""

import importlib.util
import json

import reference_models
import seeded_values
import torch

FIXTURES = reference_models.ROOT / "Tests" / "Fixtures"
CASES = ["lite0-real", "b0-odd", "b0-seven-classes", "resnet18-odd", "inception_v3-odd"]


def logit_cases():
    specification = importlib.util.spec_from_file_location(
        "logits", reference_models.ROOT / "scripts" / "make-logit-goldens.py"
    )
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.CASES


def maps(model, sample):
    """[N, classes, rows, columns], and the logits, in double precision."""
    with torch.inference_mode():
        model = model.double()
        features = model.forward_features(torch.from_numpy(sample).double())
        classifier = model.get_classifier()
        maps = torch.einsum("kc,nchw->nkhw", classifier.weight, features)
        logits = model.forward_head(features)
        # The mean of a map and the bias are the logit: else these were not the features that the classifier sees.
        assert torch.allclose(maps.mean((2, 3)) + classifier.bias, logits)
    return maps, logits


def main():
    cases = logit_cases()
    goldens = []
    for name in CASES:
        case = cases[name]
        sample = seeded_values.picture(case.shape)
        if case.folder:
            model, _ = reference_models.from_folder(reference_models.ROOT / "Models" / case.folder)
        else:
            model, _ = reference_models.seeded(case.architecture, case.classes, sample)
        all_maps, logits = maps(model, sample)
        for image in range(min(2, case.shape[0])):
            likeliest = int(logits[image].argmax())
            for index in sorted({0, likeliest, case.classes - 1}):
                chosen = all_maps[image, index]
                goldens.append(
                    {
                        "network": name,
                        "image": image,
                        "classID": index,
                        "isMostLikely": index == likeliest,
                        "rows": chosen.shape[0],
                        "columns": chosen.shape[1],
                        "values": [round(value, 5) for value in chosen.flatten().tolist()],
                    }
                )
        print(f"{name}: {all_maps.shape[2]} × {all_maps.shape[3]}, largest {all_maps.abs().max():.3f}")
    folder = FIXTURES / "class-maps"
    folder.mkdir(exist_ok=True)
    (folder / "goldens.json").write_text("[\n" + ",\n".join(json.dumps(golden) for golden in goldens) + "\n]\n")


if __name__ == "__main__":
    main()
