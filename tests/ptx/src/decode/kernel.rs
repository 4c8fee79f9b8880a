//! Modules and kernels in the form that is executed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::allocate::allocate;
use super::instruction::{Draft, Instruction, Kind, NO_GUARD, Register};
use super::opcode::decode;
use super::types::{File, Type};
use crate::counts::Class;
use crate::fault::ParseError;
use crate::text::{self, Origin, Space, Statement, Variable};

/// Where shared and local memory begin in the generic address space, in which global memory has its own addresses.
pub(crate) const SHARED_WINDOW: u64 = 0x0100_0000_0000;
pub(crate) const LOCAL_WINDOW: u64 = 0x0200_0000_0000;

/// A module: kernels that were read from PTX text.
#[derive(Clone)]
pub struct Module {
    inner: Arc<Inner>,
}

struct Inner {
    /// Tells modules apart, as devices keep their variables.
    id: u64,
    kernels: Vec<Kernel>,
    /// Variables in device memory, in the order in which constants name them.
    globals: Vec<Variable>,
}

impl Module {
    /// Reads PTX text as NVRTC writes it.
    ///
    /// # Errors
    /// The line and the instruction that is not known.
    pub fn parse(ptx: &str) -> Result<Self, ParseError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let text::Module { files, variables, kernels } = text::parse(ptx)?;
        let (globals, shared): (Vec<_>, Vec<_>) =
            variables.into_iter().partition(|v| v.space != Space::Shared);
        let lines: Vec<&str> = ptx.lines().collect();
        let kernels = kernels
            .into_iter()
            .map(|kernel| Kernel::decode(kernel, &shared, &globals, &files, &lines))
            .collect::<Result<Vec<_>, _>>()?;
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Self { inner: Arc::new(Inner { id, kernels, globals }) })
    }

    /// The kernels, in the order of the text.
    pub fn kernels(&self) -> impl Iterator<Item = KernelInfo<'_>> {
        self.inner.kernels.iter().map(|kernel| KernelInfo { kernel })
    }

    pub(crate) fn kernel(&self, name: &str) -> Option<&Kernel> {
        self.inner.kernels.iter().find(|k| k.name == name)
    }

    pub(crate) fn id(&self) -> u64 {
        self.inner.id
    }

    pub(crate) fn globals(&self) -> &[Variable] {
        &self.inner.globals
    }
}

/// What there is to know about a kernel.
#[derive(Clone, Copy)]
pub struct KernelInfo<'a> {
    kernel: &'a Kernel,
}

impl<'a> KernelInfo<'a> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.kernel.name
    }

    /// Offset and length in bytes of each parameter in the block of parameters.
    #[must_use]
    pub fn parameters(&self) -> &'a [(usize, usize)] {
        &self.kernel.parameters
    }

    /// Bytes of the block of parameters.
    #[must_use]
    pub fn parameter_bytes(&self) -> usize {
        self.kernel.parameter_bytes
    }

    /// Bytes of shared memory besides those that a launch asks for.
    #[must_use]
    pub fn shared_bytes(&self) -> usize {
        self.kernel.shared_bytes
    }

    /// Bytes of local memory a thread: arrays and spilled registers.
    #[must_use]
    pub fn local_bytes(&self) -> usize {
        self.kernel.local_bytes
    }

    /// Threads that a block may have.
    #[must_use]
    pub fn max_threads(&self) -> u32 {
        self.kernel.max_threads.unwrap_or(1024)
    }
}

/// A kernel.
pub(crate) struct Kernel {
    pub(crate) name: String,
    pub(crate) parameters: Vec<(usize, usize)>,
    pub(crate) parameter_bytes: usize,
    pub(crate) max_threads: Option<u32>,
    pub(crate) code: Vec<Instruction>,
    pub(crate) classes: Vec<Class>,
    pub(crate) origins: Vec<Origin>,
    pub(crate) texts: Vec<String>,
    pub(crate) files: Vec<(u32, String)>,
    /// Registers of each file.
    pub(crate) words: usize,
    pub(crate) doubles: usize,
    pub(crate) predicates: usize,
    /// Registers that hold a constant of the launch, the block or the thread.
    pub(crate) constants: Vec<(Register, Constant)>,
    /// Shared memory without that of the launch.
    pub(crate) shared_bytes: usize,
    /// Where the launch's begins.
    pub(crate) dynamic_shared: usize,
    pub(crate) local_bytes: usize,
}

/// What a register holds that no instruction writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Constant {
    Bits(u64),
    Special(Special),
    /// A variable of the module in device memory, and bytes behind its begin.
    Global(usize, i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Special {
    Thread(u8),
    Threads(u8),
    Block(u8),
    Blocks(u8),
    Lane,
    Warp,
    LanesEqual,
    LanesLess,
    LanesLessEqual,
    LanesGreater,
    LanesGreaterEqual,
    DynamicShared,
}

impl Special {
    fn parse(name: &str) -> Option<Self> {
        let axis = |rest: &str| match rest {
            ".x" => Some(0),
            ".y" => Some(1),
            ".z" => Some(2),
            _ => None,
        };
        Some(match name {
            "%laneid" => Self::Lane,
            "%warpid" => Self::Warp,
            "%lanemask_eq" => Self::LanesEqual,
            "%lanemask_lt" => Self::LanesLess,
            "%lanemask_le" => Self::LanesLessEqual,
            "%lanemask_gt" => Self::LanesGreater,
            "%lanemask_ge" => Self::LanesGreaterEqual,
            "%dynamic_smem_size" => Self::DynamicShared,
            _ => {
                if let Some(rest) = name.strip_prefix("%tid") {
                    Self::Thread(axis(rest)?)
                } else if let Some(rest) = name.strip_prefix("%ntid") {
                    Self::Threads(axis(rest)?)
                } else if let Some(rest) = name.strip_prefix("%ctaid") {
                    Self::Block(axis(rest)?)
                } else {
                    Self::Blocks(axis(name.strip_prefix("%nctaid")?)?)
                }
            }
        })
    }
}

/// What names of a kernel's text mean.
pub(super) struct Symbols<'a> {
    kinds: &'a [Type],
    labels: &'a HashMap<String, usize>,
    variables: HashMap<String, Place>,
    constants: HashMap<(File, Constant), Register>,
    next: u32,
}

#[derive(Clone, Copy)]
enum Place {
    Fixed(u64),
    Global(usize),
}

impl Symbols<'_> {
    pub(super) fn kind(&self, register: u32) -> Option<Type> {
        self.kinds.get(register as usize).copied()
    }

    pub(super) fn file(&self, register: u32) -> Option<File> {
        self.kind(register).map(Type::file)
    }

    pub(super) fn label(&self, name: &str) -> Option<usize> {
        self.labels.get(name).copied()
    }

    /// A register for what nothing reads.
    pub(super) fn sink(&mut self, file: File) -> Register {
        let register = Register { file, index: self.next };
        self.next += 1;
        register
    }

    pub(super) fn constant(&mut self, file: File, bits: u64) -> Register {
        self.constant_of(file, Constant::Bits(bits))
    }

    pub(super) fn special(&mut self, name: &str, file: File) -> Option<Register> {
        let special = Special::parse(name)?;
        (file == File::Word).then(|| self.constant_of(file, Constant::Special(special)))
    }

    /// The address of a variable, in its own space.
    pub(super) fn address(&mut self, name: &str, offset: i64) -> Option<Register> {
        let constant = match *self.variables.get(name)? {
            Place::Fixed(at) => Constant::Bits(at.wrapping_add_signed(offset)),
            Place::Global(variable) => Constant::Global(variable, offset),
        };
        Some(self.constant_of(File::Double, constant))
    }

    /// The same, in 32 bits: of shared and local variables.
    pub(super) fn short_address(&mut self, name: &str, offset: i64) -> Option<Register> {
        match *self.variables.get(name)? {
            Place::Fixed(at) => Some(self.constant(File::Word, at.wrapping_add_signed(offset) & 0xffff_ffff)),
            Place::Global(_) => None,
        }
    }

    fn constant_of(&mut self, file: File, constant: Constant) -> Register {
        let next = &mut self.next;
        *self.constants.entry((file, constant)).or_insert_with(|| {
            *next += 1;
            Register { file, index: *next - 1 }
        })
    }
}

impl Kernel {
    fn decode(
        kernel: text::Kernel,
        shared: &[Variable],
        globals: &[Variable],
        files: &[(u32, String)],
        lines: &[&str],
    ) -> Result<Self, ParseError> {
        let text::Kernel { name, parameters, max_threads, body } = kernel;
        let mut variables = HashMap::new();
        for (index, variable) in globals.iter().enumerate() {
            variables.insert(variable.name.clone(), Place::Global(index));
        }
        for parameter in &parameters {
            variables.insert(parameter.name.clone(), Place::Fixed(parameter.offset as u64));
        }
        // Variables of fixed length come first, and the launch's memory behind them.
        let (mut shared_bytes, mut local_bytes, mut dynamic_align) = (0_usize, 0_usize, 16);
        for variable in shared.iter().chain(&body.variables).filter(|v| v.bytes > 0) {
            let end = if variable.space == Space::Local { &mut local_bytes } else { &mut shared_bytes };
            let begin = end.next_multiple_of(variable.align);
            variables.insert(variable.name.clone(), Place::Fixed(begin as u64));
            *end = begin + variable.bytes;
        }
        let dynamic =
            || shared.iter().chain(&body.variables).filter(|v| v.bytes == 0 && v.space == Space::Shared);
        dynamic().for_each(|v| dynamic_align = dynamic_align.max(v.align));
        let dynamic_shared = shared_bytes.next_multiple_of(dynamic_align);
        for variable in dynamic() {
            variables.insert(variable.name.clone(), Place::Fixed(dynamic_shared as u64));
        }

        let mut labels = HashMap::new();
        let mut instructions = Vec::new();
        for statement in &body.statements {
            match statement {
                Statement::Label(label) => {
                    labels.insert(label.clone(), instructions.len());
                }
                Statement::Instruction(instruction) => instructions.push(instruction),
            }
        }
        let next = body.registers.len() as u32;
        let mut symbols =
            Symbols { kinds: &body.registers, labels: &labels, variables, constants: HashMap::new(), next };
        let mut drafts = instructions
            .iter()
            .map(|i| decode(i, &mut symbols))
            .collect::<Result<Vec<Draft>, ParseError>>()?;
        let mut origins: Vec<Origin> = instructions.iter().map(|i| i.origin).collect();
        // A text may end without `ret`, or jump behind its end.
        drafts.push(Draft { kind: Kind::Exit, guard: None, d: Vec::new(), s: Vec::new(), offset: 0 });
        origins.push(origins.last().copied().unwrap_or_default());

        let constants: Vec<(Register, Constant)> =
            symbols.constants.iter().map(|(&(_, constant), &register)| (register, constant)).collect();
        let total = symbols.next as usize;
        let pinned: Vec<Register> = constants.iter().map(|c| c.0).collect();
        let places = allocate(&drafts, &pinned, total);
        let line = origins.first().map_or(1, |o| o.line);
        if places.words.max(places.doubles).max(places.predicates) >= usize::from(u16::MAX) {
            return Err(ParseError::new(
                line,
                format!("{name} has more registers than are of use at a time"),
            ));
        }
        let at = |r: &Register| places.of[r.index as usize];
        let code = drafts
            .iter()
            .map(|draft| {
                let mut instruction = Instruction {
                    kind: draft.kind,
                    guard: draft.guard.map_or(NO_GUARD, |(r, _)| at(&r)),
                    negated: draft.guard.is_some_and(|g| g.1),
                    written: draft.d.len() as u8,
                    d: [0; 4],
                    s: [0; 10],
                    offset: draft.offset,
                };
                draft.d.iter().zip(&mut instruction.d).for_each(|(r, place)| *place = at(r));
                draft.s.iter().zip(&mut instruction.s).for_each(|(r, place)| *place = at(r));
                instruction
            })
            .collect();
        let constants = constants
            .iter()
            .map(|&(r, c)| (Register { file: r.file, index: u32::from(at(&r)) }, c))
            .collect();
        Ok(Self {
            name,
            parameter_bytes: parameters.last().map_or(0, |p| p.offset + p.bytes),
            parameters: parameters.iter().map(|p| (p.offset, p.bytes)).collect(),
            max_threads,
            classes: drafts.iter().map(|d| d.kind.class()).collect(),
            texts: origins.iter().map(|o| line_of(lines, o.line)).collect(),
            code,
            origins,
            files: files.to_vec(),
            words: places.words,
            doubles: places.doubles,
            predicates: places.predicates,
            constants,
            shared_bytes,
            dynamic_shared,
            local_bytes,
        })
    }
}

/// The instruction on a line, from its first line on: what a fault shows.
fn line_of(lines: &[&str], line: u32) -> String {
    let text = lines.get((line as usize).saturating_sub(1)).unwrap_or(&"");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
