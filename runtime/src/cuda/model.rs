//! Models: a network with its weights and kernels on a device, shared.

use super::device::{Device, probe};
use super::error::CudaError;
use super::load::{Kernels, Origin, load};
use super::program::Program;
use super::session::Session;
use crate::spec::Network;
use crate::weights::packed::SaveError;
use crate::weights::{LoadError, Source};
use cudarc::driver::{CudaSlice, DeviceRepr};
use std::path::Path;
use std::sync::Arc;

/// A network with its weights and kernels on a GPU. Clones share them.
///
/// Weights are read and packed as for the CPU: see [`crate::Model`] for each way to load them.
#[derive(Clone, Debug)]
pub struct Model {
    /// The packed weights in the host's memory.
    host: crate::Model,
    pub(super) shared: Arc<Shared>,
}

/// What is on the device.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) program: &'static Program,
    pub(super) device: Device,
    pub(super) kernels: Kernels,
    pub(super) weights: CudaSlice<f32>,
    pub(super) matrices: CudaSlice<u8>,
}

impl Model {
    /// See [`crate::Model::load`].
    pub fn load(program: &'static Program, path: impl AsRef<Path>) -> Result<Model, LoadError> {
        Model::new(program, || crate::Model::load(program.network, path))
    }

    /// See [`crate::Model::from_bytes`].
    pub fn from_bytes(program: &'static Program, bytes: &[u8]) -> Result<Model, LoadError> {
        Model::new(program, || crate::Model::from_bytes(program.network, bytes))
    }

    /// See [`crate::Model::seeded`].
    pub fn seeded(program: &'static Program, salt: &str) -> Result<Model, LoadError> {
        Model::new(program, || crate::Model::seeded(program.network, salt))
    }

    /// See [`crate::Model::from_source`].
    pub fn from_source(program: &'static Program, source: &dyn Source) -> Result<Model, LoadError> {
        Model::new(program, || crate::Model::from_source(program.network, source))
    }

    /// See [`crate::Model::load_packed`].
    pub fn load_packed(program: &'static Program, path: impl AsRef<Path>) -> Result<Model, LoadError> {
        Model::new(program, || crate::Model::load_packed(program.network, path))
    }

    /// See [`crate::Model::read_packed`].
    pub fn read_packed(program: &'static Program, path: impl AsRef<Path>) -> Result<Model, LoadError> {
        Model::new(program, || crate::Model::read_packed(program.network, path))
    }

    /// See [`crate::Model::from_packed_bytes`].
    pub fn from_packed_bytes(program: &'static Program, bytes: &[u8]) -> Result<Model, LoadError> {
        Model::new(program, || crate::Model::from_packed_bytes(program.network, bytes))
    }

    /// See [`crate::Model::from_packed_static`].
    pub fn from_packed_static(program: &'static Program, bytes: &'static [u8]) -> Result<Model, LoadError> {
        Model::new(program, || crate::Model::from_packed_static(program.network, bytes))
    }

    /// The GPU is looked for first: weights are read in vain where there is none.
    fn new(
        program: &'static Program,
        host: impl FnOnce() -> Result<crate::Model, LoadError>,
    ) -> Result<Model, LoadError> {
        let device = probe().map_err(CudaError::from)?;
        let kernels = load(&device, program)?;
        let host = host()?;
        let weights = upload(&device, host.weights())?;
        let mut matrices = vec![0_u8; program.matrices_size];
        for (at, matrix) in program.matrices {
            matrices[*at..*at + matrix.size()].copy_from_slice(&matrix.of(host.weights()));
        }
        let matrices = upload(&device, &matrices)?;
        Ok(Model { host, shared: Arc::new(Shared { program, device, kernels, weights, matrices }) })
    }

    /// See [`crate::Model::save_packed`].
    pub fn save_packed(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        self.host.save_packed(path)
    }

    /// See [`crate::Model::to_packed_bytes`].
    pub fn to_packed_bytes(&self) -> Vec<u8> {
        self.host.to_packed_bytes()
    }

    /// The network.
    pub fn network(&self) -> &'static Network {
        self.host.network()
    }

    /// Where it is computed.
    pub fn device(&self) -> &Device {
        &self.shared.device
    }

    /// In which form the driver took its kernels.
    pub fn origin(&self) -> &Origin {
        &self.shared.kernels.origin
    }

    /// Memory on the device for inferences of this many images at a time, and the graph of their launches.
    ///
    /// Panics where there are none.
    pub fn session(&self, batch: usize) -> Result<Session, CudaError> {
        Session::new(self.clone(), batch)
    }
}

/// Copies weights to the device, to stay as they are.
fn upload<T: DeviceRepr>(device: &Device, weights: &[T]) -> Result<CudaSlice<T>, CudaError> {
    let doing = || format!("copying {} bytes of weights to the GPU", size_of_val(weights));
    let stream = device.context.new_stream().map_err(CudaError::doing(doing()))?;
    // The driver gives no memory of no bytes.
    // Safety: what is read of it is written first.
    let memory = unsafe { stream.alloc::<T>(weights.len().max(1)) };
    let mut memory = memory.map_err(CudaError::doing(doing()))?;
    if !weights.is_empty() {
        stream.memcpy_htod(weights, &mut memory).map_err(CudaError::doing(doing()))?;
    }
    // Other streams read them.
    stream.synchronize().map_err(CudaError::doing(doing()))?;
    Ok(memory)
}
