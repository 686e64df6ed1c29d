extension Telemetry {
    /// What is read at the moment of the exposition.
    struct Moment {
        var load: SchedulerLoad
        var isReady: Bool
        /// Pictures that wait, by model.
        var pending: [(identity: ModelIdentity, pictures: Int)]
    }

    /// The text of `/metrics`.
    func exposition(_ moment: Moment) -> String {
        var exposition = Exposition()
        exposition.family("effnet_build_info", .gauge, help: "Version and target of this executable; always 1.")
        exposition.sample(
            "effnet_build_info",
            labels: [("version", BuildInformation.version), ("target", BuildInformation.target)],
            1
        )
        let load = moment.load
        let gauges: [(name: String, help: String, value: Double)] = [
            ("effnet_ready", "1 when traffic may be sent here, else 0.", moment.isReady ? 1 : 0),
            ("effnet_queue_pictures", "Pictures that wait for a core.", Double(load.queuedPictures)),
            ("effnet_queue_bytes", "Bytes of the pictures that wait.", Double(load.queuedBytes)),
            ("effnet_busy_workers", "Workers that decode or infer.", Double(load.busyWorkers)),
            (
                "effnet_expected_wait_seconds", "How long a picture that comes now would wait.",
                load.expectedWait.inSeconds
            ),
        ]
        for gauge in gauges { exposition.single(gauge.name, .gauge, help: gauge.help, gauge.value) }
        exposition.family(
            "nv_inference_pending_request_count",
            .gauge,
            help: "Number of pictures awaiting execution."
        )
        for model in moment.pending {
            let labels = [("model", model.identity.name), ("version", String(model.identity.version))]
            exposition.sample("nv_inference_pending_request_count", labels: labels, Double(model.pictures))
        }
        exposition.modelMetrics(models)
        requests.write(to: &exposition)
        let counters = [
            connectionsOpened, connectionsClosed, connectionsRefused, rejections, cancellations,
            decodeFailures,
        ]
        for counter in counters { counter.write(to: &exposition) }
        phases.write(to: &exposition)
        batchSizes.write(to: &exposition)
        exposition.single(
            "effnet_log_lines_dropped_total",
            .counter,
            help: "Log lines that standard error did not take in time.",
            Double(LogWriter.standardError.droppedLines)
        )
        ProcessStatistics().write(to: &exposition)
        exposition.single(
            "process_start_time_seconds",
            .gauge,
            help: "Start of the process, in seconds since 1970.",
            startSeconds
        )
        return exposition.text
    }
}
