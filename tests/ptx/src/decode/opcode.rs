//! One instruction of the text as what it does and the registers that it names.

use super::instruction::{
    Atomic, Binary, Compare, Draft, FloatBinary, FloatUnary, HalfOperation, Kind, Logic, Matrix, Part,
    Permute, Register, Shuffle, Transfer, Unary, Vote,
};
use super::kernel::Symbols;
use super::types::{File, Type};
use crate::fault::ParseError;
use crate::number::Round;
use crate::text::{Instruction, Operand, Space};

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
            "not" | "neg" | "abs" | "popc" | "clz" | "brev" => self.unary()?,
            "sqrt" | "rsqrt" | "rcp" | "ex2" | "lg2" | "sin" | "cos" | "tanh" => self.special()?,
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

    fn arithmetic(&mut self) -> Result<Kind> {
        let kinds = self.types();
        let [kind] = kinds[..] else { return Err(self.unknown()) };
        let head = self.head;
        let shift = matches!(head, "shl" | "shr");
        if kind == Type::Pred {
            let logic = match head {
                "and" => Logic::And,
                "or" => Logic::Or,
                "xor" => Logic::Xor,
                _ => return Err(self.unknown()),
            };
            self.destination(kind)?;
            self.sources(kind, 2)?;
            return Ok(Kind::Logic(logic));
        }
        if kind.is_float() {
            return self.float_arithmetic(kind);
        }
        let part = self.choice(&[("lo", Part::Low), ("hi", Part::High), ("wide", Part::Wide)]);
        self.flag("sat");
        if part == Some(Part::Wide) {
            let to = if kind.bytes() == 2 { Type::B32 } else { Type::B64 };
            self.destination(to)?;
            self.sources(kind, 2)?;
            return Ok(Kind::MulWide(kind));
        }
        let operation = match head {
            "add" => Binary::Add,
            "sub" => Binary::Sub,
            "mul" if part == Some(Part::High) => Binary::MulHigh,
            "mul" => Binary::Mul,
            "div" => Binary::Div,
            "rem" => Binary::Rem,
            "min" => Binary::Min,
            "max" => Binary::Max,
            "and" => Binary::And,
            "or" => Binary::Or,
            "xor" => Binary::Xor,
            "shl" => Binary::ShiftLeft,
            _ => Binary::ShiftRight,
        };
        if self.instruction.opcode.contains(".sat") {
            return Err(self.unknown());
        }
        self.destination(kind)?;
        self.source(kind)?;
        self.source(if shift { Type::U32 } else { kind })?;
        Ok(Kind::Integer(operation, kind))
    }

    fn float_arithmetic(&mut self, kind: Type) -> Result<Kind> {
        let head = self.head;
        let half = matches!(kind, Type::F16 | Type::Bf16 | Type::F16x2 | Type::Bf16x2);
        self.flag("rn");
        if half {
            let operation = match head {
                "add" => HalfOperation::Add,
                "sub" => HalfOperation::Sub,
                "mul" => HalfOperation::Mul,
                "min" => HalfOperation::Min,
                "max" => HalfOperation::Max,
                _ => return Err(self.unknown()),
            };
            self.destination(kind)?;
            self.sources(kind, 2)?;
            return Ok(half_kind(operation, kind, false));
        }
        let nan = self.flag("NaN");
        if head == "div" {
            // Approximations are computed exactly: nothing may rely on their errors.
            self.flag("approx");
            self.flag("full");
        }
        let operation = match head {
            "add" => FloatBinary::Add,
            "sub" => FloatBinary::Sub,
            "mul" => FloatBinary::Mul,
            "div" => FloatBinary::Div,
            "min" if nan => FloatBinary::MinNan,
            "max" if nan => FloatBinary::MaxNan,
            "min" => FloatBinary::Min,
            "max" => FloatBinary::Max,
            _ => return Err(self.unknown()),
        };
        self.destination(kind)?;
        self.sources(kind, 2)?;
        Ok(Kind::Float { operation, wide: kind == Type::F64 })
    }

    fn mad(&mut self) -> Result<Kind> {
        let kind = self.one_type()?;
        if kind.is_float() {
            self.flag("rn");
            return self.fma_of(kind, Round::Nearest, false);
        }
        let part = self.needed(&[("lo", Part::Low), ("hi", Part::High), ("wide", Part::Wide)])?;
        let to = match (part, kind.bytes()) {
            (Part::Wide, 2) => Type::B32,
            (Part::Wide, _) => Type::B64,
            _ => kind,
        };
        self.destination(to)?;
        self.sources(kind, 2)?;
        self.source(to)?;
        Ok(Kind::Mad(part, kind))
    }

    fn fma(&mut self) -> Result<Kind> {
        let kind = self.one_type()?;
        let round = self.round().unwrap_or(Round::Nearest);
        let saturate = self.flag("sat");
        if matches!(kind, Type::F16 | Type::Bf16 | Type::F16x2 | Type::Bf16x2) {
            let relu = self.flag("relu");
            self.destination(kind)?;
            self.sources(kind, 3)?;
            return Ok(half_kind(HalfOperation::Fma, kind, relu));
        }
        self.fma_of(kind, round, saturate)
    }

    fn fma_of(&mut self, kind: Type, round: Round, saturate: bool) -> Result<Kind> {
        let wide = kind == Type::F64;
        if wide && round != Round::Nearest {
            return Err(self.unknown());
        }
        self.destination(kind)?;
        self.sources(kind, 3)?;
        Ok(Kind::Fma { round, wide, saturate })
    }

    fn unary(&mut self) -> Result<Kind> {
        let kind = self.one_type()?;
        let head = self.head;
        let to = if matches!(head, "popc" | "clz") { Type::U32 } else { kind };
        self.destination(to)?;
        self.source(kind)?;
        Ok(match (head, kind) {
            ("not", Type::Pred) => Kind::Logic(Logic::Not),
            ("neg", Type::F16 | Type::Bf16 | Type::F16x2 | Type::Bf16x2) => {
                half_kind(HalfOperation::Neg, kind, false)
            }
            ("abs", Type::F16 | Type::Bf16 | Type::F16x2 | Type::Bf16x2) => {
                half_kind(HalfOperation::Abs, kind, false)
            }
            ("neg", Type::F32 | Type::F64) => {
                Kind::FloatUnary { operation: FloatUnary::Neg, wide: kind == Type::F64 }
            }
            ("abs", Type::F32 | Type::F64) => {
                Kind::FloatUnary { operation: FloatUnary::Abs, wide: kind == Type::F64 }
            }
            (_, kind) if !kind.is_integer() => return Err(self.unknown()),
            ("not", _) => Kind::IntegerUnary(Unary::Not, kind),
            ("neg", _) => Kind::IntegerUnary(Unary::Neg, kind),
            ("abs", _) => Kind::IntegerUnary(Unary::Abs, kind),
            ("popc", _) => Kind::IntegerUnary(Unary::Popc, kind),
            ("clz", _) => Kind::IntegerUnary(Unary::Clz, kind),
            _ => Kind::IntegerUnary(Unary::Brev, kind),
        })
    }

    /// What the special function unit approximates. It is computed exactly: nothing may rely on the errors.
    fn special(&mut self) -> Result<Kind> {
        let kind = self.one_type()?;
        let head = self.head;
        for name in ["approx", "ftz", "rn"] {
            self.flag(name);
        }
        self.destination(kind)?;
        self.source(kind)?;
        if kind.bytes() < 4 || matches!(kind, Type::F16x2 | Type::Bf16x2) {
            return Ok(match head {
                "ex2" => half_kind(HalfOperation::Ex2, kind, false),
                "tanh" => half_kind(HalfOperation::Tanh, kind, false),
                _ => return Err(self.unknown()),
            });
        }
        let operation = match head {
            "sqrt" => FloatUnary::Sqrt,
            "rsqrt" => FloatUnary::Rsqrt,
            "rcp" => FloatUnary::Rcp,
            "ex2" => FloatUnary::Ex2,
            "lg2" => FloatUnary::Lg2,
            "sin" => FloatUnary::Sin,
            "cos" => FloatUnary::Cos,
            _ => FloatUnary::Tanh,
        };
        Ok(Kind::FloatUnary { operation, wide: kind == Type::F64 })
    }

    fn set(&mut self) -> Result<Kind> {
        let compare = self.needed(&[
            ("eq", Compare::Eq),
            ("ne", Compare::Ne),
            ("lt", Compare::Lt),
            ("le", Compare::Le),
            ("gt", Compare::Gt),
            ("ge", Compare::Ge),
            ("lo", Compare::Lt),
            ("ls", Compare::Le),
            ("hi", Compare::Gt),
            ("hs", Compare::Ge),
            ("equ", Compare::Equ),
            ("neu", Compare::Neu),
            ("ltu", Compare::Ltu),
            ("leu", Compare::Leu),
            ("gtu", Compare::Gtu),
            ("geu", Compare::Geu),
            ("num", Compare::Num),
            ("nan", Compare::Nan),
        ])?;
        let combine = self.choice(&[("and", Logic::And), ("or", Logic::Or), ("xor", Logic::Xor)]);
        let kind = self.one_type()?;
        if matches!(kind, Type::F16x2 | Type::Bf16x2) {
            return Err(self.unknown());
        }
        if let Some(&Operand::Pair(value, complement)) = self.operands.get(self.at) {
            self.at += 1;
            self.push_destination(value, File::Predicate)?;
            self.push_destination(complement, File::Predicate)?;
        } else {
            self.destination(Type::Pred)?;
        }
        self.sources(kind, 2)?;
        if combine.is_some() {
            self.source(Type::Pred)?;
        }
        Ok(Kind::Set { compare, of: kind, combine })
    }

    fn mov(&mut self) -> Result<Kind> {
        let kind = self.one_type()?;
        match (self.operands.get(self.at), self.operands.get(self.at + 1)) {
            (Some(Operand::Vector(parts)), _) => {
                let bits = self.part_bits(kind, parts.len())?;
                let parts = parts.clone();
                self.at += 1;
                self.destinations(&parts, if bits == 16 { Type::B16 } else { Type::B32 })?;
                self.source(kind)?;
                Ok(Kind::Split { bits, wide: kind.file() == File::Double })
            }
            (_, Some(Operand::Vector(parts))) => {
                let bits = self.part_bits(kind, parts.len())?;
                let parts = parts.clone();
                self.destination(kind)?;
                self.at += 1;
                for part in &parts {
                    self.push_source(part, if bits == 16 { Type::B16 } else { Type::B32 })?;
                }
                Ok(Kind::Join { bits, wide: kind.file() == File::Double })
            }
            _ => {
                self.destination(kind)?;
                self.source(kind)?;
                Ok(Kind::Move(kind.file()))
            }
        }
    }

    fn part_bits(&self, kind: Type, parts: usize) -> Result<u8> {
        match (kind.bytes(), parts) {
            (4, 2) | (8, 4) => Ok(16),
            (8, 2) => Ok(32),
            _ => Err(self.operand_error()),
        }
    }

    fn convert(&mut self) -> Result<Kind> {
        let kinds = self.types();
        let [to, from] = kinds[..] else { return Err(self.unknown()) };
        let relu = self.flag("relu");
        let saturate = self.flag("sat");
        self.flag("ftz");
        let integral = self.choice(&[
            ("rni", Round::Nearest),
            ("rzi", Round::Zero),
            ("rmi", Round::Down),
            ("rpi", Round::Up),
        ]);
        let rounding = self.round();
        let round = rounding.or(integral);
        if matches!(to, Type::F16x2 | Type::Bf16x2) {
            if from != Type::F32 || saturate {
                return Err(self.unknown());
            }
            self.destination(to)?;
            self.sources(Type::F32, 2)?;
            return Ok(Kind::ConvertPair {
                bf16: to == Type::Bf16x2,
                zero: round == Some(Round::Zero),
                relu,
            });
        }
        let wanted = if to == Type::Tf32 { Round::NearestAway } else { Round::Nearest };
        if from == Type::Tf32 || (to == Type::Tf32 && (from != Type::F32 || round != Some(wanted))) {
            return Err(self.unknown());
        }
        if relu && !matches!(to, Type::F16 | Type::Bf16) {
            return Err(self.unknown());
        }
        self.destination(to)?;
        // A register may be wider than what of it is converted.
        let operand = self.operands.get(self.at).cloned();
        match operand {
            Some(Operand::Register(index)) => {
                let file = self.symbols.file(index).ok_or_else(|| self.operand_error())?;
                if file == File::Predicate || (file == File::Word && from.bytes() == 8) {
                    return Err(self.operand_error());
                }
                self.at += 1;
                if file == File::Double && from.bytes() < 8 {
                    return Err(self.unknown());
                }
                self.s.push(Register { file, index });
            }
            _ => self.source(from)?,
        }
        if to == from && to.is_float() && round.is_none() && !saturate {
            return Ok(Kind::Move(to.file()));
        }
        Ok(Kind::Convert { to, from, round: round.unwrap_or(Round::Nearest), saturate, relu })
    }

    fn transfer(&mut self) -> Result<Kind> {
        let strong =
            self.flag("volatile") | self.flag("relaxed") | self.flag("acquire") | self.flag("release");
        for name in ["weak", "gpu", "cta", "sys", "nc", "entry"] {
            self.flag(name);
        }
        self.cache_hints();
        let space = self.space();
        let parts = self.choice(&[("v2", 2_u8), ("v4", 4)]).unwrap_or(1);
        let element = self.one_type()?;
        if element == Type::Pred {
            return Err(self.unknown());
        }
        let load = self.head != "st";
        let mut register = element.bytes() as u8;
        let mut values = |this: &mut Self| -> Result<()> {
            let operand = this.operands.get(this.at).ok_or_else(|| this.operand_error())?.clone();
            this.at += 1;
            let list = match operand {
                Operand::Vector(list) if list.len() == usize::from(parts) && parts > 1 => list,
                Operand::Vector(_) => return Err(this.operand_error()),
                one if parts == 1 => vec![one],
                _ => return Err(this.operand_error()),
            };
            for value in &list {
                // A register may be wider than the element.
                let kind = match value {
                    Operand::Register(index) => {
                        this.symbols.kind(*index).ok_or_else(|| this.operand_error())?
                    }
                    _ => element,
                };
                if kind == Type::Pred || kind.bytes() < element.bytes() {
                    return Err(this.operand_error());
                }
                register = register.max(kind.bytes() as u8);
                match (load, value) {
                    (true, Operand::Sink) => {
                        let sink = this.symbols.sink(kind.file());
                        this.d.push(sink);
                    }
                    (true, Operand::Register(index)) => this.push_destination(*index, kind.file())?,
                    (true, _) => return Err(this.operand_error()),
                    (false, _) => this.push_source(value, kind)?,
                }
            }
            Ok(())
        };
        let wide_address;
        if load {
            values(self)?;
            wide_address = self.address()?;
            // A cache policy.
            if self.instruction.opcode.contains("L2::cache_hint") {
                self.at += 1;
            }
        } else {
            wide_address = self.address()?;
            values(self)?;
            if self.instruction.opcode.contains("L2::cache_hint") {
                self.at += 1;
            }
        }
        if self.d.iter().chain(self.s.iter().skip(1)).any(|r| (r.file == File::Double) != (register == 8)) {
            return Err(self.operand_error());
        }
        let transfer = Transfer { space, element, register, parts, wide_address, strong };
        Ok(if load { Kind::Load(transfer) } else { Kind::Store(transfer) })
    }

    fn atomic(&mut self) -> Result<Kind> {
        for name in ["relaxed", "acquire", "release", "acq_rel", "gpu", "cta", "sys", "noftz"] {
            self.flag(name);
        }
        self.cache_hints();
        let space = self.space();
        let operation = self.needed(&[
            ("add", Atomic::Add),
            ("min", Atomic::Min),
            ("max", Atomic::Max),
            ("and", Atomic::And),
            ("or", Atomic::Or),
            ("xor", Atomic::Xor),
            ("exch", Atomic::Exchange),
            ("cas", Atomic::CompareExchange),
            ("inc", Atomic::Increment),
            ("dec", Atomic::Decrement),
        ])?;
        let kind = self.one_type()?;
        let known = match kind {
            Type::B32 | Type::U32 | Type::S32 | Type::B64 | Type::U64 | Type::S64 => true,
            Type::F32 | Type::F64 => matches!(operation, Atomic::Add | Atomic::Exchange),
            _ => false,
        };
        if !known || !matches!(space, Space::Global | Space::Shared | Space::Generic) {
            return Err(self.unknown());
        }
        if self.head == "atom" {
            if self.operands.get(self.at) == Some(&Operand::Sink) {
                self.at += 1;
            } else {
                self.destination(kind)?;
            }
        }
        let wide_address = self.address()?;
        self.sources(kind, if operation == Atomic::CompareExchange { 2 } else { 1 })?;
        Ok(Kind::Atomic { operation, of: kind, space, wide_address })
    }

    fn barrier(&mut self) -> Result<Kind> {
        if self.flag("warp") {
            self.needed(&[("sync", ())])?;
            self.source(Type::B32)?;
            return Ok(Kind::WarpBarrier);
        }
        for name in ["cta", "aligned"] {
            self.flag(name);
        }
        let reduce = self.flag("red");
        if !reduce {
            self.needed(&[("sync", ())])?;
        }
        let vote = self.choice(&[("and", Vote::All), ("or", Vote::Any), ("popc", Vote::Count)]);
        self.types();
        let all = "a barrier other than that of all threads";
        if reduce {
            self.destination(if vote == Some(Vote::Count) { Type::U32 } else { Type::Pred })?;
        }
        if self.integer().map_err(|_| self.error(all))? != 0 {
            return Err(self.error(all));
        }
        if !reduce {
            return Ok(Kind::Barrier);
        }
        let vote = vote.ok_or_else(|| self.unknown())?;
        self.source(Type::Pred)?;
        Ok(Kind::BarrierReduce(vote))
    }

    fn copy_async(&mut self) -> Result<Kind> {
        self.needed(&[("async", ())])?;
        if self.flag("commit_group") {
            return Ok(Kind::Commit);
        }
        if self.flag("wait_all") {
            // Those that were not committed, too.
            self.offset = -1;
            return Ok(Kind::Wait);
        }
        if self.flag("wait_group") {
            self.offset = i32::try_from(self.integer()?).map_err(|_| self.operand_error())?.max(0);
            return Ok(Kind::Wait);
        }
        self.needed(&[("ca", ()), ("cg", ())])?;
        self.cache_hints();
        self.needed(&[("shared", ()), ("shared::cta", ())])?;
        self.needed(&[("global", ())])?;
        let wide_to = self.address()?;
        if self.offset != 0 {
            // The instruction has one offset, and it is the source's.
            return Err(self.error("an offset of the destination of cp.async"));
        }
        if !self.address()? {
            return Err(self.operand_error());
        }
        let bytes = self.integer()?;
        let group = self.instruction.opcode.contains(".cg");
        if !(bytes == 16 || (!group && matches!(bytes, 4 | 8))) {
            return Err(self.error(format!("cp.async of {bytes} bytes")));
        }
        let sized = self.at < self.operands.len();
        if sized {
            self.source(Type::U32)?;
        }
        Ok(Kind::CopyAsync { bytes: bytes as u8, sized, wide_to })
    }

    fn load_matrix(&mut self) -> Result<Kind> {
        for name in ["sync", "aligned", "m8n8", "b16"] {
            self.needed(&[(name, ())])?;
        }
        self.needed(&[("shared", ()), ("shared::cta", ())])?;
        let transposed = self.flag("trans");
        let count = self.needed(&[("x1", 1_u8), ("x2", 2), ("x4", 4)])?;
        self.vector(usize::from(count), true)?;
        let wide_address = self.address()?;
        Ok(Kind::LoadMatrix { count, transposed, wide_address })
    }

    fn mma(&mut self) -> Result<Kind> {
        for name in ["sync", "aligned", "row", "col"] {
            self.needed(&[(name, ())])?;
        }
        let shape = self.needed(&[("m16n8k16", 16), ("m16n8k8", 8), ("m16n8k4", 4)])?;
        let kinds = self.types();
        let [Type::F32, a, b, Type::F32] = kinds[..] else { return Err(self.unknown()) };
        let matrix = match (shape, a) {
            _ if a != b => return Err(self.unknown()),
            (16, Type::Bf16) => Matrix::Bf16,
            (16, Type::F16) => Matrix::F16,
            (8, Type::Bf16) => Matrix::Bf16Half,
            (8, Type::F16) => Matrix::F16Half,
            (8, Type::Tf32) => Matrix::Tf32,
            (4, Type::Tf32) => Matrix::Tf32Half,
            _ => return Err(self.unknown()),
        };
        let (of_a, of_b) = match matrix {
            Matrix::Bf16 | Matrix::F16 | Matrix::Tf32 => (4, 2),
            Matrix::Bf16Half | Matrix::F16Half | Matrix::Tf32Half => (2, 1),
        };
        self.vector(4, true)?;
        self.vector(of_a, false)?;
        self.vector(of_b, false)?;
        self.vector(4, false)?;
        Ok(Kind::Mma(matrix))
    }

    /// `{%r1, %r2}` of words.
    fn vector(&mut self, length: usize, destination: bool) -> Result<()> {
        let operand = self.operands.get(self.at).ok_or_else(|| self.operand_error())?.clone();
        self.at += 1;
        let list = match operand {
            Operand::Vector(list) => list,
            one => vec![one],
        };
        if list.len() != length {
            return Err(self.operand_error());
        }
        if destination {
            return self.destinations(&list, Type::B32);
        }
        list.iter().try_for_each(|part| self.push_source(part, Type::B32))
    }

    fn destinations(&mut self, list: &[Operand], kind: Type) -> Result<()> {
        for part in list {
            match part {
                Operand::Register(index) => self.push_destination(*index, kind.file())?,
                Operand::Sink => {
                    let sink = self.symbols.sink(kind.file());
                    self.d.push(sink);
                }
                _ => return Err(self.operand_error()),
            }
        }
        Ok(())
    }

    /// `[%rd1+16]`; whether the register has 64 bits.
    fn address(&mut self) -> Result<bool> {
        let Some(Operand::Address(base, offset)) = self.operands.get(self.at) else {
            return Err(self.operand_error());
        };
        self.at += 1;
        let offset = *offset;
        match base.as_ref() {
            Operand::Register(index) => {
                self.offset = i32::try_from(offset).map_err(|_| self.operand_error())?;
                let file = self.symbols.file(*index).ok_or_else(|| self.operand_error())?;
                if file == File::Predicate {
                    return Err(self.operand_error());
                }
                self.s.push(Register { file, index: *index });
                Ok(file == File::Double)
            }
            Operand::Symbol(name, _) => {
                let register = self
                    .symbols
                    .address(name, offset)
                    .ok_or_else(|| self.error(format!("no variable {name}")))?;
                self.s.push(register);
                Ok(true)
            }
            Operand::Integer(value) => {
                let register = self.symbols.constant(File::Double, value.wrapping_add(offset) as u64);
                self.s.push(register);
                Ok(true)
            }
            _ => Err(self.operand_error()),
        }
    }

    fn destination(&mut self, kind: Type) -> Result<()> {
        let operand = self.operands.get(self.at).cloned();
        self.at += 1;
        match operand {
            Some(Operand::Register(index)) => self.push_destination(index, kind.file()),
            Some(Operand::Sink) => {
                let sink = self.symbols.sink(kind.file());
                self.d.push(sink);
                Ok(())
            }
            _ => Err(self.operand_error()),
        }
    }

    fn push_destination(&mut self, index: u32, file: File) -> Result<()> {
        if self.symbols.file(index) != Some(file) {
            return Err(self.operand_error());
        }
        self.d.push(Register { file, index });
        Ok(())
    }

    fn sources(&mut self, kind: Type, count: usize) -> Result<()> {
        (0..count).try_for_each(|_| self.source(kind))
    }

    fn source(&mut self, kind: Type) -> Result<()> {
        let operand = self.operands.get(self.at).ok_or_else(|| self.operand_error())?.clone();
        self.at += 1;
        self.push_source(&operand, kind)
    }

    fn push_source(&mut self, operand: &Operand, kind: Type) -> Result<()> {
        let file = kind.file();
        let register = match operand {
            Operand::Register(index) if self.symbols.file(*index) == Some(file) => {
                Register { file, index: *index }
            }
            Operand::Negated(_) => return Err(self.error("a negated predicate as an operand")),
            Operand::Integer(value) if file == File::Predicate => {
                self.symbols.constant(file, if *value == 0 { 0 } else { u64::from(u32::MAX) })
            }
            Operand::Integer(value) => self.symbols.constant(file, *value as u64 & kind.mask()),
            Operand::F32(bits) if kind.bytes() == 4 => self.symbols.constant(file, u64::from(*bits)),
            Operand::F64(bits) if kind.bytes() == 8 => self.symbols.constant(file, *bits),
            Operand::Special(name) => self
                .symbols
                .special(name, file)
                .ok_or_else(|| self.error(format!("the special register {name}")))?,
            Operand::Symbol(name, offset) if file == File::Double => self
                .symbols
                .address(name, *offset)
                .ok_or_else(|| self.error(format!("no variable {name}")))?,
            Operand::Symbol(name, offset) if kind.bytes() == 4 => {
                self.symbols
                    .short_address(name, *offset)
                    .ok_or_else(|| self.error(format!("no variable {name}")))?
            }
            _ => return Err(self.operand_error()),
        };
        self.s.push(register);
        Ok(())
    }

    fn integer(&mut self) -> Result<i64> {
        match self.operands.get(self.at) {
            Some(&Operand::Integer(value)) => {
                self.at += 1;
                Ok(value)
            }
            _ => Err(self.operand_error()),
        }
    }

    /// Whether the opcode has this modifier, which then is understood.
    fn flag(&mut self, name: &str) -> bool {
        let found = self.modifiers.iter_mut().find(|(m, known)| *m == name && !*known);
        found.map(|m| m.1 = true).is_some()
    }

    fn choice<T: Copy>(&mut self, choices: &[(&str, T)]) -> Option<T> {
        choices.iter().find(|(name, _)| self.flag(name)).map(|&(_, value)| value)
    }

    fn needed<T: Copy>(&mut self, choices: &[(&str, T)]) -> Result<T> {
        self.choice(choices).ok_or_else(|| self.unknown())
    }

    /// All modifiers that are types, in order.
    fn types(&mut self) -> Vec<Type> {
        let mut kinds = Vec::new();
        for (name, known) in &mut self.modifiers {
            if let Some(kind) = Type::parse(name)
                && !*known
            {
                *known = true;
                kinds.push(kind);
            }
        }
        kinds
    }

    fn one_type(&mut self) -> Result<Type> {
        match self.types()[..] {
            [kind] => Ok(kind),
            _ => Err(self.unknown()),
        }
    }

    fn round(&mut self) -> Option<Round> {
        self.choice(&[
            ("rn", Round::Nearest),
            ("rz", Round::Zero),
            ("rm", Round::Down),
            ("rp", Round::Up),
            ("rna", Round::NearestAway),
        ])
    }

    fn space(&mut self) -> Space {
        self.choice(&[
            ("global", Space::Global),
            ("shared", Space::Shared),
            ("shared::cta", Space::Shared),
            ("local", Space::Local),
            ("const", Space::Const),
            ("param", Space::Param),
        ])
        .unwrap_or(Space::Generic)
    }

    /// What tells caches how to behave changes no result.
    fn cache_hints(&mut self) {
        for (name, known) in &mut self.modifiers {
            *known |= name.starts_with("L1::")
                || name.starts_with("L2::")
                || matches!(*name, "ca" | "cg" | "cs" | "lu" | "cv" | "wb" | "wt")
                    && !matches!(self.head, "cp");
        }
    }

    /// Everything must have been understood.
    fn finish(&self) -> Result<()> {
        if self.modifiers.iter().any(|(_, known)| !known) {
            return Err(self.unknown());
        }
        if self.at < self.operands.len() { Err(self.operand_error()) } else { Ok(()) }
    }

    fn error(&self, what: impl Into<String>) -> ParseError {
        ParseError::new(self.instruction.origin.line, format!("{}: {}", self.instruction.opcode, what.into()))
    }

    fn unknown(&self) -> ParseError {
        let line = self.instruction.origin.line;
        ParseError::new(line, format!("the instruction {}, which is not known", self.instruction.opcode))
    }

    fn operand_error(&self) -> ParseError {
        self.error(format!("operand {} is not what this instruction takes", self.at.max(1)))
    }
}

fn half_kind(operation: HalfOperation, kind: Type, relu: bool) -> Kind {
    let bf16 = matches!(kind, Type::Bf16 | Type::Bf16x2);
    Kind::Half { operation, bf16, packed: matches!(kind, Type::F16x2 | Type::Bf16x2), relu }
}
