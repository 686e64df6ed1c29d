internal import Glibc

/// e^x by the C library.
func exponential(_ x: Float) -> Double { exp(Double(x)) }
