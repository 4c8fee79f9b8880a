//! The hot loops of convolutions keep their sums in registers, and instructions are no calls: the compiler's output for each
//! instruction set is read, on any machine, since a sum that goes to the stack and back, or a function that is not compiled
//! for the instruction set of its caller, makes a kernel several times slower and no less right.
#![cfg(target_arch = "x86_64")]

use archc_runtime::isa::TABLE;
use rustc_demangle::demangle;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// A loop that no other lies in.
#[derive(Debug, Default)]
struct Loop {
    instructions: usize,
    multiply_adds: usize,
    /// Vectors read from the stack or written to it.
    spills: usize,
}

impl Loop {
    fn of(lines: &[&str]) -> Loop {
        let instructions = lines.iter().filter(|line| !line.ends_with(':')).count();
        let multiply_adds = lines.iter().filter(|line| line.starts_with("vfmadd")).count();
        let vector = |line: &str| line.contains("ymm") || line.contains("zmm");
        let spills = lines.iter().filter(|line| vector(line) && line.contains("[rsp")).count();
        Loop { instructions, multiply_adds, spills }
    }

    fn density(&self) -> f64 {
        self.multiply_adds as f64 / self.instructions.max(1) as f64
    }
}

/// The runtime's functions as assembler text, with their names.
fn functions() -> &'static [(String, Vec<String>)] {
    static FUNCTIONS: OnceLock<Vec<(String, Vec<String>)>> = OnceLock::new();
    FUNCTIONS.get_or_init(compile)
}

fn compile() -> Vec<(String, Vec<String>)> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("registers");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let out = Command::new(env!("CARGO"))
        .args(["rustc", "--release", "--lib", "--no-default-features", "--quiet", "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(&target)
        .args(["--", "--emit", "asm", "-C", "codegen-units=1", "-C", "symbol-mangling-version=v0"])
        .args(["-C", "llvm-args=-x86-asm-syntax=intel"])
        .output()
        .expect("Cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let folder = target.join("release/deps");
    let is_text = |path: &Path| path.extension().is_some_and(|e| e == "s");
    let files =
        std::fs::read_dir(&folder).expect("the build has a folder").map(|entry| entry.unwrap().path());
    // An older build's text may lie beside the newest.
    let newest =
        files.filter(|path| is_text(path)).max_by_key(|path| path.metadata().unwrap().modified().unwrap());
    let text = std::fs::read_to_string(newest.expect("assembler text")).unwrap();
    let mut functions: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        match line.strip_suffix(':') {
            Some(name) if name.starts_with("_R") => {
                functions.push((format!("{:#}", demangle(name)), Vec::new()))
            }
            _ => {
                if let Some((_, lines)) = functions.last_mut()
                    && (line.starts_with(".LBB") || !line.starts_with(['.', '#']) && !line.is_empty())
                {
                    lines.push(line.to_owned());
                }
            }
        }
    }
    functions
}

/// The innermost loops of a function: from a label to a jump back to it.
fn innermost(lines: &[String]) -> Vec<Loop> {
    let label = |name: &str| lines.iter().position(|line| line.strip_suffix(':') == Some(name));
    let mut loops: Vec<(usize, usize)> = Vec::new();
    for (end, line) in lines.iter().enumerate() {
        let Some((jump, to)) = line.split_once(char::is_whitespace) else { continue };
        if let Some(start) = label(to.trim()).filter(|&start| jump.starts_with('j') && start <= end) {
            loops.push((start, end));
        }
    }
    let holds_another = |&(start, end): &(usize, usize)| {
        loops.iter().any(|&(s, e)| (s, e) != (start, end) && start <= s && e <= end)
    };
    let inner = loops.iter().filter(|l| !holds_another(l));
    inner
        .map(|&(start, end)| Loop::of(&lines[start..=end].iter().map(String::as_str).collect::<Vec<_>>()))
        .collect()
}

#[test]
fn sums_of_convolutions_stay_in_registers() {
    let functions = functions();
    let mut seen = 0;
    for (isa, tiles) in TABLE.into_iter().filter(|(isa, _)| isa.starts_with("avx")) {
        let rows = [(3, 1), (3, 2), (5, 1), (5, 2)].into_iter().flat_map(|(kernel, stride)| {
            (5..=8).map(move |pixels| ("depthwise::rows", format!("{kernel}, {stride}, {pixels}"), pixels))
        });
        for (kernel, arguments, pixels) in tiles
            .conv
            .iter()
            .flat_map(|&pixels| ["conv", "winograd::product"].map(|kernel| (kernel, pixels)))
            .flat_map(|(kernel, pixels)| {
                (1..=tiles.blocks).map(move |b| (kernel, format!("{pixels}, {b}"), pixels))
            })
            .chain(
                tiles
                    .depthwise
                    .iter()
                    .map(|&pixels| ("depthwise::pixels", format!("{pixels}, true"), pixels)),
            )
            .chain(rows)
        {
            // Tiles of a pixel or two have too few sums to be worth a look.
            if pixels <= 2 {
                continue;
            }
            let name = format!("{isa}::<archc_runtime::kernels::{kernel}::OfSize<{arguments}>>");
            let found = functions.iter().find(|(function, _)| function.ends_with(&name));
            let (_, lines) = found.unwrap_or_else(|| panic!("no function is called {name}"));
            let loops = innermost(lines);
            let hottest = loops.iter().max_by(|a, b| a.density().total_cmp(&b.density()));
            let hottest = hottest.unwrap_or_else(|| panic!("{name} has no loop"));
            let spilling = loops.iter().find(|l| l.multiply_adds >= pixels && l.spills > 0);
            assert!(spilling.is_none(), "{name} keeps sums on the stack: {spilling:?}");
            assert!(hottest.multiply_adds >= pixels && hottest.density() > 0.35, "{name}: {loops:?}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} kernels");
}

#[test]
fn instructions_are_no_calls() {
    let mut instructions = 0;
    for (function, lines) in functions() {
        instructions += lines.iter().filter(|line| line.starts_with("vfmadd")).count();
        for line in lines {
            let Some((_, callee)) = line.split_once(char::is_whitespace).filter(|(what, _)| *what == "call")
            else {
                continue;
            };
            let callee = format!("{:#}", demangle(callee.trim()));
            let is_instruction = callee.contains("core_arch") || callee.starts_with("fma");
            assert!(!is_instruction, "{function} calls {callee}");
        }
    }
    assert!(instructions > 1000, "{instructions} fused multiplications");
}
