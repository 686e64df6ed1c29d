import HTTP
import HTTPTypes
import Serving
import Testing

@Suite struct TensorFlowServingTests {
    private func predict(_ body: String) throws -> Response {
        try TestService(FakeModel()).answer(.post, "/v1/models/{model}:predict", body: Array(body.utf8))
    }

    private let row = #"{"logits":[1.0,2.0,0.0,0.0],"probabilities":[0.00390625,0.0078125,0.0,0.0],"#

    @Test(arguments: [#"{"b64":"AQI="}"#, #"{"image":{"b64":"AQI="}}"#])
    func instancesAnswerRows(instance: String) throws {
        let response = try predict(#"{"signature_name":"x","instances":[\#(instance),\#(instance)]}"#)
        let expected = row + #""embedding":[0.5,1.0,0.0,0.0]}"#
        #expect(response.text == #"{"predictions":[\#(expected),\#(expected)]}"#)
    }

    @Test func modelsWithoutClassifierAnswerEmbeddings() throws {
        let service = try TestService(FakeModel(classCount: 0))
        let body = Array(#"{"instances":[{"b64":"AQI="}]}"#.utf8)
        let response = try service.answer(.post, "/v1/models/{model}:predict", body: body)
        #expect(response.text == #"{"predictions":[{"embedding":[0.5,1.0,0.0,0.0]}]}"#)
    }

    @Test(arguments: [#"{"image":[{"b64":"AQI="}]}"#, #"[{"b64":"AQI="}]"#, #"{"b64":"AQI="}"#])
    func inputsAnswerColumns(inputs: String) throws {
        let response = try predict(#"{"inputs":\#(inputs)}"#)
        #expect(response.text.hasPrefix(#"{"outputs":{"logits":[[1.0,2.0,0.0,0.0]],"#))
    }

    @Test func preprocessedPicturesAreTaken() throws {
        let response = try predict(#"{"instances":[[[[1,2]],[[3,4]],[[5,6]]],{"input":[9,8,7,6,5,4]}]}"#)
        #expect(response.text.hasPrefix(#"{"predictions":[{"logits":[1.0,2.0,3.0,4.0],"#))
        #expect(response.text.contains(#"{"logits":[9.0,8.0,7.0,6.0],"#))
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"instances":[]}"#, #"{"instances":[1]}"#, #"{"instances":["a"]}"#, #"{"instances":[{}]}"#,
        #"{"instances":[{"b64":"*"}]}"#, #"{"instances":[{"nope":1}]}"#, #"{"instances":[[1,2,3]]}"#,
        #"{"instances":[{"b64":"AQ==","image":{"b64":"AQ=="}}]}"#, #"{"inputs":{"nope":[]}}"#, #"{"inputs":null}"#,
        #"{"inputs":{"b64":"AQ=="},"instances":[{"b64":"AQ=="}]}"#,
    ])
    func brokenBodiesAreExplained(body: String) throws {
        let response = try predict(body)
        #expect(response.status == .badRequest)
        #expect(response.text.hasPrefix(#"{"error":""#))
    }

    @Test func versionZeroIsTheNewest() throws {
        let service = try TestService(FakeModel())
        for (version, status) in [("0", 200), ("1", 200), ("2", 404), ("x", 400)] {
            let response = try service.answer(
                .get,
                "/v1/models/{model}/versions/{version}",
                parameters: ["model": "fake", "version": version]
            )
            #expect(response.status.code == status)
        }
        #expect(
            try service.answer(.get, "/v1/models/{model}").text == """
                {"model_version_status":[{"version":"1","state":"AVAILABLE",\
                "status":{"error_code":"OK","error_message":""}}]}
                """
        )
    }

    @Test func theSignatureNamesTheTensors() throws {
        let metadata = try TestService(FakeModel()).answer(.get, "/v1/models/{model}/metadata").text
        #expect(metadata.hasPrefix(#"{"model_spec":{"name":"fake","signature_name":"","version":"1"},"modelSpec":"#))
        #expect(metadata.contains(#""input":{"dtype":"DT_FLOAT""#))
    }
}
