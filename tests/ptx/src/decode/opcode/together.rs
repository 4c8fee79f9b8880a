//! What the threads of a warp or of a block do together.

use super::super::instruction::{Kind, Matrix, Vote};
use super::super::types::Type;
use super::{Opcode, Result};

impl Opcode<'_, '_> {
    pub(super) fn barrier(&mut self) -> Result<Kind> {
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

    pub(super) fn mma(&mut self) -> Result<Kind> {
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
}
