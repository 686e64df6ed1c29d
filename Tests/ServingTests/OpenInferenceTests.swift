import HTTP
import HTTPTypes
import Serving
import Testing

@Suite struct OpenInferenceTests {
    private let infer = "/v2/models/{model}/infer"

    private func answer(
        _ body: [UInt8],
        headerLength: Int? = nil,
        model: FakeModel = FakeModel()
    ) throws -> Response {
        var fields: HTTPFields = [:]
        fields[.inferenceHeaderLength] = headerLength.map(String.init)
        return try TestService(model).answer(.post, infer, fields: fields, body: body)
    }

    private func answer(_ body: String) throws -> Response { try answer(Array(body.utf8)) }

    private func picture(_ outputs: String = "", id: String = "") -> String {
        #"{\#(id)"inputs":[{"data":["AQI="],"name":"image","shape":[1,1],"datatype":"BYTES"}]\#(outputs)}"#
    }

    @Test func aPictureInJSONAnswersAllOutputs() throws {
        let response = try answer(picture(id: #""id":"seven","model_name":"x","#))
        #expect(response.status == .ok)
        #expect(
            response.text == """
                {"model_name":"fake","model_version":"1","id":"seven","outputs":[\
                {"name":"logits","datatype":"FP32","shape":[1,4],"data":[1.0,2.0,0.0,0.0]},\
                {"name":"probabilities","datatype":"FP32","shape":[1,4],"data":[0.00390625,0.0078125,0.0,0.0]},\
                {"name":"embedding","datatype":"FP32","shape":[1,4],"data":[0.5,1.0,0.0,0.0]}]}
                """
        )
    }

    @Test func modelsWithoutClassifierHaveOneOutput() throws {
        let model = FakeModel(classCount: 0)
        let all = try answer(Array(picture().utf8), model: model)
        #expect(
            all.text.hasSuffix(
                #""outputs":[{"name":"embedding","datatype":"FP32","shape":[1,4],"data":[0.5,1.0,0.0,0.0]}]}"#
            )
        )
        let logits = try answer(Array(picture(#","outputs":[{"name":"logits"}]"#).utf8), model: model)
        #expect(logits.status == .badRequest)
        #expect(logits.text.contains(#"no output \"logits\"; it has: embedding"#))
        let metadata = try TestService(model).answer(.get, "/v2/models/{model}").text
        #expect(metadata.hasSuffix(#""outputs":[{"name":"embedding","datatype":"FP32","shape":[-1,4]}]}"#))
    }

    @Test func theClassificationExtensionNamesTheBest() throws {
        let outputs = #","outputs":[{"name":"logits","parameters":{"classification":2}}]"#
        #expect(
            try answer(picture(outputs)).text.hasSuffix(
                #"{"name":"logits","datatype":"BYTES","shape":[1,2],"data":["2.0:1:class \"1\"","1.0:0:class \"0\""]}]}"#
            )
        )
    }

    @Test func binaryDataFollowTheJSON() throws {
        let header =
            Array(
                #"{"inputs":[{"name":"image","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}}],"#
                    .utf8
            ) + Array(#""outputs":[{"name":"logits","parameters":{"binary_data":true}},"#.utf8)
            + Array(#"{"name":"probabilities","parameters":{"binary_data":true,"classification":1}}]}"#.utf8)
        let response = try answer(header + [2, 0, 0, 0, 7, 8, 1, 0, 0, 0, 9], headerLength: header.count)
        #expect(response.status == .ok)
        #expect(response.fields[.contentType] == "application/octet-stream")
        let length = try #require(response.fields[.inferenceHeaderLength].flatMap { Int($0) })
        let text = String(decoding: response.body[..<length], as: UTF8.self)
        #expect(text.contains(#""shape":[2,4],"parameters":{"binary_data_size":32}"#))
        let floats = response.body[length..<(length + 32)]
        #expect(Array(floats.prefix(8)) == [0, 0, 0xE0, 0x40, 0, 0, 0, 0x41])
        let strings = response.body[(length + 32)...]
        let first = Array("0.03125:1:class \"1\"".utf8)
        #expect(strings.starts(with: [UInt8(first.count), 0, 0, 0] + first))
    }

    @Test func aBodyMayBeOnePictureAndNothingElse() throws {
        let response = try answer([5, 6], headerLength: 0)
        #expect(response.status == .ok)
        #expect(response.fields[.inferenceHeaderLength] != nil)
        #expect(response.body.count > 48)
    }

    @Test(arguments: [false, true])
    func tensorsAreSplitIntoPictures(isBinary: Bool) throws {
        let model = FakeModel()
        let numbers = (0..<18).map { Float($0) / 4 }
        let start = #"{"inputs":[{"name":"input","shape":[3,3,1,2],"datatype":"FP32""#
        let end = #"}],"outputs":[{"name":"logits"}]}"#
        let response: Response
        if isBinary {
            let header = Array((start + #","parameters":{"binary_data_size":72}"# + end).utf8)
            let data = numbers.flatMap { number in (0..<4).map { UInt8(number.bitPattern >> ($0 * 8) & 255) } }
            response = try answer(header + data, headerLength: header.count, model: model)
        } else {
            response = try answer(Array((start + ",\"data\":\(numbers)" + end).utf8), model: model)
        }
        #expect(response.status == .ok)
        #expect(
            response.text.hasSuffix(
                #""shape":[3,4],"data":[0.0,0.25,0.5,0.75,1.5,1.75,2.0,2.25,3.0,3.25,3.5,3.75]}]}"#
            )
        )
        #expect(model.recordedRuns.map(\.batch.count).reduce(0, +) == 3)
    }

    @Test(arguments: [
        "", "{", "{}", #"{"inputs":[]}"#, #"{"inputs":[{}]}"#,
        #"{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES"}]}"#,
        #"{"inputs":[{"name":"nope","shape":[1],"datatype":"BYTES","data":["AQ=="]}]}"#,
        #"{"inputs":[{"name":"image","shape":[1],"datatype":"INT8","data":[1]}]}"#,
        #"{"inputs":[{"name":"image","shape":[2],"datatype":"BYTES","data":["AQ=="]}]}"#,
        #"{"inputs":[{"name":"image","shape":[],"datatype":"BYTES","data":["AQ=="]}]}"#,
        #"{"inputs":[{"name":"image","shape":[-1],"datatype":"BYTES","data":["AQ=="]}]}"#,
        #"{"inputs":[{"name":"image","shape":[1,1,1],"datatype":"BYTES","data":["AQ=="]}]}"#,
        #"{"inputs":[{"name":"image","shape":[1],"data":["AQ=="]}]}"#,
        #"{"inputs":[{"name":"image","datatype":"BYTES","data":["AQ=="]}]}"#,
        #"{"inputs":[{"name":"input","shape":[1,3,1,2],"datatype":"FP32","data":[1,2,3,4,5]}]}"#,
        #"{"inputs":[{"name":"input","shape":[1,3,2,1],"datatype":"FP32","data":[1,2,3,4,5,6]}]}"#,
        #"{"inputs":[{"name":"input","shape":[1,3,1,2],"datatype":"FP32","data":["a"]}]}"#,
        #"{"inputs":[{"name":"input","shape":[9223372036854775807,3,1,2],"datatype":"FP32","data":[1]}]}"#,
    ])
    func brokenRequestsAreExplained(body: String) throws {
        let response = try answer(body)
        #expect([400, 413].contains(response.status.code))
        #expect(response.fields[.contentType] == "application/json")
        #expect(response.text.hasPrefix(#"{"error":""#))
    }

    @Test(arguments: [
        #","outputs":[{"name":"nope"}]"#, #","outputs":[{}]"#,
        #","outputs":[{"name":"embedding","parameters":{"classification":1}}]"#,
        #","outputs":[{"name":"logits","parameters":{"classification":-1}}]"#,
    ])
    func impossibleOutputsAreExplained(outputs: String) throws {
        #expect(try answer(picture(outputs)).status == .badRequest)
    }

    @Test(arguments: [[], [1, 0, 0], [9, 0, 0, 0, 1], [1, 0, 0, 0, 1, 0], [255, 255, 255, 255, 1]] as [[UInt8]])
    func brokenBinaryDataAreRefused(data: [UInt8]) throws {
        let header = Array(#"{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES"}]}"#.utf8)
        #expect(try answer(header + data, headerLength: header.count).status == .badRequest)
        #expect(try answer(header + data, headerLength: header.count + data.count + 1).status == .badRequest)
    }

    @Test func numbersThatAreNotFiniteAreTheClientsFault() throws {
        let header = Array(#"{"inputs":[{"name":"input","shape":[1,3,1,2],"datatype":"FP32"}]}"#.utf8)
        let response = try answer(header + [UInt8](repeating: 0xFF, count: 24), headerLength: header.count)
        #expect(response.status == .unprocessableContent)
    }

    @Test func theModelIsDescribed() throws {
        let service = try TestService(FakeModel())
        let metadata = try service.answer(.get, "/v2/models/{model}").text
        #expect(metadata.hasPrefix(#"{"name":"fake","versions":["1"],"platform":"effnet","inputs":[{"name":"image","#))
        #expect(metadata.contains(#"{"name":"input","datatype":"FP32","shape":[-1,3,1,2]}"#))
        #expect(try service.answer(.get, "/v2").text.contains("binary_tensor_data"))
        #expect(try service.answer(.get, "/v2/models/{model}/ready").text == #"{"name":"fake","ready":true}"#)
        #expect(try service.answer(.get, "/v2/health/ready").text == #"{"live":true,"ready":true}"#)
        _ = try service.answer(.post, "/v2/models/{model}/infer", body: Array(picture().utf8))
        service.scheduler.drain()
        let statistics = try service.answer(.get, "/v2/models/{model}/stats").text
        #expect(statistics.contains(#""inference_count":1,"execution_count":1"#))
        #expect(statistics.contains(/"success":{"count":1,"ns":\d+}/))
    }
}

extension HTTPField.Name {
    static var inferenceHeaderLength: HTTPField.Name {
        guard let name = HTTPField.Name("Inference-Header-Content-Length") else {
            preconditionFailure("no field name")
        }
        return name
    }
}
