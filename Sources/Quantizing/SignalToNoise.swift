internal import Glibc

/// Decibels of a signal over its error, both as sums of squares; infinite without an error.
package func signalToNoise(power: Double, error: Double) -> Double {
    10 * log10(power / error)
}
