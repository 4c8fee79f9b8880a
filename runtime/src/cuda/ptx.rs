//! The version that PTX says it is of. NVRTC writes its own, which older drivers refuse though they know every instruction.

/// Instructions that PTX 7.0, the first for compute capability 8.0, has.
const OLD: &str = "abs activemask add addc and atom bar barrier bfe bfi bra brev brx call clz copysign cos cvt cvta div dp2a dp4a
    ex2 exit fma fns isspacep ld ldmatrix ldu lg2 lop3 mad mad24 madc match max membar min mma mov mul mul24 neg not or popc
    prefetch prmt rcp red rem ret rsqrt sad selp set setp shf shfl shl shr sin slct sqrt st sub subc tanh testp trap vote xor";

/// Directives that it has.
const DIRECTIVES: &str =
    ".version .target .address_size .visible .weak .extern .func .entry .param .reg .local .shared .global
    .const .maxntid .reqntid .minnctapersm .maxnreg .align .pragma .file .loc .b8 .b16 .b32 .b64";

/// Parts of instructions that are younger, or may be.
const YOUNG: [&str; 13] = [
    "bulk",
    "proxy",
    "cluster",
    "satfinite",
    "xorsign",
    "e4m3",
    "e5m2",
    "b128",
    "f32x2",
    "x4",
    "mmio",
    "noreturn",
    "inlined_at",
];

/// PTX for compute capability 8.0 with the least version that its instructions need: 7.0, or 7.4 where they say what to do
/// with the caches. As it is where it holds anything that is not known to be that old, or is for something else.
pub fn with_least_version(ptx: &str) -> String {
    let header =
        |word: &str| ptx.lines().find_map(|line| Some((line, line.trim().strip_prefix(word)?.trim())));
    let (Some((line, version)), Some((_, "sm_80"))) = (header(".version"), header(".target")) else {
        return ptx.to_owned();
    };
    let number = |text: &str| -> Option<(u32, u32)> {
        let (major, minor) = text.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    match (least(ptx), number(version)) {
        (Some(least), Some(found)) if least < found => {
            ptx.replacen(line, &format!(".version {}.{}", least.0, least.1), 1)
        }
        _ => ptx.to_owned(),
    }
}

/// The version that all statements need; `None` where it is not known.
fn least(ptx: &str) -> Option<(u32, u32)> {
    // What to do with a cache is a name with the colons that labels end in.
    let plain = ptx.replace(".L1::", ".").replace(".L2::", ".");
    if plain.contains("::") {
        return None;
    }
    let least = if plain.len() < ptx.len() { (7, 4) } else { (7, 0) };
    let lines = plain.lines().map(|line| line.split("//").next().unwrap_or_default());
    for statement in lines.flat_map(|line| line.split([';', '{', '}', ':'])) {
        let mut words = statement.split_whitespace().skip_while(|word| word.starts_with('@'));
        let Some(word) = words.next() else { continue };
        let known = match word.chars().next() {
            Some('.') => DIRECTIVES.split_whitespace().any(|directive| directive == word),
            Some(c) if c.is_ascii_lowercase() => {
                let opcode = word.split('.').next().unwrap_or_default();
                let copies = word.starts_with("cp.async.") && !word.contains("mbarrier");
                // A word without a dot is a label or a name that stands alone.
                let is_name = !word.contains('.') && !matches!(opcode, "ret" | "exit" | "trap");
                copies || is_name || OLD.split_whitespace().any(|old| old == opcode)
            }
            _ => true,
        };
        let rest = word.replace("ldmatrix.sync.aligned.m8n8.x4", "").replace(".v4", "");
        let is_bf16 =
            word.contains("bf16") && !["mma.", "fma.", "cvt.rn."].iter().any(|of| word.starts_with(of));
        if !known || is_bf16 || YOUNG.iter().any(|young| rest.contains(young)) {
            return None;
        }
    }
    Some(least)
}

#[cfg(test)]
mod tests {
    use super::with_least_version;

    fn version(target: &str, body: &str) -> String {
        let text = format!(
            "//\n.version 8.8\n.target {target}\n.address_size 64\n.visible .entry k(\n\t.param .u64 k_0\n)\n.maxntid 256, 1, 1\n{{\n{body}\n}}\n"
        );
        let out = with_least_version(&text);
        let (_, rest) = out.split_once(".version ").unwrap();
        let (version, rest) = rest.split_once('\n').unwrap();
        assert!(text.ends_with(rest), "nothing else changes");
        version.to_owned()
    }

    #[test]
    fn the_version_is_what_the_instructions_need() {
        let plain = "\t.reg .f32 %f<3>;\n$L__BB0_1:\n\t@%p1 bra $L__BB0_1;\n\tld.shared.v4.f32 {%f1, %f2, %f3, %f4}, [%r1];\n\tret;";
        assert_eq!(version("sm_80", plain), "7.0");
        let matrices = "\tldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r1,%r2,%r3,%r4}, [%r5];\n\
            \tmma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f1}, {%r1}, {%r2}, {%f2};\n\
            \t{cvt.rn.bf16x2.f32 %r1, %f1, %f2;}\n\tcp.async.cg.shared.global [%r1], [%rd1], 16;\n\tcp.async.wait_group 1;";
        assert_eq!(version("sm_80", matrices), "7.0");
        assert_eq!(version("sm_80", "\tld.global.nc.L1::no_allocate.v4.f32 {%f1}, [%rd1];"), "7.4");
    }

    #[test]
    fn what_is_not_known_to_be_old_stays() {
        for young in [
            "wgmma.fence.sync.aligned;",
            "cp.async.bulk.commit_group;",
            "st.async.shared::cluster.b32 [%r1], %r2;",
            "add.rn.bf16 %h1, %h2, %h3;",
            "fma.rn.f32x2 %rd1, %rd2, %rd3, %rd4;",
            "@%p1 szext.wrap.s32 %r1, %r2, %r3;",
            "{setmaxnreg.inc.sync.aligned.u32 64;}",
            ".explicitcluster",
        ] {
            assert_eq!(version("sm_80", young), "8.8", "{young}");
        }
        assert_eq!(version("sm_90", "ret;"), "8.8", "another target");
    }
}
