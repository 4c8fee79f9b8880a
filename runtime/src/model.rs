//! Models: a network with its weights, packed once and shared.

use crate::isa::Isa;
use crate::session::Session;
use crate::spec::Network;
use crate::sys::Standard;
#[cfg(feature = "std")]
use crate::weights::packed::SaveError;
use crate::weights::{self, LoadError, Seeded, Source, Weights, packed};
use alloc::sync::Arc;
use alloc::vec::Vec;
#[cfg(feature = "std")]
use std::path::Path;

/// A network with its weights. Clones share them.
#[derive(Clone, Debug)]
pub struct Model {
    network: &'static Network,
    weights: Arc<Weights>,
    isa: Isa,
}

impl Model {
    /// Reads the weights from a safetensors file, checks them against the network, and packs them.
    #[cfg(feature = "std")]
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

    /// With weights from anywhere.
    pub fn from_source(network: &'static Network, source: &dyn Source) -> Result<Model, LoadError> {
        // Whatever the caller's floating-point environment is, the same numbers are packed.
        let _standard = Standard::enter();
        Model::new(network, Weights::Own(weights::load(network, source)?))
    }

    /// Maps a file that [`Model::save_packed`] has written: nothing is packed or copied, and what an inference needs is read
    /// from the file when it is needed first. Processes that map one file share its memory.
    ///
    /// The file is checked to be of this network and whole; its numbers are not looked at, since that would read all of them.
    /// [`Model::read_packed`] does. Where files cannot be mapped, this reads as well.
    ///
    /// While a model of it lives, the file must not be changed in place: an inference might see changed numbers, and one
    /// that needs a part that was cut off ends the process with a signal. Replacing it by another file of its name, as
    /// `save_packed` does, is fine.
    #[cfg(feature = "std")]
    pub fn load_packed(network: &'static Network, path: impl AsRef<Path>) -> Result<Model, LoadError> {
        Model::new(network, packed::map(network, path.as_ref())?)
    }

    /// Reads a file that [`Model::save_packed`] has written into memory, and finds damaged numbers by their hash. What happens
    /// to the file later does not matter.
    #[cfg(feature = "std")]
    pub fn read_packed(network: &'static Network, path: impl AsRef<Path>) -> Result<Model, LoadError> {
        Model::new(network, packed::read(network, path.as_ref())?)
    }

    /// Like [`Model::read_packed`], from the bytes of such a file.
    pub fn from_packed_bytes(network: &'static Network, bytes: &[u8]) -> Result<Model, LoadError> {
        Model::new(network, packed::copy(network, bytes).map_err(LoadError::Packed)?)
    }

    /// Packed weights that are part of the program, used where they are. As in [`Model::load_packed`] their numbers are not
    /// looked at. [`include_weights!`](crate::include_weights) aligns them; those that are not aligned are copied.
    pub fn from_packed_static(network: &'static Network, bytes: &'static [u8]) -> Result<Model, LoadError> {
        Model::new(network, packed::borrow(network, bytes).map_err(LoadError::Packed)?)
    }

    /// The instruction set is the one that `ARCHC_ISA` names, else the fastest.
    fn new(network: &'static Network, weights: Weights) -> Result<Model, LoadError> {
        let isa = Isa::detect()?;
        Ok(Model { network, weights: Arc::new(weights), isa })
    }

    /// Writes the packed weights to a file for [`Model::load_packed`], on this machine or another one. It is written beside
    /// its place and then renamed: whoever reads it finds the whole file or the one that was there.
    ///
    /// It fits this network, compiled by this version of archc; otherwise loading it is an error, and it has to be made
    /// again from the safetensors file. Keep that one.
    #[cfg(feature = "std")]
    pub fn save_packed(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        packed::save(self.network, &self.weights, path.as_ref())
    }

    /// The bytes of such a file.
    pub fn to_packed_bytes(&self) -> Vec<u8> {
        packed::bytes(self.network, &self.weights)
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
    /// Panics where there are none, or more than the memory can hold, and where the network's module is one for a GPU, which
    /// has a `Model` of its own.
    pub fn session(&self, batch: usize) -> Session {
        Session::new(self.clone(), batch)
    }

    /// The packed weights, for code that calls kernels itself.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }
}
