//! Operands, which are taken one after another.

use super::super::instruction::Register;
use super::super::types::{File, Type};
use super::{Opcode, Result};
use crate::fault::ParseError;
use crate::text::Operand;

impl Opcode<'_, '_> {
    /// `{%r1, %r2}` of words.
    pub(super) fn vector(&mut self, length: usize, destination: bool) -> Result<()> {
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

    pub(super) fn destinations(&mut self, list: &[Operand], kind: Type) -> Result<()> {
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
    pub(super) fn address(&mut self) -> Result<bool> {
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

    pub(super) fn destination(&mut self, kind: Type) -> Result<()> {
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

    pub(super) fn push_destination(&mut self, index: u32, file: File) -> Result<()> {
        if self.symbols.file(index) != Some(file) {
            return Err(self.operand_error());
        }
        self.d.push(Register { file, index });
        Ok(())
    }

    pub(super) fn sources(&mut self, kind: Type, count: usize) -> Result<()> {
        (0..count).try_for_each(|_| self.source(kind))
    }

    pub(super) fn source(&mut self, kind: Type) -> Result<()> {
        let operand = self.operands.get(self.at).ok_or_else(|| self.operand_error())?.clone();
        self.at += 1;
        self.push_source(&operand, kind)
    }

    pub(super) fn push_source(&mut self, operand: &Operand, kind: Type) -> Result<()> {
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

    pub(super) fn integer(&mut self) -> Result<i64> {
        match self.operands.get(self.at) {
            Some(&Operand::Integer(value)) => {
                self.at += 1;
                Ok(value)
            }
            _ => Err(self.operand_error()),
        }
    }

    pub(super) fn operand_error(&self) -> ParseError {
        self.error(format!("operand {} is not what this instruction takes", self.at.max(1)))
    }
}
