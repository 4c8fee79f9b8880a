//! Models: a network with its weights, packed once and shared.

use crate::isa::Isa;
use crate::session::Session;
use crate::spec::Network;
use crate::sys::Arena;
use crate::weights::{self, LoadError, Seeded, Source};
use std::path::Path;
use std::sync::Arc;

/// A network with its weights. Clones share them.
#[derive(Clone, Debug)]
pub struct Model {
    network: &'static Network,
    weights: Arc<Arena>,
    isa: Isa,
}

impl Model {
    /// Reads the weights from a safetensors file, checks them against the network, and packs them.
    pub fn load(network: &'static Network, path: impl AsRef<Path>) -> Result<Model, LoadError> {
        #[cfg(feature = "safetensors")]
        return Model::from_source(network, &weights::SafeTensors::open(path.as_ref())?);
        #[cfg(not(feature = "safetensors"))]
        {
            let _ = (network, path);
            Err(LoadError::Feature { name: "safetensors" })
        }
    }

    /// The same from the bytes of such a file.
    pub fn from_bytes(network: &'static Network, bytes: &[u8]) -> Result<Model, LoadError> {
        #[cfg(feature = "safetensors")]
        return Model::from_source(network, &weights::SafeTensors::from_bytes(bytes)?);
        #[cfg(not(feature = "safetensors"))]
        {
            let _ = (network, bytes);
            Err(LoadError::Feature { name: "safetensors" })
        }
    }

    /// With made-up weights, the same everywhere for the same salt.
    pub fn seeded(network: &'static Network, salt: &str) -> Result<Model, LoadError> {
        Model::from_source(network, &Seeded::new(network, salt))
    }

    /// With weights from anywhere. The instruction set is the one that `ARCHC_ISA` names, else the fastest.
    pub fn from_source(network: &'static Network, source: &dyn Source) -> Result<Model, LoadError> {
        let isa = Isa::detect()?;
        Ok(Model { network, weights: Arc::new(weights::load(network, source)?), isa })
    }

    /// The same model, computed with another instruction set.
    #[must_use]
    pub fn with_isa(self, isa: Isa) -> Model {
        Model { isa, ..self }
    }

    /// The network.
    pub fn network(&self) -> &'static Network {
        self.network
    }

    /// What sessions compute with.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Memory for inferences of this many images at a time.
    ///
    /// Panics where there are none, or more than the memory can hold.
    pub fn session(&self, batch: usize) -> Session {
        Session::new(self.clone(), batch)
    }

    /// The packed weights, for code that calls kernels itself.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }
}
