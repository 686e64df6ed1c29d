import Classification
import HTTP
import HTTPTypes
import ModelGraph

/// `GET /v1/models`: what is loaded, and how far the rest is.
enum ModelsAPI {
    static func routes(_ context: APIContext) -> [Route] {
        [
            Route(.get, "/v1/models") { exchange in
                let models = context.registry.models.map(json)
                exchange.respond(.json(["models": .array(models)]))
            }
        ]
    }

    private static func json(name: String, state: ModelRegistry.State) -> JSONValue {
        switch state {
        case .loading(let progress):
            return [
                "name": .string(name),
                "state": "loading",
                "progress": .number(Float(progress)),
            ]
        case .ready(let served):
            let information = served.model.information
            return [
                "name": .string(name),
                "state": "ready",
                "architecture": .string(information.architecture),
                "parameters": .integer(information.parameterCount),
                "classes": .integer(information.classCount),
                "input": [
                    "width": .integer(information.transform.width),
                    "height": .integer(information.transform.height),
                ],
                "precision": .string(information.precision),
                "instruction_set": .string(information.instructionSet),
            ]
        }
    }
}
