"""What is measured: times of a batch, and what an engine's answers are worth."""

import statistics

import engines
import numpy as np
import seeded_values
from models import VIEWS


class Answers:
    """What the engines make of the photographs' views, each in each precision, computed when it is first asked for."""

    def __init__(self, model, folder, threads):
        self.model, self.folder, self.threads = model, folder, threads
        self.likeliest = {}

    def classes(self, engine, precision):
        """The likeliest class of each view."""
        if (engine.name, precision) not in self.likeliest:
            logits = self.folder / f"{self.model.name}-{engine.name}-{precision}.logits.npy"
            engine.compute(self.model, precision, self.model.views, logits, 1, self.threads)
            self.likeliest[engine.name, precision] = np.load(logits).argmax(axis=1)
        return self.likeliest[engine.name, precision]

    def agreement(self, engine, precision):
        """The share of views whose likeliest class is the one that the same engine finds in fp32."""
        return float((self.classes(engine, precision) == self.classes(engine, "fp32")).mean())

    def accuracy(self, engine, precision):
        """The share of views whose likeliest class is their photograph's."""
        return float((self.classes(engine, precision) == self.model.photographs.classes.repeat(VIEWS)).mean())


class Row:
    """One line of the table: a model in one precision, at one batch size and number of threads."""

    def __init__(self, model, precision, batch, threads, contestants, answers, folder):
        self.model, self.precision, self.batch, self.threads = model, precision, batch, threads
        self.engines = [engine for engine in contestants if precision in engine.precisions]
        self.answers = answers
        #: Of each engine with each of its hints, the medians of its turns.
        self.times = {}
        self.instruction_set = ""
        self.prefix = folder / f"{model.name}-{precision}-{batch}-{threads}"
        self.input = self.prefix.with_suffix(".input.npy")
        np.save(self.input, seeded_values.picture((batch, *model.configuration["input_size"])))

    def compute(self):
        """Finds the logits of all engines, and those that they are held against."""
        size = (self.batch, self.threads)
        for engine in self.engines:
            engine.compute(self.model, self.precision, self.input, self.output(engine.name), *size)
        if any(engine in engines.PEERS for engine in self.engines):
            engines.ONNX_RUNTIME.compute(self.model, "fp32", self.input, self.output("reference"), *size)

    def output(self, name):
        return self.prefix.with_suffix(f".{name}.npy")

    def measure(self, engine, seconds):
        """One turn of an engine with each of its hints."""
        for hint in engine.hints:
            report = engine.measure(self.model, self.precision, self.input, self.batch, self.threads, seconds, hint)
            self.times.setdefault(engine.name, {}).setdefault(hint, []).append(report["median_ms"])
            self.instruction_set = report.get("isa", self.instruction_set)

    def difference(self, name):
        """How far an engine's logits are from the reference, relative to the largest."""
        logits, reference = np.load(self.output(name)), np.load(self.output("reference"))
        return float(abs(logits - reference).max() / abs(reference).max())

    def summary(self):
        medians, hints = {}, {}
        for name, times in self.times.items():
            hints[name] = min(times, key=lambda hint: statistics.median(times[hint]))
            medians[name] = statistics.median(times[hints[name]])
        result = {
            "model": self.model.name,
            "precision": self.precision,
            "batch": self.batch,
            "threads": self.threads,
            "median_ms": medians,
            "hints": {name: hint for name, hint in hints.items() if hint},
        }
        if self.answers:
            result["agreement"] = {e.name: self.answers.agreement(e, self.precision) for e in self.engines}
            result["accuracy"] = {e.name: self.answers.accuracy(e, self.precision) for e in self.engines}
        peers = [name for name in medians if name != "effnet"]
        if "effnet" in medians and peers:
            fastest = min(peers, key=medians.get)
            result["isa"] = self.instruction_set
            result["fastest_peer"] = fastest
            result["ratio_to_fastest_peer"] = medians["effnet"] / medians[fastest]
            result["difference"] = self.difference("effnet")
            result["peer_difference"] = self.difference(fastest)
        return result
