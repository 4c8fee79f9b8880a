//! The kernels of many networks, each once: networks of one family have most of them in common.

use archc_core::cuda::Module;
use std::collections::HashSet;
use std::fmt::Write as _;

/// How a kernel begins in a module's source.
const START: &str = "extern \"C\" __global__";

/// Different kernels, as text, in the order in which they came.
#[derive(Debug, Default)]
pub struct Kernels {
    /// What stands before the kernels of a module, the same for all networks but for a comment.
    head: String,
    /// Each with [`NAME`] in the place of its name, and its family.
    texts: Vec<(String, String)>,
    known: HashSet<String>,
}

/// Stands for a kernel's name.
const NAME: &str = "$NAME";

impl Kernels {
    /// Adds those of a module that are not there yet.
    pub fn add(&mut self, module: &Module) -> Result<(), String> {
        let mut parts = module.source.split(START);
        self.head = lines_that_count(parts.next().unwrap_or_default());
        let parts: Vec<&str> = parts.collect();
        if parts.len() != module.kernels.len() {
            return Err(format!("{} kernels in a module of {}", parts.len(), module.kernels.len()));
        }
        for (part, name) in parts.iter().zip(&module.kernels) {
            let call = format!("\n{name}(");
            let text = lines_that_count(part).replacen(&call, &format!("\n{NAME}("), 1);
            if !text.contains(NAME) {
                return Err(format!("`{name}` is not the name of the kernel in its place"));
            }
            let family = name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
            if self.known.insert(text.clone()) {
                self.texts.push((family, text));
            }
        }
        Ok(())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.texts.len()
    }

    /// About so many of them, from first to last.
    #[must_use]
    pub fn sample(&self, count: usize) -> Kernels {
        let every = (self.texts.len() / count.max(1)).max(1);
        let texts = self.texts.iter().step_by(every).cloned().collect();
        Kernels { head: self.head.clone(), texts, known: HashSet::new() }
    }

    /// Those that are not among others.
    #[must_use]
    pub fn without(mut self, others: &Kernels) -> Kernels {
        self.texts.retain(|(_, text)| !others.known.contains(text));
        self
    }

    /// Sources of a few dozen kernels each.
    pub fn sources(&self) -> impl Iterator<Item = String> + '_ {
        self.texts.chunks(48).map(|texts| {
            let mut source = self.head.clone();
            for (index, (family, text)) in texts.iter().enumerate() {
                let _ = write!(source, "{START}{}", text.replacen(NAME, &format!("{family}{index}"), 1));
            }
            source
        })
    }
}

/// A source without the lines that are comments: they name networks and layers.
fn lines_that_count(source: &str) -> String {
    source.lines().filter(|line| !line.starts_with("//")).map(|line| format!("{line}\n")).collect()
}
