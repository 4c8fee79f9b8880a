//! Runs lowered and planned programs by the runtime's kernels, without generated code.
