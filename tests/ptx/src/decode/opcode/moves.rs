//! Moves between registers, and conversions.

use super::super::instruction::{Kind, Register};
use super::super::types::{File, Type};
use super::{Opcode, Result};
use crate::number::Round;
use crate::text::Operand;

impl Opcode<'_, '_> {
    pub(super) fn mov(&mut self) -> Result<Kind> {
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

    pub(super) fn part_bits(&self, kind: Type, parts: usize) -> Result<u8> {
        match (kind.bytes(), parts) {
            (4, 2) | (8, 4) => Ok(16),
            (8, 2) => Ok(32),
            _ => Err(self.operand_error()),
        }
    }

    pub(super) fn convert(&mut self) -> Result<Kind> {
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
}
