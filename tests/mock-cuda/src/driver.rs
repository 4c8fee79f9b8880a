//! The driver's state and what it does, in terms of safe Rust: memory, modules, streams, captures, graphs, events.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use archc_ptx::{Device, Module, Options};

use crate::code::Code;
use crate::settings::Settings;

/// Shared memory a block may have without asking for more.
const SHARED: u32 = 48 * 1024;

/// Bytes that the device claims to have.
pub(crate) const TOTAL_MEMORY: usize = 40 << 30;

/// Host memory that a copy reads or writes, as a number: the caller of the driver keeps it alive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostAddress(pub(crate) usize);

/// What a stream does.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Launch(Launch),
    ToDevice {
        to: u64,
        from: HostAddress,
        bytes: usize,
    },
    ToHost {
        to: HostAddress,
        from: u64,
        bytes: usize,
    },
    Inside {
        to: u64,
        from: u64,
        bytes: usize,
    },
    /// Fills with a pattern of 1, 2 or 4 bytes.
    Fill {
        to: u64,
        pattern: Vec<u8>,
        count: usize,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(crate) function: Arc<Function>,
    pub(crate) grid: [u32; 3],
    pub(crate) block: [u32; 3],
    pub(crate) shared: u32,
    pub(crate) parameters: Vec<u8>,
}

/// A kernel of a loaded module.
pub(crate) struct Function {
    pub(crate) module: Module,
    pub(crate) name: String,
    /// Offset and length of each parameter.
    pub(crate) parameters: Vec<(usize, usize)>,
    pub(crate) parameter_bytes: usize,
    pub(crate) shared_bytes: u32,
    pub(crate) local_bytes: usize,
    pub(crate) max_threads: u32,
    /// Dynamic shared memory that a launch may ask for.
    pub(crate) most_shared: Mutex<u32>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// The driver.
pub(crate) struct Driver {
    pub(crate) settings: Settings,
    device: Device,
    pub(crate) modules: HashMap<usize, Module>,
    pub(crate) functions: HashMap<usize, Arc<Function>>,
    /// Handles of functions that were asked for, by module and name.
    handles: HashMap<(usize, String), usize>,
    /// What each stream that captures has captured.
    captures: HashMap<usize, Vec<Operation>>,
    pub(crate) graphs: HashMap<usize, Vec<Operation>>,
    pub(crate) executables: HashMap<usize, Vec<Operation>>,
    /// When each event was recorded.
    pub(crate) events: HashMap<usize, Option<Instant>>,
    pub(crate) streams: HashMap<usize, ()>,
    next: usize,
    allocated: usize,
    /// The first error of a kernel, which all that follows returns.
    pub(crate) error: Option<Code>,
}

/// The driver of this process.
pub(crate) fn driver() -> MutexGuard<'static, Driver> {
    static DRIVER: OnceLock<Mutex<Driver>> = OnceLock::new();
    DRIVER.get_or_init(|| Mutex::new(Driver::new())).lock().unwrap_or_else(PoisonError::into_inner)
}

impl Driver {
    fn new() -> Self {
        Self {
            settings: Settings::read(),
            device: Device::new(),
            modules: HashMap::new(),
            functions: HashMap::new(),
            handles: HashMap::new(),
            captures: HashMap::new(),
            graphs: HashMap::new(),
            executables: HashMap::new(),
            events: HashMap::new(),
            streams: HashMap::new(),
            next: 0x1000,
            allocated: 0,
            error: None,
        }
    }

    /// A handle that nothing has had.
    pub(crate) fn handle(&mut self) -> usize {
        self.next += 16;
        self.next
    }

    pub(crate) fn check(&self) -> Result<(), Code> {
        self.error.map_or(Ok(()), Err)
    }

    pub(crate) fn allocate(&mut self, bytes: usize) -> Result<u64, Code> {
        self.check()?;
        if bytes == 0 {
            return Err(Code::INVALID_VALUE);
        }
        self.allocated += bytes;
        Ok(self.device.alloc(bytes))
    }

    pub(crate) fn free(&mut self, address: u64) -> Result<(), Code> {
        if address == 0 {
            return Ok(());
        }
        self.allocated -= self.device.allocated(address).unwrap_or(0);
        self.device.free(address).map_err(|error| self.report(&error.to_string(), Code::INVALID_VALUE))
    }

    pub(crate) fn allocated(&self) -> usize {
        self.allocated
    }

    pub(crate) fn variable(&mut self, module: &Module, name: &str) -> Option<(u64, usize)> {
        self.device.variable(module, name)
    }

    /// Reads a module.
    pub(crate) fn load(&mut self, image: &str) -> Result<usize, Code> {
        self.check()?;
        let header = |word: &str| image.lines().find_map(|l| l.trim().strip_prefix(word)).map(str::trim);
        let version = header(".version").and_then(|v| v.split_once('.'));
        let version = version.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let newest = self.settings.newest_ptx();
        if version.is_some_and(|version: (i32, i32)| version > newest) {
            return Err(
                self.report("PTX of a newer version than the driver's", Code::UNSUPPORTED_PTX_VERSION)
            );
        }
        let target = header(".target").and_then(|t| t.strip_prefix("sm_"));
        let digits = target.map(|t| t.trim_end_matches(|c: char| !c.is_ascii_digit()));
        let target = digits.and_then(|t| t.split(',').next()).and_then(|t| t.parse::<i32>().ok());
        let (major, minor) = self.settings.capability;
        if target.is_some_and(|target| target > major * 10 + minor) {
            return Err(
                self.report("PTX for a newer architecture than the device's", Code::NO_BINARY_FOR_GPU)
            );
        }
        let module =
            Module::parse(image).map_err(|error| self.report(&error.to_string(), Code::INVALID_PTX))?;
        let handle = self.handle();
        self.modules.insert(handle, module);
        Ok(handle)
    }

    /// A kernel of a module; the same handle for the same kernel.
    pub(crate) fn function(&mut self, module: usize, name: &str) -> Result<usize, Code> {
        let key = (module, name.to_owned());
        if let Some(&handle) = self.handles.get(&key) {
            return Ok(handle);
        }
        let module = self.modules.get(&module).ok_or(Code::INVALID_HANDLE)?.clone();
        let info = module.kernels().find(|k| k.name() == name).ok_or(Code::NOT_FOUND)?;
        let function = Function {
            name: name.to_owned(),
            parameters: info.parameters().to_vec(),
            parameter_bytes: info.parameter_bytes(),
            shared_bytes: info.shared_bytes() as u32,
            local_bytes: info.local_bytes(),
            max_threads: info.max_threads(),
            most_shared: Mutex::new(SHARED.saturating_sub(info.shared_bytes() as u32)),
            module: module.clone(),
        };
        let handle = self.handle();
        self.functions.insert(handle, Arc::new(function));
        self.handles.insert(key, handle);
        Ok(handle)
    }

    pub(crate) fn begin_capture(&mut self, stream: usize) -> Result<(), Code> {
        self.check()?;
        if stream == 0 || self.captures.contains_key(&stream) {
            return Err(Code::STREAM_CAPTURE_UNSUPPORTED);
        }
        self.captures.insert(stream, Vec::new());
        Ok(())
    }

    pub(crate) fn captures(&self, stream: usize) -> bool {
        self.captures.contains_key(&stream)
    }

    pub(crate) fn end_capture(&mut self, stream: usize) -> Result<usize, Code> {
        let operations = self.captures.remove(&stream).ok_or(Code::INVALID_VALUE)?;
        let handle = self.handle();
        self.graphs.insert(handle, operations);
        Ok(handle)
    }

    /// Waits for a stream, which has nothing to do.
    pub(crate) fn synchronize(&self, stream: usize) -> Result<(), Code> {
        if self.captures(stream) {
            return Err(Code::STREAM_CAPTURE_UNSUPPORTED);
        }
        self.check()
    }

    /// Lets a stream do something: now, or when its graph is launched.
    pub(crate) fn submit(&mut self, stream: usize, operation: Operation) -> Result<(), Code> {
        self.check()?;
        if let Operation::Launch(launch) = &operation {
            let most = *launch.function.most_shared.lock().unwrap_or_else(PoisonError::into_inner);
            if launch.shared > most {
                let what = format!(
                    "{}: {} bytes of dynamic shared memory, of {most} that it may have (cuFuncSetAttribute)",
                    launch.function.name, launch.shared
                );
                return Err(self.report(&what, Code::INVALID_VALUE));
            }
        }
        match self.captures.get_mut(&stream) {
            Some(captured) => {
                captured.push(operation);
                Ok(())
            }
            None => self.run(&operation),
        }
    }

    pub(crate) fn launch_graph(&mut self, executable: usize) -> Result<(), Code> {
        self.check()?;
        let operations = self.executables.get(&executable).ok_or(Code::INVALID_HANDLE)?.clone();
        operations.iter().try_for_each(|operation| self.run(operation))
    }

    fn run(&mut self, operation: &Operation) -> Result<(), Code> {
        let done = match operation {
            Operation::Launch(launch) => return self.run_launch(launch),
            Operation::ToDevice { to, from, bytes } => {
                self.device.write(*to, &crate::entry::host_bytes(*from, *bytes))
            }
            Operation::ToHost { to, from, bytes } => {
                self.device.read(*from, *bytes).map(|data| crate::entry::set_host_bytes(*to, &data))
            }
            Operation::Inside { to, from, bytes } => {
                self.device.read(*from, *bytes).and_then(|data| self.device.write(*to, &data))
            }
            Operation::Fill { to, pattern, count } => self.device.write(*to, &pattern.repeat(*count)),
        };
        done.map_err(|error| self.report(&error.to_string(), Code::INVALID_VALUE))
    }

    fn run_launch(&mut self, launch: &Launch) -> Result<(), Code> {
        let Launch { function, grid, block, shared, parameters } = launch;
        let options =
            Options { seed: self.settings.seed, faults_nan: self.settings.faults_nan, ..Options::default() };
        let outcome = self.device.launch(
            &function.module,
            &function.name,
            *grid,
            *block,
            *shared,
            parameters,
            &options,
        );
        match outcome {
            Ok(counts) => {
                if let Some(path) = &self.settings.trace {
                    append(path, &format!("{} {grid:?} {block:?} {counts}\n", function.name));
                }
                Ok(())
            }
            Err(fault) => {
                let code = self.report(&fault.to_string(), Code::of_fault(&fault.kind));
                // Of a launch that never began nothing stays.
                if fault.line != 0 {
                    self.error = Some(code);
                }
                Err(code)
            }
        }
    }

    /// Tells what is wrong, and gives the code back.
    fn report(&self, what: &str, code: Code) -> Code {
        let text = format!("mock CUDA: {what}\n");
        eprint!("{text}");
        if let Some(path) = &self.settings.log {
            append(path, &text);
        }
        code
    }
}

fn append(path: &std::path::Path, text: &str) {
    let file = OpenOptions::new().create(true).append(true).open(path);
    if let Err(error) = file.and_then(|mut file| file.write_all(text.as_bytes())) {
        eprintln!("mock CUDA: {} cannot be written: {error}", path.display());
    }
}
