//! A device: its memory, and launches in it.

use std::collections::HashMap;

use crate::counts::Counts;
use crate::decode::Module;
use crate::exec::{self, Request};
use crate::fault::{Fault, FaultKind};
use crate::memory::{Allocation, Map};
use crate::race::Launch;

/// Where device memory begins.
const FIRST: u64 = 0x7000_0000_0000;

/// Allocations begin at multiples of this, as those of CUDA do, with at least as much room between them.
const ALIGNMENT: u64 = 256;

/// Shared memory that a block may have, on the largest architecture.
const SHARED: usize = 227 * 1024;

/// How to run a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Chooses the order of blocks and warps. On one core the same seed gives the same order.
    pub seed: u64,
    /// Cores of the processor that blocks run on.
    pub cores: usize,
    /// Blocks that a core interleaves.
    pub blocks_at_a_time: usize,
    /// A NaN that comes out of numbers is a fault.
    pub faults_nan: bool,
    /// Instructions that one warp may execute.
    pub most_instructions: u64,
    /// A warp executes up to as many instructions in a turn: the first in every fourth, the second otherwise.
    pub slices: [u32; 2],
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            blocks_at_a_time: 3,
            faults_nan: false,
            most_instructions: 1 << 32,
            slices: [20, 2000],
        }
    }
}

impl Options {
    /// The defaults with another seed.
    #[must_use]
    pub fn seed(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }
}

/// A kernel's block of parameters, with one after another at a multiple of its own size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    bytes: Vec<u8>,
}

impl Parameters {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another one: the bytes of a number.
    #[must_use]
    pub fn with<const N: usize>(mut self, bytes: [u8; N]) -> Self {
        self.bytes.resize(self.bytes.len().next_multiple_of(N.max(1)), 0);
        self.bytes.extend(bytes);
        self
    }

    /// A pointer.
    #[must_use]
    pub fn pointer(self, address: u64) -> Self {
        self.with(address.to_le_bytes())
    }

    /// An `int`.
    #[must_use]
    pub fn int(self, value: i32) -> Self {
        self.with(value.to_le_bytes())
    }

    /// A `float`.
    #[must_use]
    pub fn float(self, value: f32) -> Self {
        self.with(value.to_le_bytes())
    }

    /// The block.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsRef<[u8]> for Parameters {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// What the host asked of device memory and cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No allocation holds all of these bytes.
    #[error("{bytes} bytes of device memory at {address:#x} are not of one allocation")]
    OutOfBounds {
        /// Where.
        address: u64,
        /// How many.
        bytes: usize,
    },
    /// Nothing wrote there.
    #[error("nothing wrote to device memory at {address:#x}")]
    Unwritten {
        /// Where.
        address: u64,
    },
    /// No allocation begins there.
    #[error("no allocation of device memory begins at {address:#x}")]
    NotAllocated {
        /// Where.
        address: u64,
    },
}

/// A device.
#[derive(Default)]
pub struct Device {
    memory: Map,
    /// Bytes of address space that were given away.
    end: u64,
    launches: u32,
    /// Addresses of the variables of each module that was launched.
    variables: HashMap<u64, Vec<u64>>,
}

impl Device {
    /// A device with empty memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Memory that nothing has written. Its addresses are never given again.
    pub fn alloc(&mut self, bytes: usize) -> u64 {
        let base = FIRST + self.end;
        self.end += (bytes as u64).next_multiple_of(ALIGNMENT) + ALIGNMENT;
        self.memory.insert(Allocation::new(base, bytes));
        base
    }

    /// Memory with these bytes.
    pub fn alloc_with(&mut self, data: &[u8]) -> u64 {
        let base = self.alloc(data.len());
        if let Some((allocation, offset)) = self.memory.find(base, data.len()) {
            allocation.host_write(offset, data);
        }
        base
    }

    /// Gives memory back.
    ///
    /// # Errors
    /// No allocation begins there.
    pub fn free(&mut self, address: u64) -> Result<(), DeviceError> {
        self.memory.remove(address).map(drop).ok_or(DeviceError::NotAllocated { address })
    }

    /// Bytes of the allocation that begins at an address.
    #[must_use]
    pub fn allocated(&self, address: u64) -> Option<usize> {
        self.memory.iter().find(|a| a.base() == address).map(|a| a.bytes())
    }

    /// Writes bytes to an address.
    ///
    /// # Errors
    /// They do not lie in one allocation.
    pub fn write(&self, address: u64, data: &[u8]) -> Result<(), DeviceError> {
        if data.is_empty() {
            return Ok(());
        }
        let found = self.memory.find(address, data.len());
        let (allocation, offset) = found.ok_or(DeviceError::OutOfBounds { address, bytes: data.len() })?;
        allocation.host_write(offset, data);
        Ok(())
    }

    /// Reads bytes from an address.
    ///
    /// # Errors
    /// They do not lie in one allocation, or nothing wrote them.
    pub fn read(&self, address: u64, bytes: usize) -> Result<Vec<u8>, DeviceError> {
        let mut data = vec![0; bytes];
        if bytes > 0 {
            let found =
                self.memory.find(address, bytes).ok_or(DeviceError::OutOfBounds { address, bytes })?;
            found.0.host_read(found.1, &mut data).map_err(|address| DeviceError::Unwritten { address })?;
        }
        Ok(data)
    }

    /// Runs a kernel: `grid` blocks of `block` threads, with `shared_bytes` of dynamic shared memory each. `parameters` is
    /// the kernel's block of parameters, as long as [`crate::KernelInfo::parameter_bytes`] at least.
    ///
    /// # Errors
    /// The first fault that a block had. Memory is then as it was left.
    #[expect(clippy::too_many_arguments, reason = "they are those of a launch")]
    pub fn launch(
        &mut self,
        module: &Module,
        entry: &str,
        grid: [u32; 3],
        block: [u32; 3],
        shared_bytes: u32,
        parameters: impl AsRef<[u8]>,
        options: &Options,
    ) -> Result<Counts, Box<Fault>> {
        let refuse = |kind| {
            let kernel = entry.to_owned();
            Box::new(Fault {
                kind,
                kernel,
                line: 0,
                instruction: String::new(),
                source: None,
                block: None,
                thread: None,
            })
        };
        let kernel = module.kernel(entry).ok_or_else(|| refuse(FaultKind::NoKernel))?;
        let product = |extents: [u32; 3]| extents.iter().try_fold(1_u32, |p, &e| p.checked_mul(e));
        let threads = product(block).unwrap_or(u32::MAX);
        let most = kernel.max_threads.unwrap_or(1024).min(1024);
        let bad = |what: String| Err(refuse(FaultKind::BadLaunch(what)));
        if threads == 0 || threads > most || block[2] > 64 {
            return bad(format!("a block of {block:?} threads, of {most} at most"));
        }
        if product(grid).is_none_or(|blocks| blocks == 0) || grid[1] > 65535 || grid[2] > 65535 {
            return bad(format!("a grid of {grid:?} blocks"));
        }
        if kernel.dynamic_shared + shared_bytes as usize > SHARED {
            return bad(format!("{} bytes of shared memory", kernel.dynamic_shared + shared_bytes as usize));
        }
        let given = parameters.as_ref();
        let Some(parameters) = given.get(..kernel.parameter_bytes) else {
            return bad(format!(
                "{} bytes of parameters, of {} that it takes",
                given.len(),
                kernel.parameter_bytes
            ));
        };
        let globals = self.variables_of(module);
        self.launches += 1;
        if self.launches > Launch::LAST {
            self.memory.iter().for_each(|a| a.age());
            self.launches = 1;
        }
        exec::launch(&Request {
            kernel,
            memory: &self.memory,
            globals: &globals,
            launch: &Launch::new(self.launches),
            parameters,
            grid,
            threads: block,
            dynamic_shared: shared_bytes,
            options,
        })
    }

    /// Address and length of a variable of a module (`__device__`, `__constant__`).
    pub fn variable(&mut self, module: &Module, name: &str) -> Option<(u64, usize)> {
        let index = module.globals().iter().position(|variable| variable.name == name)?;
        Some((*self.variables_of(module).get(index)?, module.globals()[index].bytes))
    }

    /// Addresses of a module's variables, which are put into memory when they are first needed.
    fn variables_of(&mut self, module: &Module) -> Vec<u64> {
        if let Some(addresses) = self.variables.get(&module.id()) {
            return addresses.clone();
        }
        let addresses: Vec<u64> = module
            .globals()
            .iter()
            .map(|variable| {
                let mut data = variable.initial.clone();
                data.resize(variable.bytes, 0);
                self.alloc_with(&data)
            })
            .collect();
        self.variables.insert(module.id(), addresses.clone());
        addresses
    }
}
