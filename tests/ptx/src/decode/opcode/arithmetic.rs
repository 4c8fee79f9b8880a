//! Arithmetic, comparisons.

use super::super::instruction::{
    Binary, Compare, FloatBinary, FloatUnary, HalfOperation, Kind, Logic, Part, Unary,
};
use super::super::types::{File, Type};
use super::{Opcode, Result};
use crate::number::Round;
use crate::text::Operand;

impl Opcode<'_, '_> {
    pub(super) fn arithmetic(&mut self) -> Result<Kind> {
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

    pub(super) fn float_arithmetic(&mut self, kind: Type) -> Result<Kind> {
        let head = self.head;
        let half = matches!(kind, Type::F16 | Type::Bf16 | Type::F16x2 | Type::Bf16x2);
        let round = self.round().unwrap_or(Round::Nearest);
        if half {
            if round != Round::Nearest {
                return Err(self.unknown());
            }
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
        match (round, kind) {
            (Round::Nearest, _) => Ok(Kind::Float { operation, wide: kind == Type::F64 }),
            (_, Type::F32) if matches!(head, "add" | "sub" | "mul" | "div") => {
                Ok(Kind::FloatRounded { operation, round })
            }
            _ => Err(self.unknown()),
        }
    }

    pub(super) fn mad(&mut self) -> Result<Kind> {
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

    pub(super) fn fma(&mut self) -> Result<Kind> {
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

    pub(super) fn fma_of(&mut self, kind: Type, round: Round, saturate: bool) -> Result<Kind> {
        let wide = kind == Type::F64;
        if wide && round != Round::Nearest {
            return Err(self.unknown());
        }
        self.destination(kind)?;
        self.sources(kind, 3)?;
        Ok(Kind::Fma { round, wide, saturate })
    }

    pub(super) fn unary(&mut self) -> Result<Kind> {
        let kind = self.one_type()?;
        let head = self.head;
        let to = if matches!(head, "popc" | "clz" | "bfind") { Type::U32 } else { kind };
        let shift = self.flag("shiftamt");
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
            ("bfind", _) => Kind::IntegerUnary(if shift { Unary::BfindShift } else { Unary::Bfind }, kind),
            _ => Kind::IntegerUnary(Unary::Brev, kind),
        })
    }

    /// What the special function unit approximates. It is computed exactly: nothing may rely on the errors.
    pub(super) fn special(&mut self) -> Result<Kind> {
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

    pub(super) fn set(&mut self) -> Result<Kind> {
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
}

fn half_kind(operation: HalfOperation, kind: Type, relu: bool) -> Kind {
    let bf16 = matches!(kind, Type::Bf16 | Type::Bf16x2);
    Kind::Half { operation, bf16, packed: matches!(kind, Type::F16x2 | Type::Bf16x2), relu }
}
