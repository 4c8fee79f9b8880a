//! Runs on several threads: the same bits with any number of them, no allocation, no work when nothing runs.
//!
//! What is a matter of the whole process is tested in a process of its own.

mod allocation;
mod bits;
mod counting;
mod float;
#[cfg(target_os = "linux")]
mod idle;
#[path = "../model/network.rs"]
#[allow(dead_code, reason = "shared with another test program")]
mod network;
mod process;
mod soak;
mod taken;
#[cfg(target_os = "linux")]
mod usable;
mod winograd;

use archc_runtime::spec::Network;

/// The small network, each of its kernels shared among all threads.
static SHARED: Network = Network {
    forward: Some(|run| {
        run.set_grain(1);
        network::forward(run);
    }),
    ..network::NETWORK
};
