import ModelGraph

/// What is wrong with a pickle, in words.
struct PickleFlaw: Error {
    let reason: String
    /// The pickle is sound, but asks for what a file of weights never needs.
    var isRefusal = false

    init(_ reason: String, isRefusal: Bool = false) {
        self.reason = reason
        self.isRefusal = isRefusal
    }
}

/// A value on the unpickler's stack.
///
/// Containers are places in the unpickler's lists: a pickle may nest them without end or in circles, and no such thing
/// must ever be followed down or freed in one go.
enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case sequence(Int)
    case dictionary(Int)
    case global(PickleClass)
    indirect case storage(PickledStorage)
    indirect case tensor(PickledTensor)
    /// Settings and the like, which weights do not need.
    case ignored
}

/// The classes and functions that a state dict needs. None of them is ever looked up or called: each stands for what
/// the unpickler does itself.
enum PickleClass: String, CaseIterable {
    case orderedDictionary = "collections.OrderedDict"
    case rebuildTensor = "torch._utils._rebuild_tensor"
    case rebuildTensorV2 = "torch._utils._rebuild_tensor_v2"
    case rebuildParameter = "torch._utils._rebuild_parameter"
    case size = "torch.Size"
    case device = "torch.device"
    /// The options of a training script and the steps of its schedule; kept as nothing.
    case namespace = "argparse.Namespace"
    case counter = "collections.Counter"
    case floatStorage = "torch.FloatStorage"
    case halfStorage = "torch.HalfStorage"
    case bfloat16Storage = "torch.BFloat16Storage"
    case doubleStorage = "torch.DoubleStorage"
    case longStorage = "torch.LongStorage"
    case intStorage = "torch.IntStorage"
    case shortStorage = "torch.ShortStorage"
    case charStorage = "torch.CharStorage"
    case byteStorage = "torch.ByteStorage"
    case boolStorage = "torch.BoolStorage"

    /// What a storage holds; nil for what is no storage.
    var storedType: PickledStorage.Element? {
        switch self {
        case .floatStorage: .known(.float32)
        case .halfStorage: .known(.float16)
        case .bfloat16Storage: .known(.bfloat16)
        case .doubleStorage: .double
        case .longStorage: .known(.int64)
        case .intStorage: .known(.int32)
        case .charStorage: .known(.int8)
        case .byteStorage, .boolStorage: .known(.uint8)
        case .shortStorage: .unsupported(name: "int16", size: 2)
        default: nil
        }
    }
}
