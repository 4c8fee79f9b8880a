//! Loads, stores, atomics, copies.

use super::super::instruction::{Atomic, Kind, Transfer};
use super::super::types::{File, Type};
use super::{Opcode, Result};
use crate::text::{Operand, Space};

impl Opcode<'_, '_> {
    pub(super) fn transfer(&mut self) -> Result<Kind> {
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

    pub(super) fn atomic(&mut self) -> Result<Kind> {
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

    pub(super) fn copy_async(&mut self) -> Result<Kind> {
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

    pub(super) fn load_matrix(&mut self) -> Result<Kind> {
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

    /// What tells caches how to behave changes no result.
    pub(super) fn cache_hints(&mut self) {
        for (name, known) in &mut self.modifiers {
            *known |= name.starts_with("L1::")
                || name.starts_with("L2::")
                || matches!(*name, "ca" | "cg" | "cs" | "lu" | "cv" | "wb" | "wt")
                    && !matches!(self.head, "cp");
        }
    }

    pub(super) fn space(&mut self) -> Space {
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
}
