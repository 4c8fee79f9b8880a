//! One instruction of the text as what it does and the registers that it names.

mod arithmetic;
mod memory;
mod modifiers;
mod moves;
mod operands;
mod together;

use super::instruction::{Binary, Draft, FloatBinary, Kind, Permute, Register, Shuffle, Vote};
use super::kernel::Symbols;
use super::types::{File, Type};
use crate::fault::ParseError;
use crate::text::{Instruction, Operand};

/// What an instruction does.
///
/// # Errors
/// An opcode, modifier or operand that is not known, with its line.
pub(super) fn decode(instruction: &Instruction, symbols: &mut Symbols<'_>) -> Result<Draft> {
    let mut parts = instruction.opcode.split('.');
    let head = parts.next().unwrap_or_default();
    let mut opcode = Opcode {
        instruction,
        head,
        modifiers: parts.map(|m| (m, false)).collect(),
        operands: &instruction.operands,
        at: 0,
        symbols,
        d: Vec::new(),
        s: Vec::new(),
        offset: 0,
    };
    let kind = opcode.kind()?;
    opcode.finish()?;
    let (d, s, offset) = (opcode.d, opcode.s, opcode.offset);
    if d.len() > 4 || s.len() > 10 {
        return Err(ParseError::new(
            instruction.origin.line,
            format!("too many operands of {}", instruction.opcode),
        ));
    }
    let guard =
        instruction.guard.map(|(index, negated)| (Register { file: File::Predicate, index }, negated));
    if let Some((guard, _)) = guard
        && symbols.file(guard.index) != Some(File::Predicate)
    {
        return Err(ParseError::new(instruction.origin.line, "a guard that is not a predicate"));
    }
    Ok(Draft { kind, guard, d, s, offset })
}

/// An instruction, while its modifiers and operands are taken off.
struct Opcode<'a, 's> {
    instruction: &'a Instruction,
    head: &'a str,
    /// Modifiers, and whether they have been understood.
    modifiers: Vec<(&'a str, bool)>,
    operands: &'a [Operand],
    at: usize,
    symbols: &'a mut Symbols<'s>,
    d: Vec<Register>,
    s: Vec<Register>,
    offset: i32,
}

type Result<T> = std::result::Result<T, ParseError>;

impl Opcode<'_, '_> {
    fn kind(&mut self) -> Result<Kind> {
        Ok(match self.head {
            "add" | "sub" | "mul" | "div" | "rem" | "min" | "max" | "and" | "or" | "xor" | "shl" | "shr" => {
                self.arithmetic()?
            }
            "mad" => self.mad()?,
            "fma" => self.fma()?,
            "not" | "neg" | "abs" | "popc" | "clz" | "brev" | "bfind" => self.unary()?,
            "sqrt" | "rsqrt" | "rcp" | "ex2" | "lg2" | "sin" | "cos" | "tanh" => self.special()?,
            "sad" => {
                let kind = self.one_type()?;
                if kind.file() != File::Word || !kind.is_integer() {
                    return Err(self.unknown());
                }
                self.destination(kind)?;
                self.sources(kind, 3)?;
                Kind::Sad(kind)
            }
            "copysign" => {
                let kind = self.one_type()?;
                // The sign is the first operand's, the rest the second's.
                self.destination(kind)?;
                self.sources(kind, 2)?;
                Kind::Float { operation: FloatBinary::CopySign, wide: kind == Type::F64 }
            }
            "lop3" => {
                self.flag("b32");
                self.destination(Type::B32)?;
                self.sources(Type::B32, 3)?;
                let table = self.integer()?;
                Kind::Lop3(table as u8)
            }
            "prmt" => {
                self.flag("b32");
                let mode = self.choice(&[
                    ("f4e", Permute::ForwardFour),
                    ("b4e", Permute::BackwardFour),
                    ("rc8", Permute::Replicate8),
                    ("ecl", Permute::ClampLeft),
                    ("ecr", Permute::ClampRight),
                    ("rc16", Permute::Replicate16),
                ]);
                self.destination(Type::B32)?;
                self.sources(Type::B32, 3)?;
                Kind::Prmt(mode.unwrap_or(Permute::Selector))
            }
            "bfe" => {
                let kind = self.one_type()?;
                self.destination(kind)?;
                self.source(kind)?;
                self.sources(Type::U32, 2)?;
                Kind::Bfe(kind)
            }
            "bfi" => {
                let kind = self.one_type()?;
                self.destination(kind)?;
                self.sources(kind, 2)?;
                self.sources(Type::U32, 2)?;
                Kind::Bfi(kind)
            }
            "shf" => {
                let left = self.needed(&[("l", true), ("r", false)])?;
                let clamp = self.needed(&[("clamp", true), ("wrap", false)])?;
                self.flag("b32");
                self.destination(Type::B32)?;
                self.sources(Type::B32, 3)?;
                Kind::Funnel { left, clamp }
            }
            "dp4a" => {
                let kinds = self.types();
                let [a, b] = kinds[..] else { return Err(self.unknown()) };
                if a != b {
                    return Err(self.unknown());
                }
                self.destination(Type::B32)?;
                self.sources(Type::B32, 3)?;
                Kind::Dp4a { signed: a == Type::S32 }
            }
            "dp2a" => {
                let high = self.needed(&[("lo", false), ("hi", true)])?;
                let kinds = self.types();
                let [a, b] = kinds[..] else { return Err(self.unknown()) };
                if a != b {
                    return Err(self.unknown());
                }
                self.destination(Type::B32)?;
                self.sources(Type::B32, 3)?;
                Kind::Dp2a { signed: a == Type::S32, high }
            }
            "setp" => self.set()?,
            "selp" => {
                let kind = self.one_type()?;
                self.destination(kind)?;
                self.sources(kind, 2)?;
                self.source(Type::Pred)?;
                Kind::Select(kind.file())
            }
            "mov" => self.mov()?,
            "cvt" => self.convert()?,
            "cvta" => {
                let to = self.flag("to");
                let space = self.space();
                self.one_type()?;
                self.destination(Type::U64)?;
                self.source(Type::U64)?;
                if to { Kind::FromGeneric(space) } else { Kind::ToGeneric(space) }
            }
            "ld" | "ldu" | "st" => self.transfer()?,
            "atom" | "red" => self.atomic()?,
            "bra" => {
                self.flag("uni");
                let Some(Operand::Symbol(label, _)) = self.operands.get(self.at) else {
                    return Err(self.operand_error());
                };
                let target =
                    self.symbols.label(label).ok_or_else(|| self.error(format!("no label {label}")))?;
                self.offset = target as i32;
                self.at += 1;
                Kind::Branch
            }
            "ret" | "exit" => {
                self.flag("uni");
                Kind::Exit
            }
            "trap" => Kind::Trap,
            "bar" | "barrier" => self.barrier()?,
            "membar" => Kind::Fence { device: self.needed(&[("gl", true), ("sys", true), ("cta", false)])? },
            "fence" => {
                for name in ["sc", "acq_rel", "acquire", "release"] {
                    self.flag(name);
                }
                let device = [("gpu", true), ("sys", true), ("cluster", true), ("cta", false)];
                Kind::Fence { device: self.needed(&device)? }
            }
            "shfl" => {
                self.needed(&[("sync", ())])?;
                let mode = self.needed(&[
                    ("up", Shuffle::Up),
                    ("down", Shuffle::Down),
                    ("bfly", Shuffle::Butterfly),
                    ("idx", Shuffle::Index),
                ])?;
                self.flag("b32");
                if let Some(&Operand::Pair(value, predicate)) = self.operands.get(self.at) {
                    self.at += 1;
                    self.push_destination(value, File::Word)?;
                    self.push_destination(predicate, File::Predicate)?;
                } else {
                    self.destination(Type::B32)?;
                }
                self.sources(Type::B32, 4)?;
                Kind::Shuffle(mode)
            }
            "vote" => {
                self.needed(&[("sync", ())])?;
                let mode = self.needed(&[
                    ("all", Vote::All),
                    ("any", Vote::Any),
                    ("uni", Vote::Uniform),
                    ("ballot", Vote::Ballot),
                ])?;
                let kind = self.one_type()?;
                self.destination(kind)?;
                self.source(Type::Pred)?;
                self.source(Type::B32)?;
                Kind::Vote(mode)
            }
            "activemask" => {
                self.flag("b32");
                self.destination(Type::B32)?;
                Kind::ActiveMask
            }
            "redux" => {
                self.needed(&[("sync", ())])?;
                let operation = self.needed(&[
                    ("add", Binary::Add),
                    ("min", Binary::Min),
                    ("max", Binary::Max),
                    ("and", Binary::And),
                    ("or", Binary::Or),
                    ("xor", Binary::Xor),
                ])?;
                let kind = self.one_type()?;
                self.destination(kind)?;
                self.sources(Type::B32, 2)?;
                Kind::Reduce(operation, kind)
            }
            "cp" => self.copy_async()?,
            "ldmatrix" => self.load_matrix()?,
            "movmatrix" => {
                for name in ["sync", "aligned", "m8n8", "trans", "b16"] {
                    self.needed(&[(name, ())])?;
                }
                self.destination(Type::B32)?;
                self.source(Type::B32)?;
                Kind::MoveMatrix
            }
            "mma" => self.mma()?,
            "prefetch" | "prefetchu" | "nanosleep" | "griddepcontrol" | "discard" | "applypriority" => {
                self.modifiers.iter_mut().for_each(|m| m.1 = true);
                self.at = self.operands.len();
                Kind::Nothing
            }
            _ => return Err(self.unknown()),
        })
    }

    /// Everything must have been understood.
    fn finish(&self) -> Result<()> {
        if self.modifiers.iter().any(|(_, known)| !known) {
            return Err(self.unknown());
        }
        if self.at < self.operands.len() { Err(self.operand_error()) } else { Ok(()) }
    }
}
