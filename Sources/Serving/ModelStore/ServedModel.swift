/// A model that can take requests. What is on its way keeps it alive, also after it was unloaded.
package struct ServedModel: Sendable {
    /// Tells models apart in the batcher, also two loads of the same folder.
    package let lane: Int
    /// What clients call it.
    package let identity: ModelIdentity
    package let model: any ImageModel

    package init(lane: Int, identity: ModelIdentity, model: any ImageModel) {
        self.lane = lane
        self.identity = identity
        self.model = model
    }

    /// The lane of its jobs of this kind.
    func lane(of input: JobInput) -> Int {
        switch input {
        case .picture: lane &* 2
        case .tensor: lane &* 2 &+ 1
        }
    }

    var pictureLane: Int { lane &* 2 }
    /// The lanes of all its jobs: of pictures, and of tensors.
    package var lanes: [Int] { [lane &* 2, lane &* 2 &+ 1] }
}

/// One version of a model, as clients name it.
package struct ModelIdentity: Sendable, Hashable {
    package let name: String
    /// 1 or more; larger is newer.
    package let version: Int

    package init(name: String, version: Int = 1) {
        self.name = name
        self.version = version
    }
    /// Whether this can stand in a path of a URL and in a log without harm.
    package static func isValid(name: String) -> Bool {
        (1...128).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: ".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
