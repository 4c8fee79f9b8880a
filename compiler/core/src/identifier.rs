//! Names of the text and of files as Rust identifiers.

/// Words that no identifier can be, and those that would be another thing where a module is called so.
const TAKEN: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "lib", "loop",
    "macro", "main", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self",
    "static", "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// A name in snake case: `ResNet50` as `resnet50`, `my-net` as `my_net`. `prefix` stands before one that would not be an
/// identifier, as `2d`, `match` and `_`.
pub fn identifier(name: &str, prefix: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = name.chars().map(word).collect();
    let begins_well = name.trim_start_matches('_').starts_with(|c: char| c.is_ascii_alphabetic());
    if begins_well && !TAKEN.contains(&name.as_str()) { name } else { format!("{prefix}{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        let net = |name| identifier(name, "net_");
        assert_eq!(net("ResNet50"), "resnet50");
        assert_eq!(net("my-net.v2"), "my_net_v2");
        assert_eq!(net("2d"), "net_2d");
        assert_eq!(net("match"), "net_match");
        assert_eq!(net("Self"), "net_self");
        assert_eq!(net("main"), "net_main");
        assert_eq!(net("_"), "net__");
        assert_eq!(net("__x"), "__x");
        assert_eq!(net(""), "net_");
    }
}
