//! What the parser makes of PTX text.

use crate::decode::Type;

/// A module: its variables and kernels.
pub(crate) struct Module {
    /// Source files, by the numbers of `.file`.
    pub(crate) files: Vec<(u32, String)>,
    /// Variables of the module's own scope: dynamic shared memory, constants, device variables.
    pub(crate) variables: Vec<Variable>,
    pub(crate) kernels: Vec<Kernel>,
}

/// Where a variable lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    Global,
    Shared,
    Local,
    Const,
    Param,
    Generic,
}

/// A variable, with as many bytes as it has; none where its length is left to the launch (`.extern .shared`).
pub(crate) struct Variable {
    pub(crate) space: Space,
    pub(crate) name: String,
    pub(crate) align: usize,
    pub(crate) bytes: usize,
    pub(crate) initial: Vec<u8>,
}

/// A parameter of a kernel, at `offset` of the block of parameters.
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) offset: usize,
    pub(crate) bytes: usize,
}

/// An entry function.
pub(crate) struct Kernel {
    pub(crate) name: String,
    pub(crate) parameters: Vec<Parameter>,
    /// Threads a block may have, where the kernel says it.
    pub(crate) max_threads: Option<u32>,
    pub(crate) body: Body,
}

/// A kernel's statements, with the types of the registers that these name by index.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) registers: Vec<Type>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) statements: Vec<Statement>,
}

pub(crate) enum Statement {
    Label(String),
    Instruction(Instruction),
}

/// Where an instruction stands: the line of the PTX, and file and line of the CUDA C where `.loc` tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) line: u32,
    pub(crate) source: Option<(u32, u32)>,
}

pub(crate) struct Instruction {
    pub(crate) origin: Origin,
    /// The predicate that guards it, and whether it is negated.
    pub(crate) guard: Option<(u32, bool)>,
    /// The opcode with all its modifiers: `ld.global.nc.f32`.
    pub(crate) opcode: String,
    pub(crate) operands: Vec<Operand>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Register(u32),
    /// `!%p1`
    Negated(u32),
    /// `%r1|%p1`
    Pair(u32, u32),
    /// Bits of an integer, sign-extended.
    Integer(i64),
    F32(u32),
    F64(u64),
    /// `%tid.x` and such.
    Special(String),
    /// A variable, parameter or label, and bytes behind its begin.
    Symbol(String, i64),
    /// `[%rd1+16]`, `[name+4]`, `[16]`
    Address(Box<Operand>, i64),
    Vector(Vec<Operand>),
    /// `_`
    Sink,
}
