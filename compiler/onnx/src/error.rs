//! Why a network is not exported.

use archc_runtime::weights::LoadError;

/// Why a network is not exported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The weights cannot be read, or are not those of the network: all differences together.
    #[error(transparent)]
    Weights(#[from] LoadError),
    /// The model would be larger than the format allows.
    #[error("the model would take {bytes} bytes, and an ONNX file takes at most {}", crate::write::LIMIT)]
    TooLarge {
        /// Bytes of the file.
        bytes: u64,
    },
    /// The graph is not one of the expander.
    #[error("the graph cannot be exported: {0}")]
    Graph(String),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] std::io::Error),
}
