//! What the tests share: kernels from CUDA C, buffers of numbers, random numbers.
#![allow(dead_code, reason = "each test uses a part")]

use archc_ptx::{Counts, Device, Fault, Module, Options, Parameters};

/// A number that buffers hold.
pub(crate) trait Number: Copy {
    const BYTES: usize;
    fn bytes(self) -> Vec<u8>;
    fn of(bytes: &[u8]) -> Self;
}

macro_rules! numbers {
    ($($type:ty),*) => {
        $(impl Number for $type {
            const BYTES: usize = size_of::<$type>();
            fn bytes(self) -> Vec<u8> {
                self.to_le_bytes().to_vec()
            }
            fn of(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().unwrap())
            }
        })*
    };
}
numbers!(u8, u16, u32, u64, i32, f32, f64);

/// A module of CUDA C, and a device.
pub(crate) struct Bench {
    pub(crate) module: Module,
    pub(crate) device: Device,
    pub(crate) options: Options,
}

impl Bench {
    pub(crate) fn new(source: &str) -> Self {
        let ptx = archc_nvrtc::ptx(source).unwrap_or_else(|error| panic!("{error}"));
        let module = Module::parse(&ptx).unwrap_or_else(|error| panic!("{error}\n{ptx}"));
        Self { module, device: Device::new(), options: Options::default() }
    }

    pub(crate) fn with<T: Number>(&mut self, numbers: &[T]) -> u64 {
        let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.bytes()).collect();
        self.device.alloc_with(&bytes)
    }

    pub(crate) fn empty<T: Number>(&mut self, count: usize) -> u64 {
        self.device.alloc(count * T::BYTES)
    }

    pub(crate) fn read<T: Number>(&self, address: u64, count: usize) -> Vec<T> {
        self.device.read(address, count * T::BYTES).unwrap().chunks(T::BYTES).map(T::of).collect()
    }

    /// Launches in one dimension.
    pub(crate) fn launch(
        &mut self,
        kernel: &str,
        blocks: u32,
        threads: u32,
        shared: u32,
        parameters: &Parameters,
    ) -> Result<Counts, Box<Fault>> {
        self.device.launch(
            &self.module,
            kernel,
            [blocks, 1, 1],
            [threads, 1, 1],
            shared,
            parameters,
            &self.options,
        )
    }
}

/// Parameters that are pointers.
pub(crate) fn pointers(addresses: &[u64]) -> Parameters {
    addresses.iter().fold(Parameters::new(), |parameters, &address| parameters.pointer(address))
}

/// Random numbers (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// From -1 to 1.
    pub(crate) fn float(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}
