/// The statistics extension of the Open Inference Protocol.
enum ModelStatisticsAnswer {
    static func json(_ models: [ServedModel], _ telemetry: Telemetry) -> JSONValue {
        ["model_stats": .array(models.map { json($0.identity, telemetry.statistics(of: $0.identity).figures) })]
    }

    private static func json(_ identity: ModelIdentity, _ figures: ModelStatistics.Figures) -> JSONValue {
        let batches = figures.batches.sorted { $0.key < $1.key }.map { size, inference -> JSONValue in
            [
                "batch_size": .integer(size),
                "compute_input": json(ModelStatistics.Tally()),
                "compute_infer": json(inference),
                "compute_output": json(ModelStatistics.Tally()),
            ]
        }
        return [
            "name": .string(identity.name),
            "version": .string(String(identity.version)),
            "last_inference": .integer(figures.lastInference),
            "inference_count": .integer(figures.pictures),
            "execution_count": .integer(figures.inference.count),
            "inference_stats": [
                "success": json(figures.success),
                "fail": json(figures.failure),
                "queue": json(figures.queue),
                "compute_input": json(figures.decode),
                "compute_infer": json(figures.inference),
                "compute_output": json(figures.encode),
                "cache_hit": json(ModelStatistics.Tally()),
                "cache_miss": json(ModelStatistics.Tally()),
            ],
            "batch_stats": .array(batches),
        ]
    }

    private static func json(_ tally: ModelStatistics.Tally) -> JSONValue {
        ["count": .integer(tally.count), "ns": .integer(tally.nanoseconds)]
    }
}
