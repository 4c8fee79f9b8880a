//! A small network with every operator that has weights, for targets that give it some.

use archc_core::compile::compile;
use archc_core::diagnostic::Diagnostics;
use archc_core::expand::{Files, ReadError, Request};
use archc_core::ir::Graph;
use archc_core::source::SourceMap;
use std::sync::LazyLock;

const TEXT: &str = "
block part(width, project=false) {
    residual relu { conv 1x1 width bn relu conv 3x3 width bn } shortcut { if project { conv 1x1 width bn } }
}
net Fuzz {
    input 4x4x3
    normalize
    stem: conv 3x3 2 bias=false
    bn1: bn
    stage: for width in [2, 3] { part(width, project=true) unit: stack 2 { part(width) } }
    separable 1x1 2
    flatten
    dense 2 softmax
}";

struct One;

impl Files for One {
    fn read(&mut self, _: &str) -> Result<Vec<u8>, ReadError> {
        Ok(TEXT.as_bytes().to_vec())
    }
}

pub static GRAPH: LazyLock<Graph> = LazyLock::new(|| {
    let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
    let request = Request { path: "fuzz.arch".into(), ..Request::default() };
    let compiled = compile(&request, &mut One, &mut sources, &mut diagnostics);
    compiled.unwrap_or_else(|| panic!("{diagnostics:?}")).graph
});
